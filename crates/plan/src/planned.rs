//! Everything there is to say of a signal, and of what finished runs find.

use crate::information::Setting;
use crate::limits::{Limits, limits};
use crate::signal::{Code, Observed, PROFILES, Profile, Signal};
use crate::times::{Times, times};

/// The known leaker sent a value a minute, in seconds.
pub const EVERY_S: f64 = 60.0;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// The signal to be found; nothing where only limits are asked for.
    pub signal: Option<Signal>,
    /// Other series that are bet on.
    pub series: u32,
    /// False-alarm rate.
    pub alpha: f64,
    /// How often a value is sent, seconds, for the limits.
    pub every_s: f64,
    /// Decibels from quiet to loud.
    pub step_db: f64,
    /// How many packets there are.
    pub packets_per_s: f64,
    /// Standard deviation of their sizes in bytes.
    pub size_sd: f64,
}

/// One code and the asked signal.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The code.
    pub code: Code,
    /// What its blocks show of the signal.
    pub seen: Observed,
    /// What it is bet with.
    pub setting: Setting,
    /// The formula's number of blocks; infinite for none.
    pub formula: f64,
    /// Simulated; nothing where the formula is far beyond the longest profile.
    pub times: Option<Times>,
}

/// What a profile can find with one of its codes.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// The profile.
    pub profile: Profile,
    /// One of its codes.
    pub code: Code,
    /// What is smaller cannot be found.
    pub limits: Limits,
}

/// Everything there is to say.
#[derive(Debug, Clone)]
pub struct Planned {
    /// What was asked.
    pub question: Question,
    /// Every code, where a signal was named.
    pub rows: Vec<Row>,
    /// Every profile and code.
    pub reaches: Vec<Reach>,
}

/// Answers a question; seeded simulation, so the same question gives the same answer.
pub fn planned(question: &Question) -> Planned {
    Planned {
        question: *question,
        rows: question
            .signal
            .map(|s| rows(s, question))
            .unwrap_or_default(),
        reaches: reaches(question),
    }
}

/// The codes that a profile plays share the stake.
fn setting(question: &Question, codes: usize) -> Setting {
    Setting {
        alpha: question.alpha,
        series: question.series,
        codes: codes as u32,
    }
}

fn rows(signal: Signal, question: &Question) -> Vec<Row> {
    let row = |code: Code| {
        // The fast code is played alone by the short profiles; the others always come together.
        let codes = if code == Code::Fast {
            1
        } else {
            Code::ALL.len()
        };
        let (seen, setting) = (signal.seen_by(code), setting(question, codes));
        let formula = setting.blocks(seen.bits());
        let longest = code.blocks(PROFILES[PROFILES.len() - 1].muted_s);
        // Three times what the formula says is late enough for 95 %.
        let horizon = ((3.0 * formula) as usize).clamp(30, longest);
        let times =
            (formula <= 2.0 * longest as f64).then(|| times(seen, code.law(), setting, horizon));
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

fn reaches(question: &Question) -> Vec<Reach> {
    let each = PROFILES.iter().flat_map(|profile| {
        profile.codes.iter().map(|&code| Reach {
            profile: *profile,
            code,
            limits: limits(
                code.blocks(profile.muted_s),
                setting(question, profile.codes.len()),
            ),
        })
    });
    each.collect()
}

impl Row {
    /// Seconds that so many of its blocks take.
    pub fn seconds(&self, blocks: usize) -> f64 {
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

impl Planned {
    /// The shortest profile that finds the signal in 95 %, and the code that does.
    pub fn recommended(&self) -> Option<(Profile, Code)> {
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
}
