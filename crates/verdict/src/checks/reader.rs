//! **Asks** what the reader of the bundle has to remark.
//! **Matters** because a log or a packet file that was cut off, or contents that were dropped, belong
//! beside the verdict.
//! **Decides** nothing: it is a remark.
//! **Cannot see** what the reader did not notice.

use crate::case::Case;
use crate::note::Note;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    case.options.notes.clone()
}
