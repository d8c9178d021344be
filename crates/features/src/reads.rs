//! Calls that read the microphone, as far as they were traced.

use record::{Body, MonotonicNs, Source, Span};

use crate::model::{Group, Kind, Missing, Reader, Reads, Series};
use crate::segmentation::Segmentation;
use crate::session::Session;
use crate::watch::Watch;

/// Nothing where no call was ever traced.
pub(crate) fn reads(session: &Session) -> Option<Reads> {
    let mut reads = Reads::default();
    let mut since: Option<MonotonicNs> = None;
    for record in session.records.iter().filter(|r| r.source == Source::Reads) {
        match &record.body {
            // What was attached to before that line is a library; from it on every call is seen.
            Body::Attached { note } if note.starts_with("watching ") => {
                since = since.or(Some(record.t));
            }
            Body::Detached { .. } => {
                let from = since.take();
                reads
                    .traced
                    .extend(from.map(|from| Span { from, to: record.t }));
            }
            Body::Reads {
                door,
                command,
                calls,
                bytes,
                ..
            } => {
                let (command, door) = (command.clone(), door.clone());
                reads
                    .calls
                    .push((record.t, Reader { command, door }, *calls, *bytes));
            }
            _ => {}
        }
    }
    // Still traced at the end of what is known.
    let to = MonotonicNs(u64::MAX);
    reads.traced.extend(since.map(|from| Span { from, to }));
    reads.calls.sort_by_key(|(t, ..)| *t);
    (!reads.traced.is_empty()).then_some(reads)
}

/// Calls and bytes of each block. They say that an app listens, never that it tells.
pub(crate) fn series(session: &Session, segmentation: &Segmentation, watch: &Watch) -> Vec<Series> {
    let Some(reads) = reads(session) else {
        return Vec::new();
    };
    let per_block: Vec<Result<(u64, u64), Missing>> = segmentation
        .blocks
        .iter()
        .map(|block| {
            if watch.lost(Source::Reads, &block.span) {
                return Err(Missing::Lost);
            }
            if !reads.traced(&block.span) {
                return Err(Missing::NotWatched);
            }
            let from = reads.calls.partition_point(|(t, ..)| *t < block.span.from);
            let to = reads.calls.partition_point(|(t, ..)| *t < block.span.to);
            let here = &reads.calls[from..to];
            let calls = here.iter().map(|(.., calls, _)| u64::from(*calls)).sum();
            Ok((calls, here.iter().map(|(.., bytes)| bytes).sum()))
        })
        .collect();
    let series = |name: &str, unit: &'static str, value: fn(&(u64, u64)) -> u64| Series {
        name: format!("microphone {name}"),
        unit: unit.into(),
        group: Group::MicStreams,
        flow: None,
        kind: Kind::Number,
        weight: 1.0,
        field: false,
        values: per_block
            .iter()
            .map(|block| block.as_ref().map(|b| value(b) as f64).map_err(|e| *e))
            .collect(),
    };
    vec![
        series("reads", "1", |block| block.0),
        series("bytes read", "B", |block| block.1),
    ]
}
