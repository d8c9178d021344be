//! **Asks** whether packets were watched in every block.
//! **Matters** because what nobody watched may have held the leak.
//! **Decides** on a single block without; losses that were noticed are the loss check's matter.
//! **Cannot see** ways out that are no packets of the app's network namespace.

use features::Group;

use crate::Reason;
use crate::case::Case;

pub(crate) fn ask(case: &Case) -> Vec<Reason> {
    let lost = |k: usize| {
        let losses = case
            .features
            .series
            .iter()
            .filter(|s| s.group == Group::Loss);
        losses
            .into_iter()
            .any(|s| matches!(s.values.get(k), Some(Ok(lost)) if *lost > 0.0))
    };
    let unwatched = |k: usize| case.features.packets_out.get(k) == Some(&None) && !lost(k);
    match (0..case.cut.blocks.len()).any(unwatched) {
        true => vec![Reason::PacketsNotWatched],
        false => Vec::new(),
    }
}
