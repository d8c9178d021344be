use record::{Body, RecordStream, Source, Span, T};
use serde::{Deserialize, Serialize};

use crate::{Cut, Cycle, Session, person};

/// Whether anybody had the microphone open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Microphone {
    /// No record stream.
    Closed,
    /// Record streams, all of them paused or muted at the server: they were handed nothing.
    OpenNotRunning,
    /// A record stream was running. Whether what it was handed was read, this cannot say.
    OpenRunning,
    /// Nobody watched, or something was lost.
    Unknown,
}

/// State of the microphone over a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MicState {
    /// When.
    pub span: Span,
    /// Which state.
    pub state: Microphone,
    /// Who had it open, as claimed by the clients; sorted, each once.
    pub who: Vec<String>,
}

/// How long before a block an answer about mute still counts for its start.
const MUTE_SAID_BEFORE_NS: i64 = 2_000_000_000;

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

/// Per block, what the app said of its mute: within the block, and last before it.
pub(crate) fn mute_confirmed(session: &Session, cut: &Cut) -> Vec<Option<bool>> {
    let mut said: Vec<(T, Option<bool>)> = session
        .records
        .iter()
        .filter_map(|record| match record.body {
            Body::MuteSaid { muted, .. } => Some((record.t, muted)),
            _ => None,
        })
        .collect();
    if said.is_empty()
        && let Some(confirmed) = person::mute_confirmed(session, cut)
    {
        return confirmed;
    }
    said.sort_by_key(|(t, _)| *t);
    cut.blocks
        .iter()
        .map(|block| {
            let inside = said.partition_point(|(t, _)| *t < block.span.from);
            let end = said.partition_point(|(t, _)| *t < block.span.to);
            let oldest = block.span.from.offset(-MUTE_SAID_BEFORE_NS);
            let start = match inside.checked_sub(1) {
                Some(before) if said[before].0 >= oldest => before,
                _ => inside,
            };
            let answers = &said[start..end];
            if answers.iter().any(|(_, muted)| *muted == Some(false)) {
                Some(false)
            } else if answers.is_empty() || answers.iter().any(|(_, muted)| muted.is_none()) {
                None
            } else {
                Some(true)
            }
        })
        .collect()
}

/// The cycle from the first to the last of three moments, whose sound ends at the middle one; nothing if
/// it did not begin muted, by the app's own word.
pub(crate) fn cycle(session: &Session, index: u32, [from, turn, to]: [T; 3]) -> Option<Cycle> {
    let guard_ns = session.manifest.protocol.guard_ns as i64;
    // The sound is heard a guard before its window begins.
    let began = from.offset(-guard_ns);
    let said = |from, to| {
        let span = Span { from, to };
        session.records.iter().filter_map(move |r| match r.body {
            Body::MuteSaid { muted, .. } if span.contains(r.t) => Some(muted),
            _ => None,
        })
    };
    let before = said(began.offset(-MUTE_SAID_BEFORE_NS), began).next_back();
    let muted = said(began, turn.offset(-guard_ns)).all(|muted| muted == Some(true));
    let unmuted = said(turn, to).any(|muted| muted == Some(false));
    (before == Some(Some(true))).then_some(Cycle {
        index,
        after_mute: Span { from, to: turn },
        after_unmute: Span { from: turn, to },
        in_step: muted && unmuted,
    })
}
