//! What a judgement needs of payloads, kept when they are dropped from a bundle.

use features::{Derived, Session};
use serde::{Deserialize, Serialize};
use stimulus::Seed;

use crate::model::Judgement;
use crate::table::derive;
use crate::verdict::{LeakKind, Verdict};

/// What a judgement needs of payloads, kept when they were dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Features of every segmentation.
    pub features: Derived,
    /// What kind of leak was found, where one was.
    pub kind: Option<LeakKind>,
}

/// What has to be kept of a session so that it can be judged again without its payloads.
pub fn keep(session: &Session, seed: &Seed, judgement: &Judgement) -> Kept {
    Kept {
        features: derive(session, seed),
        kind: match judgement.verdict {
            Verdict::Leaks { kind, .. } => Some(kind),
            _ => None,
        },
    }
}
