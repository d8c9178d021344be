//! **Asks** whether the traffic follows a second, inaudible schedule that only the harness knows.
//! **Matters** because then the harness itself (CPU, disk, a shared server) talks across, and what
//! looks like a leak may be its echo.
//! **Decides** at W of 1,000; from 20 on it is a note.
//! **Cannot see** cross-talk that only the audible player makes.

use crate::Reason;
use crate::case::Case;

pub(crate) fn ask(case: &Case) -> Vec<Reason> {
    match case.sham.crossed() {
        true => vec![Reason::ShamFires {
            evidence: case.sham.w_max(),
        }],
        false => Vec::new(),
    }
}
