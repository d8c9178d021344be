//! Two runs of the same app with other canaries: what changes with them is theirs, what stays is chance.

use std::collections::{BTreeMap, BTreeSet};

use super::chance::Strength;
use super::encoding::Encoding;
use super::message::{Found, Place};

/// What was found in all messages of a run, or in all that went to one receiver.
#[derive(Debug, Clone, Copy)]
pub struct Run<'f> {
    /// Finds of the run's own values.
    pub own: &'f [Found],
    /// Finds of the other run's values in what left in this one.
    pub foreign: &'f [Found],
}

/// What two runs say of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Judgement {
    /// Either run's own value was there, and in neither that of the other.
    Certain,
    /// Found in one run alone: the app may not have come to it in the other.
    Once,
    /// A value was there in the run that did not have it.
    Chance,
}

/// A field in which a canary was found, and what both runs say of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Judged {
    /// The name of the canary.
    pub canary: String,
    /// See [`Found::path`].
    pub path: String,
    /// What lay there.
    pub place: Place,
    /// How it was written.
    pub encoding: Encoding,
    /// What the find says by itself; of two runs the less.
    pub strength: Strength,
    /// What both say.
    pub judgement: Judgement,
}

/// Compares two runs, field by field: by canary, path, place and encoding. In that order, each once.
pub fn twice(a: Run, b: Run) -> Vec<Judged> {
    let (in_a, in_b) = (fields(a.own), fields(b.own));
    let chance: BTreeMap<_, _> = fields(a.foreign)
        .into_iter()
        .chain(fields(b.foreign))
        .collect();
    let all: BTreeSet<_> = in_a
        .keys()
        .chain(in_b.keys())
        .chain(chance.keys())
        .collect();
    let judged = all.into_iter().map(|field| {
        let strengths = [&in_a, &in_b, &chance].map(|fields| fields.get(field));
        let (canary, path, place, encoding) = *field;
        Judged {
            canary: canary.to_owned(),
            path: path.to_owned(),
            place,
            encoding: encoding.clone(),
            strength: *strengths
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(&Strength::Field),
            judgement: match strengths {
                [_, _, Some(_)] => Judgement::Chance,
                [Some(_), Some(_), None] => Judgement::Certain,
                _ => Judgement::Once,
            },
        }
    });
    judged.collect()
}

type Fields<'f> = BTreeMap<(&'f str, &'f str, Place, &'f Encoding), Strength>;

fn fields(found: &[Found]) -> Fields<'_> {
    let fields = found.iter().map(|f| {
        let field = (&*f.canary, &*f.path, f.place, &f.encoding);
        (field, f.strength)
    });
    fields.collect()
}
