//! Whether a named series of numbers follows how loud it was, and not only whether it was.
//!
//! Fields of messages come once a second or once a minute: too seldom to look inside loud blocks, as is
//! done with packets. So values of blocks with the same symbol are compared with what was heard in
//! those blocks: speech is louder in one than in another, and the other codes see to the rest. What a
//! symbol's blocks have in common is taken out first; the rank correlation has to be plain, and
//! stronger than in every one of many shuffles of the same values.

use features::{Group, Kind, Series};
use record::Phase;

use crate::ranks::{correlation, ranks};
use crate::receivers::named;
use crate::seeded::seeded_dice;
use crate::trial::Coded;
use crate::trials::Trials;
use dice::Dice;

/// A value may be of the block before.
const LAGS: usize = 2;
const SHUFFLES: usize = 199;
const FEWEST_BLOCKS: usize = 20;
/// Weakest rank correlation that is called a level.
const WEAKEST: f64 = 0.3;

/// Whether one of the named series does.
pub(crate) fn follows_level(trials: &Trials) -> bool {
    let mut dice = seeded_dice(trials.seed, 7, 0);
    let is_number = |series: &Series| series.kind == Kind::Number && series.group == Group::Egress;
    named(trials)
        .into_iter()
        .filter(|(_, series)| is_number(series))
        .any(|(coded, series)| follows(trials, coded, series, &mut dice))
}

fn follows(trials: &Trials, coded: &Coded, series: &Series, dice: &mut Dice) -> bool {
    let table = &coded.table;
    let blocks = table.blocks(Phase::Muted);
    let symbols = table.symbols(&table.key, Phase::Muted);
    let levels = usize::from(table.levels(trials.session));
    let heard = &table.features.heard_dbfs[blocks.clone()];
    let values = &series.values[blocks];
    let pairs = |lag: usize| {
        let pair = |k: usize| Some((symbols[k], *values[k].as_ref().ok()?, heard[k - lag]?));
        let pairs: Vec<(u8, f64, f64)> = (lag..values.len()).filter_map(pair).collect();
        let without_mean = |of: fn(&(u8, f64, f64)) -> f64| {
            let mut sums = vec![(0.0, 0.0); levels];
            for pair in &pairs {
                let sum = &mut sums[usize::from(pair.0).min(levels - 1)];
                *sum = (sum.0 + of(pair), sum.1 + 1.0);
            }
            let mean = |symbol: u8| {
                let (sum, n) = sums[usize::from(symbol).min(levels - 1)];
                sum / f64::max(n, 1.0)
            };
            let values: Vec<f64> = pairs.iter().map(|p| of(p) - mean(p.0)).collect();
            ranks(&values)
        };
        (without_mean(|p| p.1), without_mean(|p| p.2))
    };
    let lagged: Vec<(Vec<f64>, Vec<f64>)> = (0..LAGS).map(pairs).collect();
    if lagged
        .iter()
        .any(|(values, _)| values.len() < FEWEST_BLOCKS)
    {
        return false;
    }
    let strongest = |lagged: &[(Vec<f64>, Vec<f64>)]| {
        let each = lagged.iter().map(|(a, b)| correlation(a, b, 0).abs());
        each.fold(0.0, f64::max)
    };
    let observed = strongest(&lagged);
    let mut shuffled = lagged.clone();
    let chance = (0..SHUFFLES).map(|_| {
        for (values, _) in &mut shuffled {
            for i in (1..values.len()).rev() {
                values.swap(i, dice.below(i + 1));
            }
        }
        strongest(&shuffled)
    });
    observed >= WEAKEST && observed > chance.fold(0.0, f64::max)
}
