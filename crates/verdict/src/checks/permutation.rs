//! **Asks** whether an order that was never played would have fitted as well.
//! **Matters** because the bets and an exact test of another kind should say the same.
//! **Decides** nothing: where the two disagree, it is a remark.
//! **Cannot see** anything where the run's length was chosen by looking; then it is not asked.

use crate::case::Case;
use crate::note::Note;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    match &case.permutation {
        Some(test) if !test.agrees => vec![Note::SecondOpinionDiffers],
        _ => Vec::new(),
    }
}
