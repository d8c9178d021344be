//! One question each. A check never collects; it reads what lies on the table.
//!
//! A new check is a file here, with its page as its module comment, and a line in [`CHECKS`].

mod clock;
mod control;
mod edges;
mod loss;
mod mute;
mod packets;
mod planted;
mod redraws;
mod run;
mod sham;
mod sound;

use crate::Reason;
use crate::case::Case;

/// Fewest blocks of a phase that a decision may rest on: below this not even a perfect leak would
/// be found among a few hundred series.
pub const MIN_BLOCKS: u32 = 20;

/// What a failed check does to a leak that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLeak {
    /// Something else than the muted app could explain the evidence: inconclusive.
    Voids,
    /// It only lowers the chance of finding one; the test is valid without it.
    Stands,
}

/// A condition on which "nothing found" rests.
pub struct Check {
    /// Its name, as in `docs`.
    pub name: &'static str,
    /// What its failure does to a leak that was found.
    pub on_leak: OnLeak,
    pub(crate) ask: fn(&Case) -> Vec<Reason>,
}

/// Every check, in the order in which a report gives their reasons.
pub const CHECKS: &[Check] = &[
    Check {
        name: "run",
        on_leak: OnLeak::Voids,
        ask: run::ask,
    },
    Check {
        name: "seal",
        on_leak: OnLeak::Voids,
        ask: run::seal,
    },
    Check {
        name: "sham",
        on_leak: OnLeak::Voids,
        ask: sham::ask,
    },
    Check {
        name: "redraws",
        on_leak: OnLeak::Voids,
        ask: redraws::ask,
    },
    Check {
        name: "mute",
        on_leak: OnLeak::Voids,
        ask: mute::ask,
    },
    Check {
        name: "sound",
        on_leak: OnLeak::Voids,
        ask: sound::ask,
    },
    Check {
        name: "blocks",
        on_leak: OnLeak::Stands,
        ask: run::blocks,
    },
    Check {
        name: "edges",
        on_leak: OnLeak::Stands,
        ask: edges::ask,
    },
    Check {
        name: "clock",
        on_leak: OnLeak::Stands,
        ask: clock::ask,
    },
    Check {
        name: "packets",
        on_leak: OnLeak::Stands,
        ask: packets::ask,
    },
    Check {
        name: "lost-blocks",
        on_leak: OnLeak::Voids,
        ask: loss::explains,
    },
    Check {
        name: "loss",
        on_leak: OnLeak::Stands,
        ask: loss::ask,
    },
    Check {
        name: "control",
        on_leak: OnLeak::Stands,
        ask: control::ask,
    },
    Check {
        name: "planted",
        on_leak: OnLeak::Stands,
        ask: planted::ask,
    },
];

pub(crate) use planted::detects;
pub(crate) use redraws::redraws;
pub(crate) use sound::sound;
