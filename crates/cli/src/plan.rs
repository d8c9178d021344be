//! `muteproof plan`: what run length and which code find a given signal.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use plan::{Code, Covers, Limits, PROFILES, Profile, Seen, Setting, Signal, Times};
use serde_json::{Value, json};

use crate::fail::{Fail, print};

mod after;
mod text;

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

/// The known leaker sent a value a minute.
const EVERY_S: f64 = 60.0;

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

/// One code and the asked signal.
struct Row {
    code: Code,
    seen: Seen,
    setting: Setting,
    /// The formula's number of blocks; infinite for none.
    formula: f64,
    /// Nothing where the formula is far beyond the longest profile.
    times: Option<Times>,
}

/// What a profile can find with one of its codes.
struct Reach {
    profile: Profile,
    code: Code,
    limits: Limits,
}

/// Everything there is to say.
struct Plan<'a> {
    args: &'a Args,
    signal: Option<Signal>,
    rows: Vec<Row>,
    reaches: Vec<Reach>,
}

/// `muteproof plan`.
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    let signal = signal(args)?;
    if let Some(bundle) = &args.after {
        after::run(args, bundle)?;
        return Ok(ExitCode::SUCCESS);
    }
    let plan = Plan {
        args,
        signal,
        rows: signal.map(|s| rows(s, args)).unwrap_or_default(),
        reaches: reaches(args),
    };
    let said = match args.json {
        true => format!("{:#}\n", plan.json()),
        false => plan.text(),
    };
    print(said.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// The signal that was named; nothing if none was.
fn signal(args: &Args) -> Result<Option<Signal>, Fail> {
    let positive = |name: &str, x: f64| match x.is_finite() && x > 0.0 {
        true => Ok(x),
        false => Err(Fail::text(format!(
            "{name} wants a number above 0, not {x}"
        ))),
    };
    for (name, x) in [
        ("--step-db", args.step_db),
        ("--packets-per-s", args.packets_per_s),
        ("--size-sd", args.size_sd),
    ] {
        positive(name, x)?;
    }
    if !(args.alpha > 0.0 && args.alpha < 1.0) {
        let text = format!("--alpha wants a number between 0 and 1, not {}", args.alpha);
        return Err(Fail::text(text));
    }
    if !(1..=100_000).contains(&args.series) {
        let text = format!("--series wants 1 to 100000, not {}", args.series);
        return Err(Fail::text(text));
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
        (false, None, Some(wrong)) => {
            let text = format!("--flag-wrong wants a share from 0 to below 0.5, not {wrong}");
            Err(Fail::text(text))
        }
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
            (None, ..) => Err(Fail::text(
                "--d and --noise-db need --every: how often is it sent?",
            )),
            _ => Err(Fail::text(
                "--every needs one of --d and --noise-db: how clear is the value?",
            )),
        },
        _ => Err(Fail::text(
            "one signal at a time: --every with --d or --noise-db, or --bytes, or --flag-wrong",
        )),
    }
}

/// The codes that a profile plays share the stake.
fn setting(args: &Args, codes: usize) -> Setting {
    Setting {
        alpha: args.alpha,
        series: args.series,
        codes: codes as u32,
    }
}

fn rows(signal: Signal, args: &Args) -> Vec<Row> {
    let row = |code: Code| {
        // The fast code is played alone by the short profiles; the others always come together.
        let codes = if code == Code::Fast {
            1
        } else {
            Code::ALL.len()
        };
        let (seen, setting) = (signal.seen_by(code), setting(args, codes));
        let formula = setting.blocks(seen.bits());
        let longest = code.blocks(PROFILES[PROFILES.len() - 1].muted_s);
        // Three times what the formula says is late enough for 95 %.
        let horizon = ((3.0 * formula) as usize).clamp(30, longest);
        let times = (formula <= 2.0 * longest as f64).then(|| plan::times(seen, setting, horizon));
        Row {
            code,
            seen,
            setting,
            formula,
            times,
        }
    };
    Code::ALL.map(row).into()
}

fn reaches(args: &Args) -> Vec<Reach> {
    let each = PROFILES.iter().flat_map(|profile| {
        profile.codes.iter().map(|&code| Reach {
            profile: *profile,
            code,
            limits: plan::limits(
                code.blocks(profile.muted_s),
                setting(args, profile.codes.len()),
            ),
        })
    });
    each.collect()
}

