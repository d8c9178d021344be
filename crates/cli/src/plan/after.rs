//! What a finished run could have found: as its own judgement says, and by its length.

use std::path::Path;

use bundle::Bundle;
use plan::{Code, Setting};
use serde_json::json;
use verdict::{Judgement, Options, PlantedKind, Sealed};

use super::text::{number, time};
use super::{Args, EVERY_S};
use crate::audit::BUNDLE_DIR;
use crate::fail::{Fail, print};

/// Prints it.
pub fn run(args: &Args, path: &Path) -> Result<(), Fail> {
    let inner = path.join(BUNDLE_DIR);
    let dir = if inner.is_dir() { &inner } else { path };
    let bundle = Bundle::open(dir).map_err(Fail::text)?;
    let packets = bundle.packets();
    let session = features::Session {
        manifest: &bundle.manifest,
        records: &bundle.records,
        packets: &packets,
    };
    let sealed = match bundle.seal {
        Some(_) => Sealed::Unchanged,
        None => Sealed::No,
    };
    let judgement = verdict::judge(&session, bundle.seed(), sealed, &Options::default());
    let protocol = &bundle.manifest.protocol;
    let block_s = protocol.block_ns as f64 / 1e9;
    let setting = Setting {
        alpha: protocol.alpha,
        series: judgement.muted.series.max(1),
        codes: 1,
    };
    let blocks = judgement.muted.blocks as usize;
    let limits = plan::limits(blocks, setting);
    let every_s = args.every.unwrap_or(EVERY_S);
    // A value that is sent less often than there are blocks is the slow code's matter.
    let minutes = Code::Slow.blocks(blocks as f64 * block_s);
    let d = (every_s <= block_s)
        .then(|| limits.d.map(|d| d * (every_s / block_s).sqrt()))
        .flatten();
    let said = match args.json {
        true => {
            let planted = judgement.detects.as_ref();
            let said = json!({
                "schema": 1,
                "after": {
                    "muted_blocks": blocks,
                    "block_s": block_s,
                    "series": setting.series,
                    "alpha": setting.alpha,
                    "detects": planted.map(|d| d.planted.clone()),
                    "block_d_at_least": limits.d,
                    "flag_wrong_at_most": limits.flag_wrong,
                    "every_s": every_s,
                    "d_at_least": d,
                },
            });
            format!("{said:#}\n")
        }
        false => {
            let mut said = format!(
                "{blocks} muted blocks of {}, {} series, alpha {}.\n\n",
                time(block_s),
                setting.series,
                setting.alpha
            );
            said.push_str(&planted(&judgement));
            said.push_str(&format!(
                "\nBy its length it could not have found, in 95 %:\n\
                 \x20 a value in each block whose two sounds lie less than {} standard deviations apart\n\
                 \x20 a flag that is wrong in more than {} of the blocks\n",
                number("", limits.d, ""),
                number("", limits.flag_wrong.map(|share| 100.0 * share), " %"),
            ));
            said.push_str(&match d {
                Some(d) => format!(
                    "  a value every {} whose two sounds lie less than {d:.2} apart\n",
                    time(every_s)
                ),
                None => format!(
                    "  a value every {}, however clear: this run has {minutes} whole minutes, and \
                     its blocks are shorter than\n  that; see `muteproof plan --every {every_s} \
                     --d 4` for the profile that could\n",
                    time(every_s)
                ),
            });
            said
        }
    };
    print(said.as_bytes())
}

/// What the judgement says it would have found in this session's own numbers.
fn planted(judgement: &Judgement) -> String {
    let Some(detects) = &judgement.detects else {
        return "Its judgement planted no leaks: one was found, or there were too few blocks.\n"
            .to_owned();
    };
    let mut said = format!(
        "Planted into its own numbers ({} tries each), found in 95 %:\n",
        detects.tries
    );
    for planted in &detects.planted {
        let (what, sign, unit, times) = match planted.kind {
            PlantedKind::PacketSize => ("packets larger when loud", "≥ ", " B", 1.0),
            PlantedKind::Packets => ("more packets in a loud block", "≥ ", "", 1.0),
            PlantedKind::Flag => ("a flag in each block, wrong in", "≤ ", " %", 100.0),
            PlantedKind::Loudness => ("a loudness in each block, noise", "≤ ", " dB", 1.0),
        };
        let down_to = number(sign, planted.down_to.map(|x| times * x), unit);
        said.push_str(&format!("  {what:32} {down_to}\n"));
    }
    said
}
