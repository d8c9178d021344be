//! Stretches in which something else than the sound was drawn by a coin, cut into blocks.

use record::{Body, Code, MonotonicNs, Phase, Span};

use crate::segmentation::{Block, Segmentation};
use crate::session::Session;

/// The blocks of a stretch, and whether what their coin says was done in each.
///
/// They are cut where the session began to do it, at moments that do not depend on the coins. Whether it could be
/// done may depend on them, so a block in which it could not is lost, not left out.
pub fn attended(session: &Session, code: Code) -> (Segmentation, Vec<bool>) {
    let protocol = &session.manifest.protocol;
    let stretch = protocol.attention.iter().find(|s| s.code == code);
    let Some(stretch) = stretch.filter(|_| code.is_attention()) else {
        return Default::default();
    };
    let len_ns = protocol.block_ns.saturating_mul(stretch.every.into());
    let last = session.records.iter().map(|r| r.t).max();
    let last = last.unwrap_or_default();
    let mut blocks = Vec::new();
    let mut done = Vec::new();
    for phase in [Phase::Control, Phase::Muted] {
        let began: Vec<(MonotonicNs, u32, bool)> = session
            .records
            .iter()
            .filter_map(|r| match &r.body {
                Body::Attended {
                    phase: p,
                    code: c,
                    block,
                    failed,
                } if (*p, *c) == (phase, code) && *block < stretch.blocks => {
                    Some((r.t, *block, failed.is_none()))
                }
                _ => None,
            })
            .collect();
        for (k, (from, index, is_done)) in began.iter().enumerate() {
            let whole = MonotonicNs(from.0.saturating_add(len_ns));
            let to = began
                .get(k + 1)
                .map_or(whole, |(next, ..)| whole.min(*next));
            // A damaged log may have them in any order, or twice.
            let in_order = k == 0 || began[k - 1].1 < *index && began[k - 1].0 < *from;
            if to > last || !in_order {
                break;
            }
            blocks.push(Block {
                phase,
                index: *index,
                span: Span { from: *from, to },
            });
            done.push(*is_done);
        }
    }
    let segmentation = Segmentation {
        blocks,
        ..Segmentation::default()
    };
    (segmentation, done)
}
