//! **Asks** which apps had the microphone while muted, by the device's own logs.
//! **Matters** because a phone knows that of each app, whoever looks at its packets.
//! **Decides** nothing: it is a remark.
//! **Cannot see** what a log leaves out, nor whether what was heard was sent.

use std::collections::BTreeMap;

use record::{Body, Record, Source, Span};

use crate::case::Case;
use crate::microphone::muted_span;
use crate::note::Note;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let muted = muted_span(&case.trials);
    muted.map_or(Vec::new(), |muted| {
        logged(case.trials.session.records, &muted)
    })
}

/// How long each app had the microphone while muted, by each log; which logs name none, and which do not
/// reach to that time; and what of them is not certain.
fn logged(records: &[Record], muted: &Span) -> Vec<Note> {
    let mut by_app: BTreeMap<(&str, &str), (u64, bool)> = BTreeMap::new();
    let mut logs: Vec<&str> = Vec::new();
    for record in records {
        match &record.body {
            Body::Attached { note } if record.source == Source::MicrophoneLog => logs.push(note),
            Body::Accessed {
                log,
                app,
                span,
                ended,
            } if span.overlaps(muted) || muted.contains(span.from) => {
                let (ns, at_a_moment) = by_app.entry((log, app)).or_default();
                let (from, to) = (span.from.max(muted.from), span.to.min(muted.to));
                *ns += to.0.saturating_sub(from.0);
                *at_a_moment |= !ended;
            }
            _ => {}
        }
    }
    let of_seconds = muted.seconds();
    let accessed = by_app.iter().map(|((log, app), (ns, at_a_moment))| {
        let seconds = *ns as f64 / 1e9;
        Note::Accessed {
            log: (*log).to_owned(),
            app: (*app).to_owned(),
            // Two uses at once are not twice as long.
            seconds: (*ns > 0 || !at_a_moment).then_some(seconds.min(of_seconds)),
            of_seconds,
        }
    });
    let named = |log: &str| by_app.keys().any(|(by, _)| *by == log);
    let silent = logs.iter().filter(|log| !named(log));
    let silent = silent.map(|log| silence(log, &read_of(records, log), muted));
    let uncertain = records.iter().flat_map(|record| uncertain(&record.body));
    accessed.chain(silent).chain(uncertain).collect()
}

/// What a log covers, on the session's clock.
struct Covers<'r> {
    /// Nanoseconds; nothing where it names no time.
    span: Option<(i128, i128)>,
    wall_ns: Option<(u64, u64)>,
    east_s: Option<i32>,
    log: &'r str,
}

/// What was said of the files of one log: bundles of earlier versions say nothing.
fn read_of<'r>(records: &'r [Record], of: &str) -> Vec<Covers<'r>> {
    let read = records.iter().filter_map(|record| match &record.body {
        Body::LogRead {
            log,
            at_ns,
            span_ns,
            east_s,
            ..
        } if log == of => {
            let session =
                |wall: u64| i128::from(record.t.0) + i128::from(wall) - i128::from(*at_ns);
            Some(Covers {
                span: span_ns.map(|(from, to)| (session(from), session(to))),
                wall_ns: *span_ns,
                east_s: *east_s,
                log,
            })
        }
        _ => None,
    });
    read.collect()
}

impl Covers<'_> {
    /// Whether it reaches over all of the muted time once its times are moved by so many seconds.
    fn reaches(&self, muted: &Span, later_s: i32) -> bool {
        let later = i128::from(later_s) * 1_000_000_000;
        self.span.is_some_and(|(from, to)| {
            from + later <= i128::from(muted.from.0) && i128::from(muted.to.0) <= to + later
        })
    }

    /// The nearest offset of local time, seconds east of UTC, with which it would reach.
    fn offset_that_fits(&self, muted: &Span) -> Option<i32> {
        let east_s = self.east_s?;
        // Zones lie a quarter of an hour apart, and few of them between whole hours.
        let quarters = (-14 * 4..=14 * 4).map(|quarter| quarter * 900);
        let fitting = quarters.filter(|&other| self.reaches(muted, east_s - other));
        fitting.min_by_key(|other| (other % 3_600 != 0, other.abs_diff(east_s)))
    }
}

