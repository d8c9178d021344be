use std::str::FromStr;

use record::{Body, MonotonicNs, Record, Source, Span};

use crate::error::ImportError;

/// What is said twice a second: a block asks what was said of the mute within it.
const SAID_EVERY_NS: i64 = 500_000_000;

/// From the first fact to the latest.
pub(crate) fn whole(records: &[Record]) -> Span {
    let from = records.first().map_or(MonotonicNs(0), |record| record.t);
    let to = records.iter().map(|record| record.t).max().unwrap_or(from);
    Span { from, to }
}

/// Wall time beside the session's.
pub(crate) struct Clock(Vec<(u64, MonotonicNs)>);

impl Clock {
    /// By the pairs among these facts.
    pub(crate) fn new(records: &[Record]) -> Result<Clock, ImportError> {
        let pairs = records.iter().filter_map(|r| match r.body {
            Body::ClockPair { realtime_ns, .. } => Some((realtime_ns, r.t)),
            _ => None,
        });
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort();
        match pairs.is_empty() {
            true => Err(ImportError::NoClock),
            false => Ok(Clock(pairs)),
        }
    }

    /// Wall time of a moment, nanoseconds, by the nearest pair at or before.
    pub(crate) fn wall(&self, t: MonotonicNs) -> u64 {
        let before = |(_, of): &(u64, MonotonicNs)| *of <= t;
        let after = self.0.partition_point(before);
        let (wall, of) = self.0[after.saturating_sub(1)];
        wall.saturating_add_signed(t.since(of))
    }

    /// The moment of a wall time, by the nearest pair at or before.
    pub(crate) fn t(&self, realtime_ns: u64) -> MonotonicNs {
        MonotonicNs(u64::try_from(self.signed_ns(realtime_ns)).unwrap_or(0))
    }

    /// Likewise, nanoseconds; a capture whose clock is behind has times before the session's beginning.
    pub(crate) fn signed_ns(&self, realtime_ns: u64) -> i64 {
        let after = self.0.partition_point(|(wall, _)| *wall <= realtime_ns);
        let (wall, t) = self.0[after.saturating_sub(1)];
        (t.0 as i64).saturating_add(realtime_ns as i64 - wall as i64)
    }
}

/// Moves wall time so that the first fact lies at `began`.
pub(crate) fn set_wall_time(records: &mut [Record], began: jiff::Timestamp) {
    let first = whole(records).from;
    let began_ns = u64::try_from(began.as_nanosecond()).unwrap_or(0);
    for record in records {
        if let Body::ClockPair { realtime_ns, .. } = &mut record.body {
            *realtime_ns = began_ns.saturating_add_signed(record.t.since(first));
        }
    }
}

/// When an app said that it was muted, seconds from the schedule's beginning.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MutedSpan {
    /// From when on.
    pub from_s: f64,
    /// Until when.
    pub to_s: f64,
}

impl FromStr for MutedSpan {
    type Err = ImportError;

    /// Reads `70..190`.
    fn from_str(text: &str) -> Result<MutedSpan, ImportError> {
        let seconds = |text: &str| text.trim().parse::<f64>().ok();
        let ends = text
            .split_once("..")
            .and_then(|(from, to)| Some((seconds(from)?, seconds(to)?)));
        let (from_s, to_s) = ends.ok_or_else(|| ImportError::BadMuted(text.to_owned()))?;
        Ok(MutedSpan { from_s, to_s })
    }
}

/// Puts a person's word in the place of what the facts say of the mute.
pub(crate) fn override_mute(records: &mut Vec<Record>, muted: MutedSpan) {
    let MutedSpan { from_s, to_s } = muted;
    let Span { from, to } = whole(records);
    records.retain(|r| !matches!(r.body, Body::MuteSaid { .. }));
    let mut t = from;
    while t < to {
        let at = t.since(from) as f64 / 1e9;
        records.push(Record {
            t,
            source: Source::Mute,
            seq: 0,
            body: Body::MuteSaid {
                muted: Some((from_s..to_s).contains(&at)),
                said: format!("a person: muted from {from_s} s to {to_s} s"),
            },
        });
        t = t.offset(SAID_EVERY_NS);
    }
    records.sort_by_key(|record| record.t);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(t: u64, body: Body) -> Record {
        let source = Source::Clock;
        Record {
            t: MonotonicNs(t),
            source,
            seq: 0,
            body,
        }
    }

    fn pair(t: u64, realtime_ns: u64) -> Record {
        let bracket_ns = 1_000;
        at(
            t,
            Body::ClockPair {
                realtime_ns,
                bracket_ns,
            },
        )
    }

    #[test]
    fn times_are_laid_on_each_other_by_the_pair_before() {
        assert!(matches!(Clock::new(&[]), Err(ImportError::NoClock)));
        let clock = Clock::new(&[pair(100, 5_000), pair(200, 5_110)]).unwrap();
        for (t, wall) in [(90, 4_990), (100, 5_000), (150, 5_050), (210, 5_120)] {
            assert_eq!(
                (clock.wall(MonotonicNs(t)), clock.t(wall)),
                (wall, MonotonicNs(t))
            );
        }
        let mut records = vec![pair(100, 5_000), pair(200, 5_110)];
        set_wall_time(&mut records, jiff::Timestamp::from_nanosecond(700).unwrap());
        let clock = Clock::new(&records).unwrap();
        assert_eq!(
            (clock.wall(MonotonicNs(100)), clock.wall(MonotonicNs(200))),
            (700, 800)
        );
    }

    #[test]
    fn a_persons_word_stands_in_the_place_of_the_apps() {
        let said = |muted| Body::MuteSaid {
            muted,
            said: String::new(),
        };
        let s = 1_000_000_000;
        let mut records = vec![at(0, said(None)), pair(0, 0), pair(2 * s, 2 * s)];
        override_mute(&mut records, "0.5 .. 1.5".parse().unwrap());
        let muted: Vec<_> = records
            .iter()
            .filter_map(|r| match &r.body {
                Body::MuteSaid { muted, said } => Some((r.t.0, muted.unwrap(), said.clone())),
                _ => None,
            })
            .collect();
        let said = "a person: muted from 0.5 s to 1.5 s".to_owned();
        let expected = [(0, false), (s / 2, true), (s, true), (3 * s / 2, false)];
        assert_eq!(muted, expected.map(|(t, muted)| (t, muted, said.clone())));
        for not in ["", "5", "5..", "a..b", "5-6"] {
            let wrong = not.parse::<MutedSpan>().unwrap_err();
            let why = format!("--muted {not}: it has to look like 70..190, in seconds");
            assert_eq!(wrong.to_string(), why);
        }
    }
}
