//! All features of a session's blocks, put together.

use std::collections::HashSet;

use record::{MonotonicNs, Phase, Source, Span};

use crate::flows::Traffic;
use crate::levels::Track;
use crate::model::{Features, Missing, Unread};
use crate::other_frames::other_frames;
use crate::reading::{Path, Readings};
use crate::segmentation::{Block, Segmentation};
use crate::session::Session;
use crate::tally::{Tally, tallies};
use crate::trace::{Direction, Trace};
use crate::watch::Watch;
use crate::{encoder, fields, headers, microphone, mute, reads, series, windows};

/// Computes all features of the blocks of `segmentation`. The readings are of the same session;
/// they do not depend on the segmentation, and are worth keeping for the next one.
pub fn features(trace: &Trace, readings: &Readings, segmentation: &Segmentation) -> Features {
    let session = trace.session();
    let watch = Watch::new(session);
    let traffic = Traffic::new(trace, readings, segmentation);
    let tallies = tallies(&traffic, segmentation);
    let microphone = microphone::microphone(session);
    let peer = Track::new(session.records, Source::Peer);
    let mic = Track::new(session.records, Source::Mic);
    let level = |track: &Track, source, span: &Span| match watch.lost(source, span) {
        true => Err(Missing::Lost),
        false => track.over(span),
    };
    let guard_ns = session.manifest.protocol.guard_ns as i64;
    let heard: Vec<_> = segmentation
        .blocks
        .iter()
        .map(|b| level(&mic, Source::Mic, &played_alone(&b.span, guard_ns)).ok())
        .collect();
    let peer: Vec<_> = segmentation
        .blocks
        .iter()
        .map(|b| level(&peer, Source::Peer, &b.span))
        .collect();
    let packets: Vec<Result<(), Missing>> = segmentation
        .blocks
        .iter()
        .map(|b| watch.packets(&b.span))
        .collect();
    let mut series = series::egress(&traffic, &tallies, &packets);
    series.extend(series::ingress(&traffic, &packets));
    series.extend(series::peer_output(&peer));
    series.extend(encoder::series(session, segmentation, &watch));
    series.extend(series::mic_streams(&microphone, segmentation));
    series.extend(reads::series(session, segmentation, &watch));
    series.extend(windows::series(session, segmentation));
    series.extend(series::loss(&watch, segmentation));
    let (other, other_frame_bytes) = other_frames(trace, segmentation, &packets);
    series.extend(other);
    series.retain(series::varies);
    let told_by = |source| -> Vec<Result<(), Missing>> {
        let blocks = segmentation.blocks.iter();
        let lost = blocks.map(|b| watch.lost(source, &b.span));
        lost.map(|lost| if lost { Err(Missing::Lost) } else { Ok(()) })
            .collect()
    };
    let watched = fields::Watched {
        packets: &packets,
        plaintext: &told_by(Source::Plaintext),
        requests: &told_by(Source::Sink),
    };
    series.extend(fields::fields(&traffic, readings, segmentation, &watched));
    series.extend(fields::tapped(&traffic, readings, segmentation, &watched));
    let per_block = |value: fn(&Tally) -> f64| {
        let all = tallies.all.iter().zip(&packets);
        all.map(|(tally, watched)| watched.ok().map(|()| value(tally)))
            .collect()
    };
    Features {
        series,
        microphone,
        reads: reads::reads(session),
        heard_dbfs: heard
            .iter()
            .map(|level| level.map(|l| l.rms_dbfs))
            .collect(),
        peer_dbfs: peer
            .iter()
            .map(|level| level.ok().map(|l| l.rms_dbfs))
            .collect(),
        packets_out: per_block(|t| t.packets as f64),
        bytes_out: per_block(|t| t.bytes as f64),
        mute_confirmed: mute::mute_confirmed(session, segmentation),
        n_fields_left_out: readings.n_left_out,
        n_messages_limited: readings.n_limited,
        n_malformed: traffic.n_malformed,
        n_unattributed: traffic.n_unattributed,
        unread: Unread {
            header_bits: unread_headers(readings, segmentation),
            other_frame_bytes,
            after_end_bytes: after_end(trace, readings, segmentation),
        },
        flows: traffic.flows,
    }
}

/// Bits of header fields in muted blocks that are in no series.
fn unread_headers(readings: &Readings, segmentation: &Segmentation) -> u64 {
    let muted = |t: MonotonicNs| {
        let mut blocks = segmentation.blocks.iter();
        blocks.any(|block| block.phase == Phase::Muted && block.span.contains(t))
    };
    readings.headers_unread.count(muted) * headers::UNREAD_BITS
}

/// Payload bytes that left after the last muted block and were not read, or only at paths that no block has
/// seen: what was heard may be told later, once, and then no bet is on it.
fn after_end(trace: &Trace, readings: &Readings, segmentation: &Segmentation) -> u64 {
    let Some(end) = segmentation.blocks.last().map(|block| block.span.to) else {
        return 0;
    };
    let late = |path: &&Path| path.values.first().is_some_and(|(t, _)| *t >= end);
    let late = readings.paths.iter().filter(late);
    let late: HashSet<MonotonicNs> = late
        .flat_map(|path| &path.values)
        .map(|(t, _)| *t)
        .collect();
    let packets = trace.session().packets;
    let mut unread = 0;
    trace.datagrams_of(packets.first_at(end)..packets.len(), &mut |sent| {
        if sent.direction == Direction::In {
            return;
        }
        let all = (sent.payload.len() + sent.cut_off) as u64;
        let read = readings.clear.of(sent.packet);
        let read = read.max(readings.tapped.of(sent.packet));
        unread += match late.contains(&sent.t) {
            true => all,
            false => all.saturating_sub(u64::from(read)),
        };
    });
    unread
}

/// Levels at the microphone while each block's own sound was heard, hop by hop, dBFS RMS; `None` where
/// the recorder had a hole.
pub fn heard_levels(session: &Session, segmentation: &Segmentation) -> Vec<Option<Vec<f64>>> {
    let watch = Watch::new(session);
    let mic = Track::new(session.records, Source::Mic);
    let guard_ns = session.manifest.protocol.guard_ns as i64;
    let levels = |block: &Block| {
        let span = played_alone(&block.span, guard_ns);
        let whole = !watch.lost(Source::Mic, &span) && mic.over(&span).is_ok();
        whole.then(|| mic.hops(span).map(|(.., level)| f64::from(level)).collect())
    };
    segmentation.blocks.iter().map(levels).collect()
}

/// The part of a block's window in which only its own symbol is heard: what lags behind an edge is
/// given to the block before it, so a window ends a guard after the next edge.
pub(crate) fn played_alone(span: &Span, guard_ns: i64) -> Span {
    Span {
        from: span.from,
        to: span.to.offset(-guard_ns).max(span.from),
    }
}
