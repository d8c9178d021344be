//! **Asks** whether the muted time was long enough for values that are sent once a minute.
//! **Matters** because telemetry often is.
//! **Decides** nothing: below 20 minutes it is a remark.
//! **Cannot see** how often this app sends.

use crate::case::Case;
use crate::note::Note;

/// Signals sent once a minute need about 20 minutes to be found; shorter runs say so.
const SHORT_RUN_S: f64 = 1_200.0;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let seconds = case.trials.muted_s();
    match seconds > 0.0 && seconds < SHORT_RUN_S {
        true => vec![Note::ShortRun { seconds }],
        false => Vec::new(),
    }
}
