//! The cycles of mute and unmute, as their blocks and the app's own word have them.

use record::{Body, MonotonicNs, Span};

use crate::mute::MUTE_SAID_BEFORE_NS;
use crate::segmentation::{Block, Segmentation};
use crate::session::Session;

/// A cycle of mute and unmute that began muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cycle {
    /// Its place among all cycles.
    pub index: u32,
    /// While the sound plays, right after a mute.
    pub after_mute: Span,
    /// From then on: the unmute, and all until the next cycle.
    pub after_unmute: Span,
    /// Whether the app was muted all through the sound, and unmuted afterwards, by its own word. That
    /// may depend on what it heard, so a cycle in which it was not is lost, not left out.
    pub in_step: bool,
}

impl Segmentation {
    /// The cycles of mute and unmute, if these blocks are theirs: those that began muted, as the app
    /// itself had said before their sound.
    pub fn cycles(&self, session: &Session) -> Vec<Cycle> {
        let Some(transitions) = session.manifest.protocol.transitions else {
            return Vec::new();
        };
        let (every, sound) = (transitions.every.max(1), transitions.sound.max(1));
        let cycles = self.blocks.chunks_exact(every as usize).zip(0..);
        let cycle = |(blocks, index): (&[Block], u32)| {
            let turn = blocks[sound.min(every - 1) as usize].span.from;
            let to = blocks[blocks.len() - 1].span.to;
            let from = blocks[0].span.from;
            cycle(session, index, [from, turn, to])
        };
        cycles.filter_map(cycle).collect()
    }
}

/// The cycle from the first to the last of three moments, whose sound ends at the middle one; nothing if
/// it did not begin muted, by the app's own word.
fn cycle(session: &Session, index: u32, [from, turn, to]: [MonotonicNs; 3]) -> Option<Cycle> {
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
