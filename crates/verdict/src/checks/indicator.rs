//! **Asks** whether a record stream hides from the desktop's microphone indicator.
//! **Matters** because the indicator is what a person sees, and whoever records can switch it off:
//! GNOME Shell passes over streams with the `application.id` of the volume controls, which record to
//! draw their level meters (`_maybeShowInput` in its `js/ui/status/volume.js`).
//! **Decides** by what the stream claims of itself at the stage's sound server.
//! **Cannot see** an app that hides only where it finds a desktop; nor what KDE Plasma passes over:
//! streams that it takes for virtual, by a mark that was not verified here.

use record::Body;

use crate::case::Case;
use crate::note::Note;

/// Identities that GNOME Shell leaves out.
const GNOME_IDS: [&str; 2] = ["org.gnome.VolumeControl", "org.PulseAudio.pavucontrol"];

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let mut notes = Vec::new();
    for record in case.trials.session.records {
        let Body::Streams { streams } = &record.body else {
            continue;
        };
        for stream in streams {
            let id = stream.application_id.as_deref();
            let Some(id) = id.filter(|id| GNOME_IDS.contains(id)) else {
                continue;
            };
            let note = Note::HidesFromIndicator {
                application: stream.application.clone(),
                claim: format!("application.id={id}"),
            };
            if !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}
