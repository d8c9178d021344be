//! **Asks** whether packets were watched in every block.
//! **Matters** because what nobody watched may have held the leak.
//! **Decides** on a single block without; losses that were noticed are the loss check's matter.
//! **Cannot see** ways out that are no packets of the app's network namespace.

use features::Group;
use record::Body;

use crate::case::Case;
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
        false => Vec::new(),
    }
}
