//! Logs in which the device's own system wrote down who had the microphone, laid on the schedule.

use std::fs;

use miclog::{Access, End, Zone};
use record::{Body, Record, Source, Span, T};

use super::align::Clock;
use crate::args::Elsewhere;
use crate::fail::Fail;

/// What the logs say of the time of the schedule; of a log that says nothing of it, that it was read.
pub(super) fn facts(
    args: &Elsewhere,
    records: &[Record],
    clock: &Clock,
) -> Result<Vec<Record>, Fail> {
    let begin = records.first().map_or(T(0), |record| record.t);
    let end = records.iter().map(|r| r.t).max().unwrap_or(begin);
    let whole = Span {
        from: begin,
        to: end,
    };
    let zone = Zone {
        east_s: args.utc_offset,
        near_ns: clock.wall(begin),
    };
    let mut facts = Vec::new();
    for path in &args.mic_log {
        let bytes = fs::read(path).map_err(|e| Fail::file("read", path, &e))?;
        let log = miclog::read(&bytes, &zone)
            .map_err(|e| Fail::text(format!("{}: {e}", path.display())))?;
        let mut fact = |t: T, body: Body| {
            facts.push(Record {
                t,
                source: Source::MicrophoneLog,
                seq: 0,
                body,
            });
        };
        let note = log.format.to_owned();
        fact(begin, Body::Attached { note });
        for Access {
            app,
            began_ns,
            ended,
        } in log.accesses
        {
            let from = clock.t(began_ns);
            let (to, ended) = match ended {
                End::At(ns) => (clock.t(ns), true),
                End::Open => (end, true),
                End::Untold => (from, false),
            };
            let span = Span {
                from: from.max(begin),
                to: to.min(end).max(from.max(begin)),
            };
            if from <= end && to >= begin && (whole.contains(span.from) || span.overlaps(&whole)) {
                let log = log.format.to_owned();
                fact(
                    span.from,
                    Body::Accessed {
                        log,
                        app,
                        span,
                        ended,
                    },
                );
            }
        }
    }
    Ok(facts)
}
