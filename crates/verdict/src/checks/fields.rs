//! **Asks** whether a leak would have been found in every field that could be read, and whether there was
//! something that nobody looked at.
//! **Matters** because that every byte was read clears nobody by itself: a value that came too rarely, or
//! about times that no block is, could have told everything.
//! **Decides** by leaks planted at the times of each field's own values (`blind.rs`): fields in which not
//! even a clear level would have been found are named, and no app is cleared then.
//! **Cannot see** encodings that nobody bets on.

use record::Phase;

use crate::case::Case;
use crate::coverage::after_end;
use crate::note::Note;

/// Names that are listed.
const NAMED: usize = 5;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let trials = &case.trials;
    if trials.blocks(Phase::Muted).is_empty() || trials.leak_found() {
        return Vec::new();
    }
    let blind = case
        .fields
        .iter()
        .flatten()
        .filter(|class| !class.is_seen());
    let mut notes: Vec<Note> = blind
        .map(|class| Note::BlindFields {
            fields: class.fields.iter().take(NAMED).cloned().collect(),
            of: class.fields.len() as u32,
            every_s: class.every_s,
            needs_s: class.needs_s.unwrap_or(0.0),
        })
        .collect();
    match after_end(trials) {
        0 => {}
        bytes => notes.push(Note::LeftAfterwards { bytes }),
    }
    notes.push(Note::FineTimingNotTested);
    notes
}
