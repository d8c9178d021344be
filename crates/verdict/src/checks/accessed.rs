//! **Asks** which apps had the microphone while muted, by the device's own logs.
//! **Matters** because a phone knows that of each app, whoever looks at its packets.
//! **Decides** nothing: it is a remark.
//! **Cannot see** what a log leaves out, nor whether what was heard was sent.

use std::collections::BTreeMap;

use record::{Body, Record, Source, Span};

use crate::case::Case;
use crate::microphone::muted_span;
use crate::note::Note;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let muted = muted_span(&case.trials);
    muted.map_or(Vec::new(), |muted| {
        logged(case.trials.session.records, &muted)
    })
}

/// How long each app had the microphone while muted, by each log; and which logs name none.
fn logged(records: &[Record], muted: &Span) -> Vec<Note> {
    let mut by_app: BTreeMap<(&str, &str), (u64, bool)> = BTreeMap::new();
    let mut logs: Vec<&str> = Vec::new();
    for record in records {
        match &record.body {
            Body::Attached { note } if record.source == Source::MicrophoneLog => logs.push(note),
            Body::Accessed {
                log,
                app,
                span,
                ended,
            } if span.overlaps(muted) || muted.contains(span.from) => {
                let (ns, at_a_moment) = by_app.entry((log, app)).or_default();
                let (from, to) = (span.from.max(muted.from), span.to.min(muted.to));
                *ns += to.0.saturating_sub(from.0);
                *at_a_moment |= !ended;
            }
            _ => {}
        }
    }
    let of_seconds = muted.seconds();
    let accessed = by_app.iter().map(|((log, app), (ns, at_a_moment))| {
        let seconds = *ns as f64 / 1e9;
        Note::Accessed {
            log: (*log).to_owned(),
            app: (*app).to_owned(),
            // Two uses at once are not twice as long.
            seconds: (*ns > 0 || !at_a_moment).then_some(seconds.min(of_seconds)),
            of_seconds,
        }
    });
    let named = |log: &str| by_app.keys().any(|(by, _)| *by == log);
    let silent = logs.iter().filter(|log| !named(log));
    let silent = silent.map(|log| Note::NotAccessed {
        log: (*log).to_owned(),
    });
    accessed.chain(silent).collect()
}
