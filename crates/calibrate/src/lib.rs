//! Every figure behind the statistics, made again: what an honest app risks, what a leak needs.
//!
//! All of it is simulation with fixed dice, of each session's own, so a run can be repeated to the digit.
//! [`run`] computes, [`Figures::markdown`] writes `docs/calibration.md`, [`Figures::misses`] says
//! which of the promises did not hold.
#![forbid(unsafe_code)]

pub mod attention;
pub mod bound;
mod each;
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

pub use page::with_section;

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

/// A section of the page, which can be made by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// Simulated honest sessions.
    Null,
    /// Schedules that were never played over real fields.
    Real,
    /// Real leaks.
    Power,
    /// What each part of the law buys.
    Parts,
    /// A known leaker's log.
    Telemetry,
    /// All gates together.
    Gates,
    /// Apps with a window.
    Attention,
    /// The formula for the length of a run.
    Length,
}

impl Section {
    /// In the order of the page.
    pub const ALL: [Section; 8] = [
        Section::Null,
        Section::Real,
        Section::Power,
        Section::Parts,
        Section::Telemetry,
        Section::Gates,
        Section::Attention,
        Section::Length,
    ];

    /// As it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Section::Null => "null",
            Section::Real => "real",
            Section::Power => "power",
            Section::Parts => "parts",
            Section::Telemetry => "telemetry",
            Section::Gates => "gates",
            Section::Attention => "attention",
            Section::Length => "length",
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
    /// What each part of the law buys; nothing where it was not simulated.
    pub parts: Vec<parts::Row>,
    /// What the real log shows before any bet, or why not.
    pub telemetry: Result<telemetry::Telemetry, String>,
    /// All gates together over honest sessions.
    pub gates: Vec<gates::Row>,
    /// Apps with a window; nothing where they were not simulated.
    pub attention: Option<attention::Figures>,
    /// The formula for the length of a run.
    pub length: Vec<length::Row>,
}

/// Minutes until half and 95 % of the leaks with d of at least 4 have to be found, with two levels or four.
pub fn target_min(alignment: power::Alignment, levels: u8) -> (usize, usize) {
    match (alignment, levels) {
        (power::Alignment::Aligned, 4) => (12, 15),
        (power::Alignment::Aligned, _) => (14, 18),
        (power::Alignment::Unset, _) => (18, 22),
        (power::Alignment::HalfOff, _) => (20, 28),
        (power::Alignment::TwoMinutes, _) => (28, 34),
    }
}

/// What a row of real leaks lacks: time, or right names.
fn shortfalls(row: &power::Row) -> Vec<String> {
    let mut out = Vec::new();
    let within = |found: Option<usize>, target| found.is_some_and(|m| m <= target);
    let (name, target) = (row.alignment.name(), target_min(row.alignment, row.levels));
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

/// Computes everything, or one section and nothing of the others. `data` is the folder of real recordings; without it
/// their figures are left out, with the reason.
pub fn run(
    size: Size,
    seed: u64,
    data: Option<&Path>,
    only: Option<Section>,
    say: &mut dyn FnMut(&str),
) -> Figures {
    let wanted = |section| only.is_none_or(|only| only == section);
    let data_for = |section| match data {
        _ if !wanted(section) => Err("it was not asked for".to_owned()),
        Some(data) => Ok(data),
        None => Err("the folder of recordings is not there".to_owned()),
    };
    let mut figures = Figures::nothing(size, seed);
    figures.real = data_for(Section::Real).and_then(|data| real::rows(size, seed, data, say));
    figures.power = data_for(Section::Power).and_then(|data| power::rows(size, seed, data, say));
    figures.telemetry =
        data_for(Section::Telemetry).and_then(|data| telemetry::telemetry(data, say));
    if wanted(Section::Null) {
        figures.null = null::rows(size, seed, say);
    }
    if wanted(Section::Parts) {
        figures.parts = parts::rows(size, seed, data, say);
    }
    if wanted(Section::Gates) {
        figures.gates = gates::rows(size, seed, say);
    }
    if wanted(Section::Attention) {
        figures.attention = Some(attention::figures(size, seed, say));
    }
    if wanted(Section::Length) {
        figures.length = length::rows(size, say);
    }
    figures
}

impl Figures {
    /// Of what nothing was asked.
    pub fn nothing(size: Size, seed: u64) -> Figures {
        let unasked = "it was not asked for";
        Figures {
            size,
            seed,
            null: Vec::new(),
            real: Err(unasked.to_owned()),
            power: Err(unasked.to_owned()),
            parts: Vec::new(),
            telemetry: Err(unasked.to_owned()),
            gates: Vec::new(),
            attention: None,
            length: Vec::new(),
        }
    }

    /// Targets that are wishes and no promises and are not reached, one line each: of values that straddle blocks, as the stage
    /// sets its grid so that they do not; and all where too few sessions were played to say anything of a 95 % point.
    pub fn short_of(&self) -> Vec<(Section, String)> {
        let rows = self.power.iter().flatten().filter(|row| row.from >= 4.0);
        let misaligned = |row: &&power::Row| row.alignment != power::Alignment::Aligned;
        let lines = rows.filter(misaligned).flat_map(shortfalls);
        lines.map(|line| (Section::Power, line)).collect()
    }

    /// Promises that did not hold, one line each.
    pub fn misses(&self) -> Vec<(Section, String)> {
        let mut misses = Vec::new();
        for row in self.null.iter().filter(|row| !row.holds()) {
            let line = format!("{}: {:?} of {}", row.name, row.accused, row.sessions);
            misses.push((Section::Null, line));
        }
        if let Ok((.., rows)) = &self.real {
            for row in rows.iter().filter(|row| !row.holds()) {
                let (minutes, accused) = (row.block_min, row.accused);
                let line = format!("{minutes} min: {accused:?} of {}", row.schedules);
                misses.push((Section::Real, line));
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
        let lines = rows.filter(clear).filter(aligned).flat_map(shortfalls);
        misses.extend(lines.map(|line| (Section::Power, line)));
        if self.telemetry.as_ref().is_ok_and(|t| !t.holds()) {
            let line = "fields and sound, or fields and outside".to_owned();
            misses.push((Section::Telemetry, line));
        }
        if let Some(attention) = self.attention.as_ref().filter(|a| !a.holds()) {
            misses.push((Section::Attention, format!("{attention:?}")));
        }
        if !gates::holds(&self.gates) {
            let (failed, sessions) = gates::sums(&self.gates);
            let line = format!("{failed} of {sessions} inconclusive");
            misses.push((Section::Gates, line));
        }
        for row in self.length.iter().filter(|row| !row.holds()) {
            misses.push((Section::Length, format!("{row:?}")));
        }
        misses
    }
}
