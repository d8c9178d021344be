//! **Asks** whether a proxy stood between the app and its servers, and what it told.
//! **Matters** because what it told is bet on, and because an app that notices it may behave otherwise.
//! **Decides** nothing: it is a remark.
//! **Cannot see** what refused the proxy, what went over UDP, and whether the proxy told all of it.

use record::{Body, Source};

use crate::case::Case;
use crate::note::Note;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let session = case.trials.session;
    // Without a person it is the network that answers everything, and there is no audit.
    if session.manifest.guided.is_none() {
        return Vec::new();
    }
    let told = session.records.iter().filter(|r| r.source == Source::Sink);
    let (mut any, mut requests, mut refused) = (false, 0, 0);
    for record in told {
        any = true;
        match record.body {
            Body::Requested(_) => requests += 1,
            Body::Refused { .. } => refused += 1,
            _ => {}
        }
    }
    match any {
        true => vec![Note::Intercepted { requests, refused }],
        false => Vec::new(),
    }
}
