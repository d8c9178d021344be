use miclog::{Access, End, Zone};
use record::{Body, MonotonicNs, Record, Source, Span};

use crate::clock::{Clock, whole};
use crate::error::ImportError;
use crate::options::Options;

/// Bytes of a microphone's log: years of one.
pub const LOG_MAX: u64 = 256 << 20;

/// What the logs say of the time of the schedule; of a log that says nothing of it, that it was read.
pub(crate) fn facts(
    options: &Options,
    records: &[Record],
    clock: &Clock,
) -> Result<Vec<Record>, ImportError> {
    let whole = whole(records);
    let Span {
        from: begin,
        to: end,
    } = whole;
    let zone = Zone {
        east_s: options.utc_offset_s,
        near_ns: clock.wall(begin),
        taken_ns: options.mic_log_taken.and_then(unix_ns),
    };
    let mut facts = Vec::new();
    for path in &options.mic_logs {
        let bytes = files::read(path, LOG_MAX).map_err(|source| ImportError::Read {
            path: path.clone(),
            source,
        })?;
        let log = miclog::read(&bytes, &zone).map_err(|source| ImportError::MicLog {
            path: path.clone(),
            source,
        })?;
        let mut fact = |t: MonotonicNs, body: Body| {
            facts.push(Record {
                t,
                source: Source::MicrophoneLog,
                seq: 0,
                body,
            });
        };
        let note = log.format.to_owned();
        fact(begin, Body::Attached { note });
        let read = Body::LogRead {
            log: log.format.to_owned(),
            at_ns: clock.wall(begin),
            span_ns: log.span,
            east_s: log.is_local.then_some(zone.east_s),
            undated: log.is_undated,
            unread: log
                .unread
                .as_ref()
                .map_or(0, |unread| whole_u32(unread.lines)),
            unread_first: log
                .unread
                .as_ref()
                .map_or(0, |unread| whole_u32(unread.first as u64)),
            unread_why: log.unread.map_or(String::new(), |unread| unread.why),
        };
        fact(begin, read);
        for Access {
            app,
            began_ns,
            ended,
        } in log.accesses
        {
            let from = clock.t(began_ns);
            let (to, ended) = match ended {
                End::At(ns) => (clock.t(ns), true),
                // How long it went on after the log was taken, nobody wrote down.
                End::Open => (log.taken_ns.map_or(end, |ns| clock.t(ns)), true),
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

fn unix_ns(at: jiff::Timestamp) -> Option<u64> {
    u64::try_from(at.as_nanosecond()).ok()
}

fn whole_u32(n: u64) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
