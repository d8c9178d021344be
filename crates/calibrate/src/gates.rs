//! All gates together: how often is an honest session left without an answer?

use simulate::{Microphone, Sends, scene};
use verdict::{Options, Reason, Sealed, Verdict, judge};

use crate::Size;
use crate::each::each;
use crate::null::limit;

/// Share of honest sessions that all gates together may fail (docs/statistics.md, "Gates").
pub const MAY_FAIL: f64 = 0.01;

/// Honest sessions of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What the muted app sends.
    pub name: &'static str,
    /// How many sessions.
    pub sessions: usize,
    /// Sessions that any gate failed.
    pub inconclusive: usize,
    /// Sessions that were called a leak, at alpha 0.001.
    pub accused: usize,
    /// Which gates failed, and how often.
    pub reasons: Vec<(String, usize)>,
}

/// Whether all kinds together fail as seldom as promised.
pub fn holds(rows: &[Row]) -> bool {
    let (failed, sessions) = sums(rows);
    failed <= limit(sessions, MAY_FAIL)
}

/// Failed and all sessions.
pub fn sums(rows: &[Row]) -> (usize, usize) {
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum();
    (sum(|row| row.inconclusive), sum(|row| row.sessions))
}

const KINDS: [(&str, Sends); 3] = [
    ("traffic that wanders by itself", Sends::Drift),
    ("a small packet a second", Sends::KeepAlive),
    ("a constant stream", Sends::Constant),
];

/// One row for each kind: apps that keep their microphone running while muted, with a control
/// that fires, 45 blocks of it and 60 muted ones.
pub fn rows(size: Size, seed: u64, say: &mut dyn FnMut(&str)) -> Vec<Row> {
    let sessions = size.pick(14, 340);
    let rows = KINDS.into_iter().enumerate().map(|(kind, (name, sends))| {
        let mut row = Row {
            name,
            sessions,
            inconclusive: 0,
            accused: 0,
            reasons: Vec::new(),
        };
        let number = |i| ((seed * 10 + kind as u64) << 32) + i;
        for verdict in each(size, sessions, |i| verdict_of(sends, number(i))) {
            match verdict {
                Verdict::Leaks { .. } => row.accused += 1,
                Verdict::Inconclusive { reasons } | Verdict::NotRun { reasons } => {
                    row.inconclusive += 1;
                    reasons
                        .iter()
                        .for_each(|reason| count(&mut row.reasons, reason));
                }
                Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } => {}
            }
        }
        say(&format!("all gates: {row:?}"));
        row
    });
    rows.collect()
}

fn verdict_of(sends: Sends, number: u64) -> Verdict {
    let recording = scene(number).muted(sends, Microphone::Running).record();
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    let options = Options::default();
    judge(&session, &recording.seed, Sealed::Unchanged, &options).verdict
}

/// By the reason's name, whatever its figures.
fn count(reasons: &mut Vec<(String, usize)>, reason: &Reason) {
    let said = format!("{reason:?}");
    let name = said.split([' ', '{']).next().unwrap_or_default().to_owned();
    match reasons.iter_mut().find(|(known, _)| *known == name) {
        Some((_, n)) => *n += 1,
        None => reasons.push((name, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_a_hundred_may_fail_and_a_few_by_chance() {
        let row = |inconclusive| Row {
            name: "",
            sessions: 500,
            inconclusive,
            accused: 0,
            reasons: Vec::new(),
        };
        // The 99 % point of the binomial law of 1,000 and 0.01 is 18.
        assert!(holds(&[row(9), row(9)]));
        assert!(!holds(&[row(9), row(10)]));
    }

    #[test]
    fn reasons_are_counted_by_name() {
        let mut reasons = Vec::new();
        for evidence in [1.0, 2.0] {
            count(&mut reasons, &Reason::ShamFires { evidence });
        }
        count(&mut reasons, &Reason::NotSealed);
        let expected = [("ShamFires".to_owned(), 2), ("NotSealed".to_owned(), 1)];
        assert_eq!(reasons, expected);
    }
}
