//! **Asks** whether the session was recorded on a stage.
//! **Matters** because elsewhere it is a person's word when the schedule was heard and that the app was
//! muted; and on a stage an app may behave differently.
//! **Decides** nothing: it is a remark. By whether the records were laid on a clock, or are rows of a table.
//! **Cannot see** whether the person's word is true.

use record::Body;

use crate::case::Case;
use crate::model::Recorded;
use crate::note::Note;
use crate::origin::recorded;

/// What has to be said of a session that was not recorded on a stage, or that it was.
pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let session = case.trials.session;
    match recorded(session) {
        Recorded::Stage => vec![Note::Staged],
        Recorded::Capture => {
            let addresses = session.manifest.net.app.clone();
            let mut notes = vec![Note::Elsewhere { addresses }];
            notes.extend(session.records.iter().find_map(|r| match r.body {
                Body::Aligned {
                    candidates: tried @ 2..,
                    beyond_chance: Some(false),
                    ..
                } => Some(Note::ClockNotFound { tried }),
                _ => None,
            }));
            notes
        }
        Recorded::Table => {
            let rows = session.records.iter();
            let rows = rows.filter(|r| matches!(r.body, Body::Row { .. })).count() as u64;
            let addresses = Vec::new();
            vec![Note::TableOnly { rows }, Note::Elsewhere { addresses }]
        }
    }
}
