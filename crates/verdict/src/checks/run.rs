//! **Asks** whether the run reached its planned end, is long enough, sealed, and played by the
//! seed that was committed to.
//! **Matters** because the test's length must not be chosen by what it showed, and a bundle that
//! could have been changed proves nothing.
//! **Decides** by the stage's own last word, the count of blocks and the hashes.
//! **Cannot see** whether the person who sealed the bundle is honest.

use record::{Body, Phase};

use crate::case::Case;
use crate::error_rates::MIN_BLOCKS;
use crate::options::Sealed;
use crate::reason::Reason;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let failed = |record: &record::Record| match &record.body {
        Body::Failed { failure, why } => Some(Reason::RunFailed {
            failure: *failure,
            why: why.clone(),
        }),
        _ => None,
    };
    case.trials
        .session
        .records
        .iter()
        .find_map(failed)
        .into_iter()
        .collect()
}

pub(crate) fn seal(case: &Case) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if case.sealed == Sealed::No {
        reasons.push(Reason::NotSealed);
    }
    if !case
        .trials
        .session
        .manifest
        .seed_sha256
        .eq_ignore_ascii_case(&case.trials.seed.sha256_hex())
    {
        reasons.push(Reason::SeedDiffers);
    }
    reasons
}

pub(crate) fn blocks(case: &Case) -> Vec<Reason> {
    let count = |phase| case.trials.blocks(phase).len() as u32;
    [Phase::Control, Phase::Muted]
        .into_iter()
        .filter(|&phase| count(phase) < MIN_BLOCKS)
        .map(|phase| Reason::TooFewBlocks {
            phase,
            blocks: count(phase),
        })
        .collect()
}
