//! **Asks** whether what was lost follows the sound, and whether it could explain what was found.
//! **Matters** because dropping busy loud blocks makes honest traffic look guilty (48 % accused in
//! a simulation), and could as well hide a leak.
//! **Decides** by testing the losses themselves (W of 1,000), and by betting again with each lost
//! block charged the worst bet: only a leak that survives that is called one.
//! **Cannot see** a loss that nobody noticed.

use record::Phase;

use crate::Reason;
use crate::case::Case;

pub(crate) fn ask(case: &Case) -> Vec<Reason> {
    match case.loss.crossed() {
        true => vec![Reason::LossFollowsSound {
            evidence: case.loss.w_max(),
        }],
        false => Vec::new(),
    }
}

pub(crate) fn explains(case: &Case) -> Vec<Reason> {
    match case.muted.crossed() && !case.leak_found() {
        true => {
            let of = case.blocks(Phase::Muted).len() as u32;
            vec![Reason::LostBlocks {
                blocks: case.lost_blocks(),
                of,
            }]
        }
        false => Vec::new(),
    }
}
