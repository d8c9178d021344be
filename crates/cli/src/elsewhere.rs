//! `muteproof analyze --capture` and `--table`: what was typed becomes what `import` is asked for.

use std::path::PathBuf;

use bundle::Bundle;
use clap::Args as ClapArgs;
use import::{CaptureOptions, Drift, Options};

use crate::fail::Fail;

/// A capture that was made elsewhere, and what was played to it.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Captures from elsewhere")]
pub struct Elsewhere {
    /// Judge these captures (pcap or pcapng, also packed by gzip or zstd) in the place of a bundle's
    /// packets; makes a bundle of them.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "schedule", requires = "out", group = "elsewhere")]
    pub capture: Vec<PathBuf>,
    /// Judge this table (CSV) of what the app sent in the place of packets: names in its first line, in
    /// the first column when a row was sent (seconds from the schedule's beginning, or wall time),
    /// numbers in the others.
    #[arg(
        long,
        value_name = "FILE",
        requires = "schedule",
        requires = "out",
        group = "elsewhere",
        conflicts_with = "capture"
    )]
    pub table: Option<PathBuf>,
    /// What was played when; its key has to lie beside it.
    #[arg(long, value_name = "FILE", requires = "elsewhere")]
    pub schedule: Option<PathBuf>,
    /// Folder for the bundle; must not exist.
    #[arg(long, value_name = "FOLDER", requires = "elsewhere")]
    pub out: Option<PathBuf>,
    /// Keys of TLS connections in the capture (SSLKEYLOGFILE).
    #[arg(long, value_name = "FILE", requires = "elsewhere")]
    pub keylog: Option<PathBuf>,
    /// Address of the device that runs the app, may be given again; without it the private address that sends
    /// most. What the same network interface sends from other addresses is the device's as well.
    #[arg(long, value_name = "ADDRESS", requires = "elsewhere")]
    pub device: Vec<std::net::IpAddr>,
    /// A domain of the operator's own, as in example.org: what is reached under a name within it is the
    /// operator's server, and not a third party.
    #[arg(long, value_name = "NAME", requires = "elsewhere")]
    pub domain: Vec<String>,
    /// When the app said that it was muted, in seconds from the schedule's beginning, as in 70..190.
    /// Without it, what the schedule says.
    #[arg(long, value_name = "FROM..TO", requires = "elsewhere")]
    pub muted: Option<String>,
    /// When playing began, as in 2026-01-01T12:00:00Z; for a schedule that was written for a file of
    /// sound.
    #[arg(long, value_name = "TIME", requires = "elsewhere")]
    pub began: Option<jiff::Timestamp>,
    /// What the page of `play --page` wrote down: when its sound was heard, and what the person said.
    #[arg(long, value_name = "FILE", requires = "elsewhere", conflicts_with_all = ["began", "muted"])]
    pub page_log: Option<PathBuf>,
    /// What the device's own system wrote down of who had the microphone: App Privacy Report of iOS
    /// (NDJSON), Windows' ConsentStore (reg export, reg query /s or Get-ItemProperty), dumpsys audio, dumpsys
    /// appops or appops get of Android, macOS' log show. It tells of access, not of reading.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "elsewhere")]
    pub mic_log: Vec<PathBuf>,
    /// How far the device's local time is east of UTC, as in +02:00; for logs that do not say.
    #[arg(
        long,
        value_name = "OFFSET",
        default_value = "+00:00",
        value_parser = utc_offset,
        allow_hyphen_values = true
    )]
    pub utc_offset: i32,
    /// When the log was taken, as in 2026-01-01T12:00:00Z; for logs that only say how long ago something
    /// was (`appops get` of Android).
    #[arg(long, value_name = "TIME", requires = "mic_log")]
    pub mic_log_taken: Option<jiff::Timestamp>,
    /// How far the capture's clock may be from the schedule's, in seconds either way.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub search: u32,
    /// How much faster or slower the capture's clock may run, in parts of a million: searched for in runs
    /// so long that it matters, and paid for by the evidence.
    #[arg(long, value_name = "PPM", default_value_t = 100, value_parser = clap::value_parser!(u32).range(..=1_000))]
    pub search_drift: u32,
    /// How much faster the capture's clock runs, in parts of a million, where that is known: no search then.
    #[arg(
        long,
        value_name = "PPM",
        allow_negative_numbers = true,
        conflicts_with = "search_drift"
    )]
    pub drift: Option<f64>,
}

/// Seconds east of UTC.
fn utc_offset(text: &str) -> Result<i32, String> {
    let wrong = || "it has to look like +02:00".to_owned();
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = rest.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str, below: i32| {
        let n = text.parse::<i32>().ok();
        n.filter(|n| (0..below).contains(n)).ok_or_else(wrong)
    };
    Ok(sign * (number(hours, 15)? * 3_600 + number(minutes, 60)? * 60))
}

/// The bundle that is made of what was recorded elsewhere, written and opened.
pub fn import(args: &Elsewhere) -> Result<Bundle, Fail> {
    let (Some(schedule), Some(out)) = (&args.schedule, &args.out) else {
        return Err(Fail::NeedsSchedule);
    };
    let muted = args.muted.as_ref().map(|text| text.parse());
    let options = Options {
        schedule: schedule.clone(),
        out: out.clone(),
        began: args.began,
        page_log: args.page_log.clone(),
        muted: muted.transpose()?,
        mic_logs: args.mic_log.clone(),
        utc_offset_s: args.utc_offset,
        mic_log_taken: args.mic_log_taken,
    };
    Ok(match &args.table {
        Some(table) => import::table(table, &options)?,
        None => import::capture(&captures(args), &options)?,
    })
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
        here: None,
    }
}
