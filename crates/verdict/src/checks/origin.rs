//! **Asks** whether the session was recorded on a stage.
//! **Matters** because elsewhere it is a person's word when the schedule was heard and that the app was
//! muted; and on a stage an app may behave differently.
//! **Decides** nothing: it is a remark. By whether the records were laid on a clock, or are rows of a table.
//! **Cannot see** whether the person's word is true.

use record::Body;

use crate::case::Case;
use crate::note::Note;

/// What has to be said of a session that was not recorded on a stage, or that it was.
pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let session = case.trials.session;
    let records = session.records;
    let count = |is: fn(&Body) -> bool| records.iter().filter(|r| is(&r.body)).count() as u64;
    let rows = count(|body| matches!(body, Body::Row { .. }));
    let aligned = count(|body| matches!(body, Body::Aligned { .. }));
    match (rows, aligned) {
        (0, 0) => vec![Note::Staged],
        (0, _) => {
            let addresses = session.manifest.net.app.clone();
            let mut notes = vec![Note::Elsewhere { addresses }];
            notes.extend(records.iter().find_map(|r| match r.body {
                Body::Aligned {
                    candidates: tried @ 2..,
                    beyond_chance: Some(false),
                    ..
                } => Some(Note::ClockNotFound { tried }),
                _ => None,
            }));
            notes
        }
        (rows, _) => {
            let addresses = Vec::new();
            vec![Note::TableOnly { rows }, Note::Elsewhere { addresses }]
        }
    }
}