impl Row {
    fn seconds(&self, blocks: usize) -> f64 {
        blocks as f64 * self.code.block_s()
    }

    /// Seconds until 95 % have found it with so many codes at once.
    fn p95_s(&self, codes: usize) -> Option<f64> {
        let shared = Setting {
            codes: codes as u32,
            ..self.setting
        };
        let p95 = self.times.and_then(|times| times.p95)?;
        Some(self.seconds(p95) * shared.bits() / self.setting.bits())
    }
}

impl Plan<'_> {
    /// The shortest profile that finds the signal in 95 %, and the code that does.
    fn recommended(&self) -> Option<(Profile, Code)> {
        PROFILES.iter().find_map(|profile| {
            let in_time = |row: &&Row| {
                let p95 = row.p95_s(profile.codes.len());
                profile.codes.contains(&row.code) && p95.is_some_and(|s| s <= profile.muted_s)
            };
            let found = self.rows.iter().filter(in_time);
            let first = found.min_by(|a, b| {
                let p95 = |row: &Row| row.p95_s(profile.codes.len()).unwrap_or(f64::MAX);
                p95(a).total_cmp(&p95(b))
            })?;
            Some((*profile, first.code))
        })
    }

    /// How often a value is sent: as asked, or as the known leaker did.
    fn every_s(&self) -> f64 {
        self.args.every.unwrap_or(EVERY_S)
    }

    fn json(&self) -> Value {
        let row = |row: &Row| {
            let simulated = row.times.map(|times| {
                let seconds = |blocks: Option<usize>| blocks.map(|n| row.seconds(n));
                json!({
                    "sessions": times.sessions,
                    "series": times.series,
                    "blocks": times.horizon,
                    "found": times.found,
                    "median_s": seconds(times.median),
                    "p95_s": seconds(times.p95),
                })
            });
            let finite = Some(row.formula).filter(|n| n.is_finite());
            json!({
                "code": row.code.name(),
                "block_s": row.code.block_s(),
                "codes_at_once": row.setting.codes,
                "bits_per_block": row.seen.bits(),
                "formula_blocks": finite,
                "formula_s": finite.map(|n| n * row.code.block_s()),
                "simulated": simulated,
            })
        };
        let recommended = self
            .recommended()
            .map(|(profile, code)| json!({ "profile": profile.name, "code": code.name() }));
        json!({
            "schema": 1,
            "alpha": self.args.alpha,
            "series": self.args.series,
            "signal": self.signal.map(signal_json),
            "codes": self.rows.iter().map(row).collect::<Vec<_>>(),
            "recommended": recommended,
            "limits": self.reaches.iter().map(|r| self.reach_json(r)).collect::<Vec<_>>(),
        })
    }

    fn reach_json(&self, reach: &Reach) -> Value {
        let (args, limits) = (self.args, &reach.limits);
        let d = limits.value_d(reach.code, self.every_s());
        json!({
            "profile": reach.profile.name,
            "code": reach.code.name(),
            "blocks": limits.blocks,
            "every_s": self.every_s(),
            "d_at_least": d,
            "noise_db_at_most": d.map(|d| args.step_db / d),
            "bytes_at_least": limits.bytes(reach.code, args.packets_per_s, args.size_sd),
            "flag_wrong_at_most": limits.flag_wrong,
        })
    }
}

fn signal_json(signal: Signal) -> Value {
    let about = |covers: Covers| match covers {
        Covers::SinceLast => "since_last",
        Covers::Moment => "moment",
    };
    match signal {
        Signal::Value { every_s, d, covers } => {
            json!({ "is": "value", "every_s": every_s, "d": d, "covers": about(covers) })
        }
        Signal::Loudness {
            every_s,
            noise_db,
            step_db,
            covers,
        } => json!({
            "is": "loudness", "every_s": every_s, "noise_db": noise_db, "step_db": step_db,
            "covers": about(covers),
        }),
        Signal::Bytes {
            bytes,
            packets_per_s,
            size_sd,
        } => json!({
            "is": "bytes", "bytes": bytes, "packets_per_s": packets_per_s, "size_sd": size_sd,
        }),
        Signal::Flag { wrong } => json!({ "is": "flag", "wrong": wrong }),
    }
}

#[cfg(test)]
mod tests {
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
