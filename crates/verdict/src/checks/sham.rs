//! **Asks** whether the traffic follows a second, inaudible schedule that only the harness knows.
//! **Matters** because then the harness itself (CPU, disk, a shared server) talks across, and what
//! looks like a leak may be its echo.
//! **Decides** at W of 1,000; from 20 on it is a note.
//! **Cannot see** cross-talk that only the audible player makes.

use record::{Phase, Source};

use crate::case::Case;
use crate::model::Recorded;
use crate::note::Note;
use crate::origin::recorded;
use crate::reason::Reason;

/// The sham's evidence is worth a note from here on, W.
const SHAM_NOTE_W: f64 = 20.0;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    match case.trials.sham.crossed() {
        true => vec![Reason::ShamFires {
            evidence: case.trials.sham.w_max(),
        }],
        false => Vec::new(),
    }
}

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let evidence = case.trials.sham.w_max();
    match evidence >= SHAM_NOTE_W && !case.trials.sham.crossed() {
        true => vec![Note::ShamHigh { evidence }],
        false => Vec::new(),
    }
}

/// That there was none to be followed.
pub(crate) fn not_played(case: &Case) -> Vec<Note> {
    let trials = &case.trials;
    // Elsewhere there is no harness that could talk across.
    let harness = recorded(trials.session) == Recorded::Stage;
    match harness && trials.sham.n == 0 && !trials.blocks(Phase::Muted).is_empty() {
        true => vec![Note::NotWatched {
            source: Source::Sham,
            why: "no sham was played, so cross-talk of the harness was not tested".into(),
        }],
        false => Vec::new(),
    }
}
