//! **Asks** what was lost, and who could not watch.
//! **Matters** because what nobody saw may have held anything.
//! **Decides** nothing by itself: whether a loss follows the sound, or explains what was found, is a check
//! of its own.
//! **Cannot see** a loss that nobody noticed.

use record::{Body, Source};

use crate::case::Case;
use crate::microphone::doors_watched;
use crate::model::Recorded;
use crate::note::Note;
use crate::origin::recorded;

/// How many reasons of losses are told for one source; losses for further reasons are added to the last.
const REASONS_MAX: usize = 5;

/// What was lost, a note for each source and reason, and who could not watch or stopped early.
pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let mut notes = Vec::new();
    let mut lost: Vec<(Source, Option<u64>, String)> = Vec::new();
    let session = case.trials.session;
    // Beside a device there is no stage whose sound server somebody could have watched.
    let elsewhere = recorded(session) != Recorded::Stage && !doors_watched(session);
    let of_a_stage = |source| matches!(source, Source::Sham | Source::Peer | Source::Streams);
    for record in session.records {
        let source = record.source;
        match &record.body {
            Body::Gap { lost: n, why, .. } => {
                let of = |(s, ..): &(Source, Option<u64>, String)| *s == source;
                let same = lost.iter().position(|l| of(l) && l.2 == *why);
                let is_full = lost.iter().filter(|l| of(l)).count() == REASONS_MAX;
                let last = lost.iter().rposition(of).filter(|_| is_full);
                match same.or(last) {
                    Some(i) => {
                        let sum = &mut lost[i].1;
                        *sum = sum.zip(*n).map(|(a, b)| a.saturating_add(b));
                    }
                    None => lost.push((source, *n, why.clone())),
                }
            }
            Body::Unavailable { .. } if elsewhere && of_a_stage(source) => {}
            Body::Unavailable { why } | Body::Detached { why: Some(why) } => {
                notes.push(Note::NotWatched {
                    source,
                    why: why.clone(),
                });
            }
            _ => {}
        }
    }
    notes.extend(
        lost.into_iter()
            .map(|(source, lost, why)| Note::Lost { source, lost, why }),
    );
    notes
}
