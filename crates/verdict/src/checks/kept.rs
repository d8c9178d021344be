//! **Asks** whether a redacted bundle still holds the numbers of the blocks that are judged.
//! **Matters** because without them what could be read in its payloads is not bet on: nothing found would
//! be said of less than it seems.
//! **Decides** by the blocks that this version cuts the session into: the numbers of each code's blocks
//! have to be among those that were kept. A leak that was found stands, as sizes and times are there; who receives it may
//! be named otherwise, as names were read from payloads.
//! **Cannot see** whether the numbers themselves were computed well; the version that did so dropped what
//! they came from.

use crate::case::Case;
use crate::note::Note;
use crate::reason::Reason;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let codes = case.trials.not_kept.clone();
    match codes.is_empty() {
        true => Vec::new(),
        false => vec![Reason::NumbersNotKept { codes }],
    }
}

/// A leak's report gives no reasons.
pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let codes = case.trials.not_kept.clone();
    match codes.is_empty() || !case.trials.leak_found() {
        true => Vec::new(),
        false => vec![Note::NumbersNotKept { codes }],
    }
}
