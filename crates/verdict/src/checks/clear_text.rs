//! **Asks** whether something is sent that anyone on the way can read, and whether all of it was read.
//! **Matters** because then not only the receiver knows it; and what was not read counts as opaque.
//! **Decides** nothing: it is a remark. By what could be decoded without a key.
//! **Cannot see** formats that it does not know.

use crate::case::Case;
use crate::note::{ClearText, Note};

/// What anyone on the way can read, and what was in clear and still not read.
pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let features = &case.trials.features;
    let mut notes = Vec::new();
    for flow in &features.flows {
        let what = match flow.clear_text {
            None => continue,
            Some(features::ClearText::Http) => ClearText::Http,
            Some(features::ClearText::Sound) => ClearText::Sound,
            Some(features::ClearText::Data) => ClearText::Data,
        };
        let at = format!("{} {}", flow.transport, flow.remote);
        notes.push(Note::ClearText { at, what });
    }
    let (messages, values) = (features.n_messages_limited, features.n_fields_left_out);
    if messages + values > 0 {
        notes.push(Note::NotReadWhole { messages, values });
    }
    if features.n_malformed > 0 {
        let frames = features.n_malformed;
        notes.push(Note::NoPackets { frames });
    }
    notes
}
