//! Every figure behind the statistics, made again: what an honest app risks, what a leak needs.
//!
//! All of it is simulation with fixed dice, single-threaded, so a run can be repeated to the digit.
//! [`run`] computes, [`Figures::markdown`] writes `docs/calibration.md`, [`Figures::misses`] says
//! which of the promises did not hold.
#![forbid(unsafe_code)]

pub mod attention;
pub mod bound;
pub mod gates;
pub mod kinds;
pub mod length;
pub mod null;
mod page;
pub mod parts;
pub mod power;
pub mod real;
pub mod telemetry;
mod traffic;

pub use page::with_attention;

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
    /// What the real log shows before any bet, or why not.
    pub telemetry: Result<telemetry::Telemetry, String>,
    /// All gates together over honest sessions.
    pub gates: Vec<gates::Row>,
    /// Apps with a window; nothing where they were not simulated.
    pub attention: Option<attention::Figures>,
    /// The formula for the length of a run.
    pub length: Vec<length::Row>,
}

/// Minutes until half and 95 % of the leaks with d of at least 4 have to be found.
pub fn target_min(alignment: power::Alignment) -> (usize, usize) {
    match alignment {
        power::Alignment::Aligned => (18, 22),
        power::Alignment::HalfOff => (34, 48),
        power::Alignment::TwoMinutes => (28, 32),
    }
}

/// What a row of real leaks lacks: time, or right names.
fn shortfalls(row: &power::Row) -> Vec<String> {
    let mut out = Vec::new();
    let within = |found: Option<usize>, target| found.is_some_and(|m| m <= target);
    let (name, target) = (row.alignment.name(), target_min(row.alignment));
    if !within(row.median_min, target.0) || !within(row.p95_min, target.1) {
        let said = |m: Option<usize>| m.map_or("–".to_owned(), |m| m.to_string());
        let (median, p95) = (said(row.median_min), said(row.p95_min));
        out.push(format!(
            "leaks, real, {name}: median {median}, 95 % {p95} minutes; wanted {} and {}",
            target.0, target.1
        ));
    }
    if row.named_right * 100 < row.found * 99 {
        let (right, found) = (row.named_right, row.found);
        out.push(format!(
            "leaks, real, {name}: {right} of {found} named right; wanted 99 %"
        ));
    }
    out
}

/// Computes everything. `data` is the folder of real recordings; without it their figures are left
/// out, with the reason.
pub fn run(size: Size, seed: u64, data: Option<&Path>, say: &mut dyn FnMut(&str)) -> Figures {
    let null = null::rows(size, seed, say);
    let length = length::rows(size, say);
    let absent = || Err("the folder of recordings is not there".to_owned());
    let telemetry = data.map_or_else(absent, |data| telemetry::telemetry(data, say));
    let absent = || Err("the folder of recordings is not there".to_owned());
    let real = data.map_or_else(absent, |data| real::rows(size, seed, data, say));
    let absent = || Err("the folder of recordings is not there".to_owned());
    let power = data.map_or_else(absent, |data| power::rows(size, seed, data, say));
    let gates = gates::rows(size, seed, say);
    let attention = attention::figures(size, seed, say);
    Figures {
        size,
        seed,
        null,
        real,
        power,
        telemetry,
        gates,
        attention: Some(attention),
        length,
    }
}

impl Figures {
    /// Targets for misaligned leaks that are not reached, one line each. They are wishes, no promises:
    /// the stage sets its grid so that values are aligned.
    pub fn short_of(&self) -> Vec<String> {
        let rows = self.power.iter().flatten().filter(|row| row.from >= 4.0);
        let misaligned = |row: &&power::Row| row.alignment != power::Alignment::Aligned;
        rows.filter(misaligned).flat_map(shortfalls).collect()
    }

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
        let clear = |row: &&power::Row| row.from >= 4.0;
        let aligned = |row: &&power::Row| row.alignment == power::Alignment::Aligned;
        misses.extend(rows.filter(clear).filter(aligned).flat_map(shortfalls));
        if self.telemetry.as_ref().is_ok_and(|t| !t.holds()) {
            misses.push("telemetry: fields and sound, or fields and outside".to_owned());
        }
        if let Some(attention) = self.attention.as_ref().filter(|a| !a.holds()) {
            misses.push(format!("attention: {attention:?}"));
        }
        if !gates::holds(&self.gates) {
            let (failed, sessions) = gates::sums(&self.gates);
            misses.push(format!("all gates: {failed} of {sessions} inconclusive"));
        }
        for row in self.length.iter().filter(|row| !row.holds()) {
            misses.push(format!("length: {row:?}"));
        }
        misses
    }
}
