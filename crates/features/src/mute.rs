//! What the app said of its mute, block by block; where it cannot be asked, what the person said.

use record::{Body, MonotonicNs};

use crate::person;
use crate::segmentation::Segmentation;
use crate::session::Session;

/// How long before a block an answer about mute still counts for its start.
pub(crate) const MUTE_SAID_BEFORE_NS: i64 = 2_000_000_000;

/// Per block, what the app said of its mute: within the block, and last before it.
pub(crate) fn mute_confirmed(session: &Session, segmentation: &Segmentation) -> Vec<Option<bool>> {
    let mut said: Vec<(MonotonicNs, Option<bool>)> = session
        .records
        .iter()
        .filter_map(|record| match record.body {
            Body::MuteSaid { muted, .. } => Some((record.t, muted)),
            _ => None,
        })
        .collect();
    if said.is_empty()
        && let Some(confirmed) = person::mute_confirmed(session, segmentation)
    {
        return confirmed;
    }
    said.sort_by_key(|(t, _)| *t);
    segmentation
        .blocks
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
