//! Everything that the checks look at.

use features::Session;
use stimulus::Seed;

use crate::blind::field_classes;
use crate::coverage::all_was_read;
use crate::model::{Detects, FieldClass, Redraws, SecondOpinion};
use crate::options::{Options, Sealed};
use crate::permutation_test::permutation_test;
use crate::planting::detects;
use crate::redraws::redraws;
use crate::trials::Trials;

/// One session on the table. It is whole: no check adds to it.
pub(crate) struct Case<'a> {
    pub(crate) trials: Trials<'a>,
    pub(crate) sealed: Sealed,
    pub(crate) options: &'a Options,
    /// The test tried on itself, in three ways; nothing where there was too little to try it on.
    pub(crate) redraws: Option<Redraws>,
    pub(crate) detects: Option<Detects>,
    pub(crate) permutation: Option<SecondOpinion>,
    /// Where everything that left was read, and nothing found: what would have been.
    pub(crate) fields: Option<Vec<FieldClass>>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        session: &'a Session<'a>,
        seed: &'a Seed,
        sealed: Sealed,
        options: &'a Options,
    ) -> Case<'a> {
        let trials = Trials::new(session, seed, options.kept.as_ref());
        Case {
            redraws: redraws(&trials),
            detects: detects(&trials),
            permutation: permutation_test(&trials),
            fields: (!trials.leak_found() && all_was_read(&trials)).then(|| field_classes(&trials)),
            trials,
            sealed,
            options,
        }
    }
}
