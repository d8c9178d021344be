//! What a person said of the mute, where the app cannot be asked.
//!
//! Their word stands for the whole time between the key press at the mute and the last question. What
//! they took back is given up: it counts as lost, like anything that was not seen.

use record::{Body, MonotonicNs, Record, Span, Word};

use crate::segmentation::Segmentation;
use crate::session::Session;

/// A slip is told from memory: so much around it is given up as well.
const AROUND_NS: i64 = 3_000_000_000;

const SECOND_NS: i64 = 1_000_000_000;

/// When the person pressed Enter at the mute, the last time before the muted phase was judged.
fn muted_at(records: &[Record]) -> Option<MonotonicNs> {
    let mut asked = false;
    let mut at = None;
    for record in records {
        match &record.body {
            Body::Asked { part, .. } => asked = part == "mute" || part == "muted",
            Body::PersonSaid { word: Word::Done } if asked => {
                (at, asked) = (Some(record.t), false);
            }
            _ => {}
        }
    }
    at
}

/// Stretches that the person took back, those around them included, in no order.
pub fn given_up(session: &Session) -> Vec<Span> {
    // What was heard lately may leave in the next block.
    let block_ns = i64::try_from(session.manifest.protocol.block_ns).unwrap_or(i64::MAX / 4);
    let around = |from: MonotonicNs, to: MonotonicNs| Span {
        from: from.offset(-AROUND_NS),
        to: to.offset(AROUND_NS.saturating_add(block_ns.saturating_mul(2))),
    };
    let mut spans = Vec::new();
    for record in session.records {
        match record.body {
            Body::PersonSaid {
                word: Word::Slipped { seconds },
            } => {
                let from = record.t.offset(-i64::from(seconds) * SECOND_NS);
                spans.push(around(from, record.t));
            }
            Body::PersonSaid {
                word: Word::Late { seconds },
            } => {
                if let Some(from) = muted_at(session.records) {
                    spans.push(around(from, from.offset(i64::from(seconds) * SECOND_NS)));
                }
            }
            _ => {}
        }
    }
    spans
}

/// Per block, whether it was muted by the person's word; `None` where nobody was asked that.
pub(crate) fn mute_confirmed(
    session: &Session,
    segmentation: &Segmentation,
) -> Option<Vec<Option<bool>>> {
    let at = muted_at(session.records)?;
    let last = session.records.iter().rev().find_map(|r| match r.body {
        Body::PersonSaid {
            word: word @ (Word::Kept | Word::Late { .. } | Word::NotKept),
        } => Some((r.t, word)),
        _ => None,
    });
    let given_up = given_up(session);
    let confirmed = |span: &Span| match last {
        _ if given_up.iter().any(|gone| gone.overlaps(span)) => Some(false),
        Some((to, Word::Kept | Word::Late { .. })) if at <= span.from && span.to <= to => {
            Some(true)
        }
        Some((_, Word::NotKept)) => Some(false),
        _ => None,
    };
    Some(
        segmentation
            .blocks
            .iter()
            .map(|b| confirmed(&b.span))
            .collect(),
    )
}
