//! **Asks** whether what was lost follows the sound, and whether it could explain what was found.
//! **Matters** because dropping busy loud blocks makes honest traffic look guilty (48 % accused in
//! a simulation), and could as well hide a leak.
//! **Decides** by testing the losses themselves (W of 1,000), and by betting again with each lost
//! block charged the worst bet: only a leak that survives that is called one.
//! **Cannot see** a loss that nobody noticed.

use record::Phase;

use crate::case::Case;
use crate::reason::Reason;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    match case.trials.loss.crossed() {
        true => vec![Reason::LossFollowsSound {
            evidence: case.trials.loss.w_max(),
        }],
        false => Vec::new(),
    }
}

pub(crate) fn explains(case: &Case) -> Vec<Reason> {
    match case.trials.muted.crossed() && !case.trials.leak_found() {
        true => {
            let of = case.trials.blocks(Phase::Muted).len() as u32;
            vec![Reason::LostBlocks {
                blocks: case.trials.lost_blocks(),
                of,
            }]
        }
        false => Vec::new(),
    }
}
