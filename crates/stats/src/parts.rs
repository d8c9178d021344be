//! Which parts of the law are on.

/// Parts of the law for two levels that simulations can leave out, to show what each buys. An audit has all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// The first bets are settled together, with what was seen by then.
    pub deferral: bool,
    /// Two clusters, and a regression that learns how much is noise.
    pub experts: bool,
    /// Stakes of the series by how they look without the coins.
    pub weights: bool,
    /// Series that go together are bet on together as well.
    pub groups: bool,
    /// A stake for series that begin to move late.
    pub reserve: bool,
}

impl Parts {
    /// The whole law.
    pub const ALL: Parts = Parts {
        deferral: true,
        experts: true,
        weights: true,
        groups: true,
        reserve: true,
    };

    /// Every bet settled at once, declared stakes, lines with a fixed share of noise.
    pub const NONE: Parts = Parts {
        deferral: false,
        experts: false,
        weights: false,
        groups: false,
        reserve: false,
    };
}