/// A log that names nobody: only one that reaches over the muted time says anything by that.
fn silence(log: &str, files: &[Covers], muted: &Span) -> Note {
    match files.first() {
        Some(first) if !files.iter().any(|file| file.reaches(muted, 0)) => Note::LogNotOfThatTime {
            log: first.log.to_owned(),
            span_ns: first.wall_ns,
            utc_offset_s: first.offset_that_fits(muted),
        },
        _ => Note::NotAccessed {
            log: log.to_owned(),
        },
    }
}

/// What of a log was not understood, or guessed.
fn uncertain(body: &Body) -> Vec<Note> {
    let Body::LogRead {
        log,
        undated,
        unread,
        unread_first,
        unread_why,
        ..
    } = body
    else {
        return Vec::new();
    };
    let undated = undated.then(|| Note::LogUndated { log: log.clone() });
    let unread = (*unread > 0).then(|| Note::LogLinesUnread {
        log: log.clone(),
        lines: *unread,
        first: *unread_first,
        why: unread_why.clone(),
    });
    undated.into_iter().chain(unread).collect()
}

#[cfg(test)]
mod tests {
    use record::MonotonicNs;

    use super::*;

    const S: u64 = 1_000_000_000;
    /// 2026-09-03 14:25:00 UTC is second 1000 of the session.
    const BEGAN_NS: u64 = 1_788_445_500 * S;

    fn read(span_s: Option<(i64, i64)>, east_s: Option<i32>) -> Vec<Record> {
        let record = |body| Record {
            t: MonotonicNs(1_000 * S),
            source: Source::MicrophoneLog,
            seq: 0,
            body,
        };
        let wall = |s: i64| BEGAN_NS.saturating_add_signed(s * S as i64);
        vec![
            record(Body::Attached { note: "log".into() }),
            record(Body::LogRead {
                log: "log".into(),
                at_ns: BEGAN_NS,
                span_ns: span_s.map(|(from, to)| (wall(from), wall(to))),
                east_s,
                undated: false,
                unread: 0,
                unread_first: 0,
                unread_why: String::new(),
            }),
        ]
    }

    /// Muted from 74 s to 137 s behind the beginning.
    fn muted() -> Span {
        Span {
            from: MonotonicNs(1_074 * S),
            to: MonotonicNs(1_137 * S),
        }
    }

    #[test]
    fn only_a_log_that_reaches_over_the_muted_time_names_nobody() {
        let names_nobody = |span_s| {
            let notes = logged(&read(span_s, None), &muted());
            assert_eq!(notes.len(), 1);
            matches!(notes[0], Note::NotAccessed { .. })
        };
        assert!(names_nobody(Some((74, 137))));
        assert!(names_nobody(Some((-90_000, 90_000))));
        // Before it, behind it, over a part of it, none at all.
        for span_s in [(-300, 73), (138, 400), (80, 400), (-300, 100), (100, 110)] {
            assert!(!names_nobody(Some(span_s)), "{span_s:?}");
        }
        assert!(!names_nobody(None));
    }

    #[test]
    fn an_offset_is_named_that_would_fit() {
        let fits = |span_s, east_s| match &logged(&read(Some(span_s), east_s), &muted())[..] {
            [Note::LogNotOfThatTime { utc_offset_s, .. }] => *utc_offset_s,
            other => panic!("{other:?}"),
        };
        // From 16:20 to 16:31, taken for UTC.
        assert_eq!(fits((6_900, 7_560), Some(0)), Some(7_200));
        // The same taken for two hours east, and meant as UTC.
        assert_eq!(fits((-7_500, -6_840), Some(7_200)), Some(0));
        // India: half an hour between two whole ones.
        assert_eq!(fits((19_800, 20_000), Some(0)), Some(19_800));
        // Another day, and a log that says its zone itself.
        assert_eq!(fits((-172_800, -172_000), Some(0)), None);
        assert_eq!(fits((6_900, 7_560), None), None);
    }
}
