//! **Asks** whether the app itself said that it was muted, in every muted block; where a person drives
//! the app, whether they said so.
//! **Matters** because an app that was never muted may send what it likes.
//! **Decides** by the app's own answers, never by audio or traffic: else a mute that does not mute
//! could not be found out. Blocks that a person took back count as lost (see the check of losses), as
//! long as most were not.
//! **Cannot see** whether the app says the truth; that is the leak's question.

use record::Phase;

use crate::case::Case;
use crate::reason::Reason;

/// At most this share of the blocks may be taken back.
const GIVEN_UP_MAX: f64 = 0.25;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let (mut without, mut given_up, mut of) = (0, 0, 0);
    let gone = features::given_up(case.trials.session);
    for table in case.trials.stretches() {
        let blocks = table.blocks(Phase::Muted);
        of += blocks.len() as u32;
        let confirmed = |k: &usize| table.features.mute_confirmed.get(*k) == Some(&Some(true));
        for k in blocks.filter(|k| !confirmed(k)) {
            let block = table.segmentation.blocks.get(k);
            match block.is_some_and(|b| gone.iter().any(|gone| gone.overlaps(&b.span))) {
                true => given_up += 1,
                false => without += 1,
            }
        }
    }
    if f64::from(given_up) > GIVEN_UP_MAX * f64::from(of) {
        without += given_up;
    }
    match without {
        0 => Vec::new(),
        blocks => vec![Reason::MuteNotConfirmed { blocks, of }],
    }
}
