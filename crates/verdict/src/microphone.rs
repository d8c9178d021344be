//! Whether the microphone was open while muted, and who read it.

use features::{Block, Microphone, Session};
use record::{Body, Phase, Span};

use crate::model::ReadBy;
use crate::table::Table;
use crate::trials::Trials;
use crate::verdict::MicrophoneStatus;

/// The microphone's lamp: the least reassuring state during any muted block, by the sound server's
/// view and by the calls that were traced.
pub(crate) fn lamp(trials: &Trials) -> MicrophoneStatus {
    let by_calls = reads(trials).is_some_and(|reads| !reads.is_empty());
    match by_calls {
        true => MicrophoneStatus::StillRead,
        false => lamp_by_server(trials),
    }
}

/// Whether a sound server's record streams were watched at all.
pub(crate) fn doors_watched(session: &Session) -> bool {
    let streams = |body: &Body| matches!(body, Body::Streams { .. });
    session.records.iter().any(|record| streams(&record.body))
}

/// All muted time, from the first block's start to the last one's end; nothing without blocks.
pub(crate) fn muted_span(trials: &Trials) -> Option<Span> {
    let muted = |t: &Table| t.segmentation.blocks[t.blocks(Phase::Muted)].to_vec();
    let blocks: Vec<Block> = trials.stretches().flat_map(muted).collect();
    let (first, last) = (blocks.first()?, blocks.last()?);
    Some(Span {
        from: first.span.from,
        to: last.span.to,
    })
}

pub(crate) fn lamp_by_server(trials: &Trials) -> MicrophoneStatus {
    let rank = |lamp: &MicrophoneStatus| match lamp {
        MicrophoneStatus::StillRead => 4,
        MicrophoneStatus::OpenRunning => 3,
        MicrophoneStatus::Unknown => 2,
        MicrophoneStatus::OpenNotRunning => 1,
        MicrophoneStatus::Closed => 0,
    };
    let Some(span) = muted_span(trials) else {
        return MicrophoneStatus::Unknown;
    };
    let states = trials
        .features
        .microphone
        .iter()
        .filter(|state| state.span.overlaps(&span));
    states
        .map(|s| lamp_of(s.state))
        .max_by_key(rank)
        .unwrap_or(MicrophoneStatus::Unknown)
}

/// Who read the microphone while muted; nothing where calls were not traced throughout.
pub(crate) fn reads(trials: &Trials) -> Option<Vec<ReadBy>> {
    let (reads, span) = (trials.features.reads.as_ref()?, muted_span(trials)?);
    let within = reads.within(&span);
    // A read that was seen counts however short the watch; that there was none takes a whole one.
    if within.is_empty() && !reads.traced(&span) {
        return None;
    }
    let seconds = span.seconds().max(1e-9);
    let mut by: Vec<ReadBy> = within
        .into_iter()
        .map(|(reader, (calls, bytes))| ReadBy {
            command: reader.command,
            door: reader.door,
            calls_per_s: calls as f64 / seconds,
            bytes_per_s: bytes as f64 / seconds,
        })
        .collect();
    by.sort_by(|a, b| b.calls_per_s.total_cmp(&a.calls_per_s));
    Some(by)
}

pub(crate) fn lamp_of(state: Microphone) -> MicrophoneStatus {
    match state {
        Microphone::Closed => MicrophoneStatus::Closed,
        Microphone::OpenNotRunning => MicrophoneStatus::OpenNotRunning,
        Microphone::OpenRunning => MicrophoneStatus::OpenRunning,
        Microphone::Unknown => MicrophoneStatus::Unknown,
    }
}
