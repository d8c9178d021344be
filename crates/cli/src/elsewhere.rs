//! `muteproof analyze --capture` and `--table`: what was typed becomes what `import` is asked for.

use bundle::Bundle;
use import::{CaptureOptions, Drift, Options};

use crate::args::Elsewhere;
use crate::fail::Fail;

/// The bundle that is made of what was recorded elsewhere, written and opened.
pub fn import(args: &Elsewhere) -> Result<Bundle, Fail> {
    let (Some(schedule), Some(out)) = (&args.schedule, &args.out) else {
        return Err(Fail::text("--capture needs --schedule and --out"));
    };
    let muted = args.muted.as_ref().map(|text| text.parse());
    let options = Options {
        schedule: schedule.clone(),
        out: out.clone(),
        began: args.began,
        muted: muted.transpose().map_err(Fail::text)?,
        mic_logs: args.mic_log.clone(),
        utc_offset_s: args.utc_offset,
    };
    let made = match &args.table {
        Some(table) => import::table(table, &options),
        None => import::capture(&captures(args), &options),
    };
    made.map_err(Fail::text)
}

fn captures(args: &Elsewhere) -> CaptureOptions {
    CaptureOptions {
        captures: args.capture.clone(),
        keylog: args.keylog.clone(),
        device: args.device.clone(),
        domains: args.domain.clone(),
        search_s: args.search,
        drift: match args.drift {
            Some(ppm) => Drift::Known(ppm),
            None => Drift::Searched(args.search_drift),
        },
    }
}
