//! **Asks** whether the microphone stays open while muted, and whether anybody was seen to read it.
//! **Matters** because an app that reads a muted microphone could send what it hears.
//! **Decides** nothing: it is a remark. By the sound server's record streams, and by the calls that were
//! traced.
//! **Cannot see** what is done with what was read.

use record::{Body, Source};

use crate::case::Case;
use crate::microphone::{lamp, lamp_by_server, reads};
use crate::note::Note;
use crate::verdict::MicrophoneStatus;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let trials = &case.trials;
    let lost = |r: &record::Record| r.source == Source::Reads && matches!(r.body, Body::Gap { .. });
    let traced = reads(trials).is_some() && !trials.session.records.iter().any(lost);
    match lamp(trials) {
        MicrophoneStatus::OpenRunning if traced => vec![Note::StillOpen, Note::NoCallSeen],
        MicrophoneStatus::OpenRunning => vec![Note::StillOpen, Note::ReadsNotTraced],
        MicrophoneStatus::StillRead => match lamp_by_server(trials) {
            MicrophoneStatus::OpenRunning => vec![Note::StillOpen],
            _ => vec![Note::StillOpen, Note::ReadsDisagree],
        },
        MicrophoneStatus::Closed | MicrophoneStatus::OpenNotRunning | MicrophoneStatus::Unknown => {
            Vec::new()
        }
    }
}
