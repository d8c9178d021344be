//! **Asks** which codes played that no control reached, and whether the run ended as planned.
//! **Matters** because nothing found by them rests on planted leaks alone.
//! **Decides** nothing: it is a remark. By the protocol, the grid and the run's own last word.
//! **Cannot see** whether a value that is sent once a minute straddles two blocks where the grid was not
//! set at a send.

use record::{Body, Code, Phase};

use crate::case::Case;
use crate::note::Note;
use crate::trial::lost_blocks;

/// What belongs beside codes that no control reached, and beside an end that was not planned.
pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let mut notes = Vec::new();
    let codes: Vec<Code> = case.trials.codes[1..]
        .iter()
        .map(|c| c.table.code)
        .collect();
    let has_slow = codes.contains(&Code::Slow);
    if !codes.is_empty() {
        notes.push(Note::NotControlled { codes });
    }
    notes.extend(transitions(case));
    for record in case.trials.session.records {
        match &record.body {
            Body::Grid { at_send: None } if has_slow => notes.push(Note::NotAligned),
            Body::Decided { why } => notes.push(Note::StoppedEarly { why: why.clone() }),
            _ => {}
        }
    }
    notes
}

/// Whether what leaves around mute and unmute was tested, and how much of it could be judged.
fn transitions(case: &Case) -> Option<Note> {
    let table = case
        .trials
        .codes
        .iter()
        .find(|c| c.table.code == Code::Transition);
    let of = case
        .trials
        .session
        .manifest
        .protocol
        .transitions
        .map(|t| t.blocks);
    match (table, of) {
        (Some(coded), Some(of)) => {
            let table = &coded.table;
            let lost = lost_blocks(&table.features, &table.blocks(Phase::Muted));
            let judged = table.segmentation.blocks.len() as u32 - lost;
            (judged < of).then_some(Note::CyclesNotJudged { judged, of })
        }
        _ => Some(Note::TransitionsNotTested),
    }
}
