//! **Asks** whether the app listens for others.
//! **Matters** because a server that it leaves running may be reached from outside.
//! **Decides** nothing: it is a remark. By listening sockets that are not bound to the loopback.
//! **Cannot see** sockets that were open between two looks.

use record::Body;

use crate::case::Case;
use crate::note::Note;

/// Listening sockets that are not bound to the loopback, each once.
pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let mut notes = Vec::new();
    for record in case.trials.session.records {
        let Body::Sockets { sockets } = &record.body else {
            continue;
        };
        for socket in sockets
            .iter()
            .filter(|s| s.state.eq_ignore_ascii_case("listen"))
        {
            let loopback = ["127.", "[::1]", "::1"]
                .iter()
                .any(|l| socket.local.starts_with(l));
            let at = format!("{} {}", socket.protocol, socket.local);
            let note = Note::Listens {
                at,
                command: socket.command.clone(),
            };
            if !loopback && !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
    notes
}
