//! Every figure behind the statistics, made again: what an honest app risks, what a leak needs.
//!
//! All of it is simulation with fixed dice, single-threaded, so a run can be repeated to the digit.
//! [`run`] computes, [`Figures::markdown`] writes `docs/calibration.md`, [`Figures::misses`] says
//! which of the promises did not hold.
#![forbid(unsafe_code)]

mod dice;
pub mod null;
mod page;
pub mod power;
pub mod real;
mod traffic;

use std::path::Path;

/// How much to compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Seconds: for tests.
    Short,
    /// Everything that is promised.
    Full,
}

impl Size {
    pub(crate) fn pick(self, short: usize, full: usize) -> usize {
        match self {
            Size::Short => short,
            Size::Full => full,
        }
    }
}

/// Everything computed.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// How much was computed.
    pub size: Size,
    /// The dice's seed.
    pub seed: u64,
    /// Simulated honest sessions.
    pub null: Vec<null::Row>,
    /// Real null fields: how many, over how many minutes, and what they showed; or why not.
    pub real: Result<(usize, usize, Vec<real::Row>), String>,
    /// Real leaks, or why not.
    pub power: Result<Vec<power::Row>, String>,
}

/// Minutes until half and 95 % of the leaks with d of at least 4 have to be found.
pub const TARGET_MIN: (usize, usize) = (18, 22);

/// Computes everything. `data` is the folder of real recordings; without it their figures are left
/// out, with the reason.
pub fn run(size: Size, seed: u64, data: Option<&Path>, say: &mut dyn FnMut(&str)) -> Figures {
    let null = null::rows(size, seed, say);
    let absent = || Err("the folder of recordings is not there".to_owned());
    let real = data.map_or_else(absent, |data| real::rows(size, seed, data, say));
    let absent = || Err("the folder of recordings is not there".to_owned());
    let power = data.map_or_else(absent, |data| power::rows(size, seed, data, say));
    Figures {
        size,
        seed,
        null,
        real,
        power,
    }
}

impl Figures {
    /// Promises that did not hold, one line each.
    pub fn misses(&self) -> Vec<String> {
        let mut misses = Vec::new();
        for row in self.null.iter().filter(|row| !row.holds()) {
            misses.push(format!(
                "{}: {:?} of {}",
                row.name, row.accused, row.sessions
            ));
        }
        if let Ok((.., rows)) = &self.real {
            for row in rows.iter().filter(|row| !row.holds()) {
                let (minutes, accused) = (row.block_min, row.accused);
                misses.push(format!(
                    "real null, {minutes} min: {accused:?} of {}",
                    row.schedules
                ));
            }
        }
        // Too few sessions say nothing about a 95 % point.
        let rows = self
            .power
            .iter()
            .filter(|_| self.size == Size::Full)
            .flatten();
        for row in rows.filter(|row| row.from >= 4.0) {
            let within = |found: Option<usize>, target| found.is_some_and(|m| m <= target);
            if !within(row.median_min, TARGET_MIN.0) || !within(row.p95_min, TARGET_MIN.1) {
                let (median, p95) = (row.median_min, row.p95_min);
                misses.push(format!("power: median {median:?}, 95 % {p95:?} minutes"));
            }
            if row.named_right * 100 < row.found * 99 {
                misses.push(format!("names: {} of {} right", row.named_right, row.found));
            }
        }
        misses
    }
}
