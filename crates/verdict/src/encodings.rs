//! Which encodings of the sound are bet on: what "nothing found" speaks of.
//!
//! The list is a person's, of what crate `stats` does (`docs/statistics.md`, "The bets"): who adds a kind
//! of bet there adds its row here.

use schemars::JsonSchema;
use serde::Serialize;

/// A way in which a number of a block may tell what was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// It is larger or smaller under one symbol than under another.
    Mean,
    /// It steps up or down from one block to the next.
    Change,
    /// It varies more under one symbol.
    Spread,
    /// It is a state, in no order.
    State,
    /// Its sign, one of its lowest sixteen bits, or what is left when it is divided by 3, 5, 7, 10 or 12.
    Digits,
    /// It is larger whichever its sign.
    Magnitude,
    /// It speaks of the block before as well.
    TwoBlocks,
    /// It left within the guard behind an edge, and speaks of what begins there.
    Early,
    /// It came later than what it speaks of.
    Late,
}

impl Encoding {
    /// Every one that is bet on.
    pub const ALL: &[Encoding] = &[
        Encoding::Mean,
        Encoding::Change,
        Encoding::Spread,
        Encoding::State,
        Encoding::Digits,
        Encoding::Magnitude,
        Encoding::TwoBlocks,
        Encoding::Early,
        Encoding::Late,
    ];
}

/// What was tried in a session.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Encodings {
    /// In each series.
    pub tried: Vec<Encoding>,
    /// How much later than what it speaks of a value may have come, seconds: within the muted time of the
    /// fast code.
    pub latest_s: f64,
}
