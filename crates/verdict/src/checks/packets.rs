//! **Asks** whether packets were watched in every block.
//! **Matters** because what nobody watched may have held the leak.
//! **Decides** on a single block without; losses that were noticed are the loss check's matter, but for so many
//! that most of the muted time was not seen, or too few blocks for any decision: what is judged then is the
//! rest, and whoever makes the loss chooses which.
//! **Cannot see** ways out that are no packets of the app's network namespace.

use features::Group;
use record::{Body, Phase};

use crate::case::Case;
use crate::error_rates::MIN_BLOCKS;
use crate::reason::Reason;
use crate::table::Table;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let unwatched = |table: &Table| {
        let features = &table.features;
        let losses = || features.series.iter().filter(|s| s.group == Group::Loss);
        let lost =
            |k: usize| losses().any(|s| matches!(s.values.get(k), Some(Ok(lost)) if *lost > 0.0));
        (0..table.segmentation.blocks.len())
            .any(|k| features.packets_out.get(k) == Some(&None) && !lost(k))
    };
    // A table that stands in the place of packets says so by itself.
    let mut records = case.trials.session.records.iter();
    let table = records.any(|r| matches!(r.body, Body::Row { .. }));
    match !table && case.trials.stretches().any(unwatched) {
        true => vec![Reason::PacketsNotWatched],
        false => too_little(case, table).into_iter().collect(),
    }
}

fn too_little(case: &Case, table: bool) -> Option<Reason> {
    let (blocks, of) = (
        case.trials.blocks_seen(),
        case.trials.blocks(Phase::Muted).len(),
    );
    let few = blocks < MIN_BLOCKS as usize || 2 * blocks < of;
    (!table && few && blocks < of).then_some(Reason::TooLittleSeen {
        blocks: blocks as u32,
        of: of as u32,
    })
}
