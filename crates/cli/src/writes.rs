//! Where a command writes: what root keeps the right to, before anything is read that somebody else made.

use std::path::Path;

use crate::args::Verb;
use crate::{attack, bundles, sounds};

/// The places that a command writes to. Nothing for those that start programs, or switch something.
pub fn writes(verb: &Verb) -> Option<Vec<&Path>> {
    let places = match verb {
        Verb::Analyze(args) => vec![args.elsewhere.out.as_deref()],
        Verb::Bundle(args) => match &args.what {
            // A key is kept beside a bundle, and one beside a schedule.
            bundles::Verb::Redact { bundle, out, key } => {
                let key = key.as_deref().and_then(beside);
                vec![Some(out.as_path()), beside(bundle), key]
            }
            bundles::Verb::Schedule { out, .. } => vec![beside(out)],
        },
        Verb::Report(args) => vec![args.disclosure.as_deref()],
        Verb::Review(args) => vec![args.writes()],
        Verb::Claims(_) => Vec::new(),
        Verb::ExportCheck(args) => {
            vec![
                args.copy_clips.as_deref(),
                args.cache.as_deref().and_then(beside),
            ]
        }
        Verb::Attack(args) => match &args.what {
            attack::What::Bundle(attack::OnBundle { shown, .. })
            | attack::What::Simulate(attack::Simulate { shown, .. }) => {
                vec![shown.picture.as_deref().and_then(beside)]
            }
        },
        Verb::Sounds(args) => match &args.what {
            sounds::What::List { .. } | sounds::What::Check { .. } => Vec::new(),
            sounds::What::Import { to, .. }
            | sounds::What::ImportEsc { to, .. }
            | sounds::What::Synthetic { to, .. } => vec![Some(to.as_path())],
        },
        Verb::Flows(args) if args.network.is_some() => return None,
        Verb::Combine(_)
        | Verb::Compare(_)
        | Verb::Redraw(_)
        | Verb::Inspect(_)
        | Verb::Flows(_)
        | Verb::Plan(_)
        | Verb::Schema(_) => Vec::new(),
        Verb::Audit(_)
        | Verb::Play(_)
        | Verb::Mic(_)
        | Verb::Recipe(_)
        | Verb::Doctor(_)
        | Verb::Completions { .. }
        | Verb::Man => return None,
    };
    Some(places.into_iter().flatten().collect())
}

/// The folder that a file lies in.
fn beside(file: &Path) -> Option<&Path> {
    let above = file.parent()?;
    Some(if above == Path::new("") {
        Path::new(".")
    } else {
        above
    })
}
