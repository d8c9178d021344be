//! The test on one code's table: what was bet on, and what the bets said.

use std::ops::Range;

use features::{Features, Group, Missing, Session};
use record::{Body, Phase};
use stats::{Evidence, Numbers, Prepared, Rivals, Value};

use crate::mixture::{Part, test};
use crate::model::Test;
use crate::table::Table;

/// Only these groups can show a leak; the weight of any other does not matter.
pub(crate) const DECIDING: &[Group] = &[Group::Egress, Group::PeerOutput];

/// One run of the test over one code's blocks: what it said.
pub(crate) struct Trial {
    pub(crate) evidence: Evidence,
    /// Indices into [`Features::series`] of the series that were bet on.
    pub(crate) series: Vec<usize>,
    /// What a planted series has to share the stake with.
    pub(crate) rivals: Rivals,
    pub(crate) log_needed: f64,
    /// End of each block, seconds since the first one's start.
    pub(crate) ends_s: Vec<f64>,
}

/// A code's table with the muted phase tried on it.
pub(crate) struct Coded {
    pub(crate) table: Table,
    pub(crate) muted: Trial,
    pub(crate) charged: Option<Trial>,
}

impl Trial {
    pub(crate) fn crossed(&self) -> bool {
        self.evidence.max_log_e >= self.log_needed
    }

    /// W at its highest, as a number for a reason or a note.
    pub(crate) fn w_max(&self) -> f64 {
        self.evidence.max_log_e.exp().min(f64::MAX)
    }

    /// What it brings to the mean of all codes.
    pub(crate) fn part(&self, share: f64) -> Part<'_> {
        Part {
            share,
            path: &self.evidence.path,
            ends_s: &self.ends_s,
            series: self.series.len(),
        }
    }

    pub(crate) fn test(&self) -> Test {
        let path = &self.evidence.path;
        let (n, series) = (self.evidence.n as u32, self.series.len() as u32);
        test(
            path,
            self.evidence.max_log_e,
            self.log_needed,
            &self.ends_s,
            n,
            series,
        )
    }
}

pub(crate) fn lost_blocks(features: &Features, blocks: &Range<usize>) -> u32 {
    let deciding = || {
        features
            .series
            .iter()
            .filter(|s| DECIDING.contains(&s.group))
    };
    let lost = |k: &usize| deciding().any(|s| s.values.get(*k) == Some(&Err(Missing::Lost)));
    blocks.clone().filter(lost).count() as u32
}

impl Coded {
    pub(crate) fn new(session: &Session, table: Table, needed: f64) -> Coded {
        let lost = lost_blocks(&table.features, &table.blocks(Phase::Muted));
        let run = |missing| trial(session, &table, Phase::Muted, DECIDING, missing, needed);
        Coded {
            muted: run(stats::Missing::Drop),
            charged: (lost > 0).then(|| run(stats::Missing::Charge)),
            table,
        }
    }
}

pub(crate) fn stopped_early(session: &Session) -> bool {
    let decided = |record: &record::Record| matches!(record.body, Body::Decided { .. });
    session.records.iter().any(decided)
}

pub(crate) fn trial(
    session: &Session,
    table: &Table,
    phase: Phase,
    groups: &[Group],
    missing: stats::Missing,
    log_needed: f64,
) -> Trial {
    let symbols = table.symbols(&table.key, phase);
    let (series, prepared) = prepare(session, table, phase, groups, missing);
    let rivals = prepared.as_ref().map(Prepared::rivals).unwrap_or_default();
    let mut evidence = prepared
        .and_then(|prepared| prepared.test(&symbols).ok())
        // Features promise finite values; a refusal is a bug there and must not be an accusation.
        .unwrap_or_else(|| Evidence::waiting(symbols.len(), series.len()));
    if phase == Phase::Muted && stopped_early(session) {
        evidence = prompt(evidence);
    }
    Trial {
        evidence,
        series,
        rivals,
        log_needed,
        ends_s: table.ends_s(phase),
    }
}

/// What may be said of a run whose end was chosen by looking: only the bets that needed nothing
/// later than their own block (docs/statistics.md, "The bets").
fn prompt(evidence: Evidence) -> Evidence {
    let path = evidence.prompt_path.clone();
    Evidence {
        log_e: path.last().copied().unwrap_or(0.0),
        max_log_e: path.iter().copied().fold(0.0, f64::max),
        series_log_e: evidence.prompt_series_log_e.clone(),
        coin_path: evidence.prompt_coin_path.clone(),
        path,
        ..evidence
    }
}

/// The series of a phase that can be bet on (by index), made ready for coins.
pub(crate) fn prepare(
    session: &Session,
    table: &Table,
    phase: Phase,
    groups: &[Group],
    missing: stats::Missing,
) -> (Vec<usize>, Option<Prepared>) {
    let (series, numbers) = numbers(table, phase, groups);
    let settings = table.settings(session, missing);
    let prepared = numbers.map(|numbers| Prepared::new(numbers, settings));
    (series, prepared.ok())
}

/// The series of a phase that can be bet on (by index), and their numbers.
pub(crate) fn numbers(
    table: &Table,
    phase: Phase,
    groups: &[Group],
) -> (Vec<usize>, Result<Numbers, stats::Refused>) {
    let blocks = table.blocks(phase);
    let mut series = Vec::new();
    let mut values = Vec::new();
    for (idx, s) in table.features.series.iter().enumerate() {
        let here = s.values.get(blocks.clone()).unwrap_or(&[]);
        // What does not move in this phase cannot follow anything in it.
        let moves = here.windows(2).any(|pair| pair[0] != pair[1]);
        if groups.contains(&s.group) && s.weight > 0.0 && moves {
            series.push(idx);
            values.push((s.weight, kind(s.kind), here.iter().map(value).collect()));
        }
    }
    (series, Numbers::of_kinds(blocks.len(), values))
}

pub(crate) fn kind(kind: features::Kind) -> stats::Kind {
    match kind {
        features::Kind::Number => stats::Kind::Number,
        features::Kind::Category => stats::Kind::Category,
    }
}

/// The numbers themselves, for shares of the stake; NaN where there is none.
pub(crate) fn plain(values: &[Value]) -> Vec<f64> {
    let number = |value: &Value| match value {
        Value::Number(y) => *y,
        Value::Absent | Value::Lost => f64::NAN,
    };
    values.iter().map(number).collect()
}

pub(crate) fn value(value: &Result<f64, Missing>) -> Value {
    match value {
        Ok(y) if y.abs() <= stats::LARGEST => Value::Number(*y),
        Ok(_) | Err(Missing::NoData) => Value::Absent,
        Err(Missing::Lost | Missing::NotWatched) => Value::Lost,
    }
}
