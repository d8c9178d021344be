//! Whether anybody had the microphone open, over time.

use record::{Body, RecordStream, Source, Span};

use crate::model::{MicState, Microphone};
use crate::session::Session;

/// State from the first to the last record, without holes or overlaps.
pub(crate) fn microphone(session: &Session) -> Vec<MicState> {
    let Some(first) = session.records.iter().map(|r| r.t).min() else {
        return Vec::new();
    };
    let last = session.records.iter().map(|r| r.t).max().unwrap_or(first);
    let mut changes = vec![(first, Microphone::Unknown, Vec::new())];
    let mut gaps = Vec::new();
    for record in session
        .records
        .iter()
        .filter(|r| r.source == Source::Streams)
    {
        match &record.body {
            Body::Streams { streams } => changes.push((record.t, state(streams), who(streams))),
            Body::Detached { .. } => changes.push((record.t, Microphone::Unknown, Vec::new())),
            Body::Gap { span, .. } => gaps.push(*span),
            _ => {}
        }
    }
    changes.sort_by_key(|(t, ..)| *t);
    gaps.sort_by_key(|gap: &Span| gap.from);
    let ends = changes
        .iter()
        .skip(1)
        .map(|(t, ..)| *t)
        .chain([last])
        .collect::<Vec<_>>();
    let mut out = Vec::new();
    for ((from, state, who), to) in changes.into_iter().zip(ends) {
        let whole = MicState {
            span: Span { from, to },
            state,
            who,
        };
        cut_out(whole, &gaps, &mut out);
    }
    out
}

/// Adds `whole` to `out`, but as unknown wherever one of `gaps` (by their beginnings) lies.
fn cut_out(whole: MicState, gaps: &[Span], out: &mut Vec<MicState>) {
    let Span { mut from, to } = whole.span;
    for gap in gaps.iter().filter(|gap| gap.overlaps(&whole.span)) {
        let known = Span {
            from,
            to: gap.from.max(from),
        };
        let lost = Span {
            from: known.to,
            to: gap.to.min(to).max(known.to),
        };
        push(
            MicState {
                span: known,
                ..whole.clone()
            },
            out,
        );
        push(
            MicState {
                span: lost,
                state: Microphone::Unknown,
                who: Vec::new(),
            },
            out,
        );
        from = lost.to;
    }
    push(
        MicState {
            span: Span { from, to },
            ..whole
        },
        out,
    );
}

/// Adds a state; an equal one before it is made longer instead.
fn push(state: MicState, out: &mut Vec<MicState>) {
    if state.span.len_ns() == 0 {
        return;
    }
    match out.last_mut() {
        Some(before) if (before.state, &before.who) == (state.state, &state.who) => {
            before.span.to = state.span.to;
        }
        _ => out.push(state),
    }
}

fn state(streams: &[RecordStream]) -> Microphone {
    if streams.is_empty() {
        Microphone::Closed
    } else if streams.iter().all(|stream| stream.corked || stream.muted) {
        Microphone::OpenNotRunning
    } else {
        Microphone::OpenRunning
    }
}

fn who(streams: &[RecordStream]) -> Vec<String> {
    let mut who: Vec<String> = streams.iter().map(|s| s.application.clone()).collect();
    who.sort();
    who.dedup();
    who
}
