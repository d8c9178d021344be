//! `muteproof plan`: what run length and which code find a given signal.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use plan::{Covers, EVERY_S, Question, Signal};
use report::Lang;

use crate::fail::{Fail, print};

mod after;

/// Arguments of `plan`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// A value is sent every so many seconds (with --d or --noise-db).
    #[arg(long, value_name = "SECONDS", help_heading = "Signal")]
    every: Option<f64>,
    /// Its means under the two sounds lie so many standard deviations apart.
    #[arg(long, help_heading = "Signal")]
    d: Option<f64>,
    /// It tells the loudness with so many decibels of noise.
    #[arg(long, value_name = "DB", help_heading = "Signal")]
    noise_db: Option<f64>,
    /// Decibels from quiet to loud, for --noise-db.
    #[arg(long, value_name = "DB", default_value_t = STEP_DB, help_heading = "Signal")]
    step_db: f64,
    /// It is about the moment of sending, not about the time since the value before.
    #[arg(long, requires = "every", help_heading = "Signal")]
    moment: bool,
    /// Packets are so many bytes larger in loud blocks.
    #[arg(long, help_heading = "Signal")]
    bytes: Option<f64>,
    /// How many packets there are, for --bytes.
    #[arg(long, value_name = "N", default_value_t = PACKETS_PER_S, help_heading = "Signal")]
    packets_per_s: f64,
    /// Standard deviation of their sizes in bytes, for --bytes.
    #[arg(long, value_name = "BYTES", default_value_t = SIZE_SD, help_heading = "Signal")]
    size_sd: f64,
    /// A flag in each block says whether it was loud, wrong in this share of the blocks.
    #[arg(long, value_name = "SHARE", help_heading = "Signal")]
    flag_wrong: Option<f64>,
    /// Other series that are bet on.
    #[arg(long, value_name = "J", default_value_t = 200)]
    series: u32,
    /// False-alarm rate.
    #[arg(long, default_value_t = 0.001)]
    alpha: f64,
    /// What this finished run could have found, and what it was too short for.
    #[arg(long, value_name = "BUNDLE", conflicts_with_all = ["d", "noise_db", "bytes", "flag_wrong", "series", "alpha"])]
    after: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, help_heading = "Output")]
    json: bool,
}

/// From -75 to -20 dBFS, as the fast code plays by itself.
const STEP_DB: f64 = 55.0;

/// A voice call's packets, and how their sizes vary at a variable bit rate.
const PACKETS_PER_S: f64 = 50.0;
const SIZE_SD: f64 = 10.0;

/// Help at the end.
pub const EXAMPLES: &str = "\
Examples:
  muteproof plan                                    what each profile can find, and what not
  muteproof plan --every 60 --d 4                   a value once a minute, 4 standard deviations
  muteproof plan --every 0.02 --noise-db 20         a loudness value in each packet, 20 dB of noise
  muteproof plan --bytes 1 --packets-per-s 50 --size-sd 10
  muteproof plan --flag-wrong 0.2 --series 50 --alpha 1e-4
  muteproof plan --after muteproof-mumble-20260101-120000

How it reckons, and what it leaves out: docs/plan.md";

/// `muteproof plan`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let signal = signal(args)?;
    if let Some(bundle) = &args.after {
        after::run(args.every, args.json, bundle, lang)?;
        return Ok(ExitCode::SUCCESS);
    }
    let planned = plan::planned(&Question {
        signal,
        series: args.series,
        alpha: args.alpha,
        // As asked, or as the known leaker did.
        every_s: args.every.unwrap_or(EVERY_S),
        step_db: args.step_db,
        packets_per_s: args.packets_per_s,
        size_sd: args.size_sd,
    });
    let said = match args.json {
        true => report::planned_json(&planned)?,
        false => report::planned(&planned, lang)?,
    };
    print(said.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The signal that was named; nothing if none was.
fn signal(args: &Args) -> Result<Option<Signal>, Fail> {
    let positive = |option, value: f64| match value.is_finite() && value > 0.0 {
        true => Ok(value),
        false => Err(Fail::NotPositive { option, value }),
    };
    for (name, x) in [
        ("--step-db", args.step_db),
        ("--packets-per-s", args.packets_per_s),
        ("--size-sd", args.size_sd),
    ] {
        positive(name, x)?;
    }
    if !(args.alpha > 0.0 && args.alpha < 1.0) {
        let alpha = args.alpha;
        return Err(Fail::Alpha { alpha });
    }
    if !(1..=100_000).contains(&args.series) {
        let series = args.series;
        return Err(Fail::Series { series });
    }
    let covers = match args.moment {
        true => Covers::Moment,
        false => Covers::SinceLast,
    };
    let every_s = args.every.map(|s| positive("--every", s)).transpose()?;
    let value = every_s.is_some() || args.d.is_some() || args.noise_db.is_some();
    match (value, args.bytes, args.flag_wrong) {
        (false, None, None) => Ok(None),
        (false, Some(bytes), None) => Ok(Some(Signal::Bytes {
            bytes: positive("--bytes", bytes)?,
            packets_per_s: args.packets_per_s,
            size_sd: args.size_sd,
        })),
        (false, None, Some(wrong)) if (0.0..0.5).contains(&wrong) => {
            Ok(Some(Signal::Flag { wrong }))
        }
        (false, None, Some(share)) => Err(Fail::FlagWrong { share }),
        (true, None, None) => match (every_s, args.d, args.noise_db) {
            (Some(every_s), Some(d), None) => {
                let d = positive("--d", d)?;
                Ok(Some(Signal::Value { every_s, d, covers }))
            }
            (Some(every_s), None, Some(noise_db)) => Ok(Some(Signal::Loudness {
                every_s,
                noise_db: positive("--noise-db", noise_db)?,
                step_db: args.step_db,
                covers,
            })),
            (Some(_), None, None) if args.after.is_some() => Ok(None),
            (None, ..) => Err(Fail::NeedsEvery),
            _ => Err(Fail::NeedsClarity),
        },
        _ => Err(Fail::OneSignal),
    }
}

#[cfg(test)]
mod tests {
    use plan::{Code, PROFILES};

    use super::*;

    /// The plan's profiles are those that are played.
    #[test]
    fn profiles_are_those_of_the_stimulus() {
        let coded_s = |name: &'static str| {
            let protocol = stimulus::profile(name).unwrap();
            let blocks = protocol.coded_blocks(record::Phase::Muted);
            (name, f64::from(blocks) * protocol.block_ns as f64 / 1e9)
        };
        let played: Vec<(&str, f64)> = stimulus::PROFILES
            .iter()
            .map(|&(name, ..)| coded_s(name))
            .collect();
        let planned: Vec<(&str, f64)> = PROFILES.iter().map(|p| (p.name, p.muted_s)).collect();
        assert_eq!(planned, played);
        let fast = stimulus::profile("smoke").unwrap();
        assert_eq!(Code::Fast.block_s(), fast.block_ns as f64 / 1e9);
        assert_eq!(STEP_DB, f64::from(fast.high_dbfs - fast.low_dbfs));
    }
}
