//! The formula for the length of a run against the bets.

use plan::{Observed, Setting, Times};

use crate::Size;

/// What half of the sessions may take, and what 95 % may, as multiples of the formula.
pub const MEDIAN_WITHIN: (f64, f64) = (0.6, 1.6);
/// Likewise, for 95 %.
pub const P95_AT_MOST: f64 = 2.5;

/// One signal in one setting.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What a block shows.
    pub seen: Observed,
    /// Other series.
    pub series: u32,
    /// Bits a block.
    pub bits: f64,
    /// Blocks by the formula.
    pub formula: f64,
    /// Blocks by simulation.
    pub times: Times,
}

impl Row {
    /// Whether the formula says about what happens.
    pub fn holds(&self) -> bool {
        let ratio = |blocks: Option<usize>| blocks.map(|n| n as f64 / self.formula);
        let median = ratio(self.times.median);
        median.is_some_and(|r| r >= MEDIAN_WITHIN.0 && r <= MEDIAN_WITHIN.1)
            && ratio(self.times.p95).is_some_and(|r| r <= P95_AT_MOST)
    }
}

/// Every row. The dice are those of `muteproof plan`, so the figures are those that it prints.
pub fn rows(size: Size, say: &mut dyn FnMut(&str)) -> Vec<Row> {
    let shift = |d| Observed::Shift {
        d,
        every: 1,
        covers: 1,
    };
    let signals = [
        shift(0.5),
        shift(1.0),
        shift(2.0),
        shift(3.0),
        shift(4.0),
        Observed::Flag { wrong: 0.0 },
        Observed::Flag { wrong: 0.1 },
        Observed::Flag { wrong: 0.2 },
    ];
    let settings = [25, 200].map(|series| Setting {
        alpha: 0.001,
        series,
        codes: 1,
    });
    let all = settings.iter().flat_map(|&s| signals.map(|seen| (s, seen)));
    let all: Vec<_> = all.skip(size.pick(1, 0)).step_by(size.pick(3, 1)).collect();
    let row = |(setting, seen): (Setting, Observed)| {
        let bits = seen.bits();
        let formula = setting.blocks(bits);
        let row = Row {
            seen,
            series: setting.series,
            bits,
            formula,
            times: plan::times(
                seen,
                stats::Settings::default(),
                setting,
                (3.0 * formula) as usize,
            ),
        };
        say(&format!("length: {row:?}"));
        row
    };
    all.into_iter().map(row).collect()
}
