//! Whether a named series of numbers follows how loud it was, and not only whether it was.
//!
//! Fields of messages come once a second or once a minute: too seldom to look inside loud blocks, as is
//! done with packets. So values of blocks with the same symbol are compared with what was heard in
//! those blocks: speech is louder in one than in another, and the other codes see to the rest. What the
//! blocks of one symbol (of nested levels: of one half) have in common is taken out first; the rank correlation has to be plain, and
//! stronger than in every one of many shuffles of the same values.

use features::{Group, Kind, Series};
use record::{Code, Phase};

use crate::ranks::{correlation, ranks};
use crate::receivers::named;
use crate::seeded::seeded_dice;
use crate::trial::Coded;
use crate::trials::Trials;
use dice::Dice;

/// A value may be of the block before.
const LAGS: usize = 2;
const SHUFFLES: usize = 199;
const FEWEST_BLOCKS: usize = 12;

/// Muted blocks from which a level can be told from a switch.
pub(crate) const TOLD_FROM: usize = FEWEST_BLOCKS + LAGS - 1;

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
    let mut groups = table.symbols(&table.key, Phase::Muted);
    let levels = table.levels(trials.session);
    // Of nested levels the two inner ones differ too little from the outer ones to be a group of their own:
    // whoever tells them from each other follows the level.
    if table.code == Code::Slow && levels > 2 {
        let loud = |symbol: &mut u8| *symbol = u8::from(table.loud(trials.session, *symbol) >= 0.5);
        groups.iter_mut().for_each(loud);
    }
    let heard = &table.features.heard_dbfs[blocks.clone()];
    let values: Vec<Option<f64>> = series.values[blocks]
        .iter()
        .map(|value| value.as_ref().ok().copied())
        .collect();
    correlates(&groups, &values, heard, dice)
}

/// Whether the values follow what was heard among blocks of the same group; one of each a block.
fn correlates(
    groups: &[u8],
    values: &[Option<f64>],
    heard: &[Option<f64>],
    dice: &mut Dice,
) -> bool {
    let n_groups = groups.iter().max().map_or(0, |&last| usize::from(last) + 1);
    let pairs = |lag: usize| {
        let pair = |k: usize| Some((groups[k], values[k]?, heard[k - lag]?));
        let pairs: Vec<(u8, f64, f64)> = (lag..values.len()).filter_map(pair).collect();
        let without_mean = |of: fn(&(u8, f64, f64)) -> f64| {
            let mut sums = vec![(0.0, 0.0); n_groups];
            for pair in &pairs {
                let sum = &mut sums[usize::from(pair.0)];
                *sum = (sum.0 + of(pair), sum.1 + 1.0);
            }
            let mean = |group: u8| {
                let (sum, n) = sums[usize::from(group)];
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

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `n` sessions of `blocks` blocks have a field that is said to follow the level; it does by so
    /// much, beside a step of 10 that only tells loud from quiet and noise of 1.
    fn said(blocks: usize, by: f64, n: u64) -> usize {
        let session = |seed: u64| {
            let mut dice = Dice::new(seed, 0, 0);
            let groups = dice.coins(blocks);
            let mut normal = || dice.normal();
            let heard: Vec<f64> = groups
                .iter()
                .map(|&g| 16.0 * f64::from(g) + normal())
                .collect();
            let mut value = |k: usize| {
                let step = 10.0 * f64::from(groups[k]);
                Some(step + by * (heard[k] - 16.0 * f64::from(groups[k])) + normal())
            };
            let values: Vec<Option<f64>> = (0..blocks).map(&mut value).collect();
            let heard: Vec<Option<f64>> = heard.into_iter().map(Some).collect();
            correlates(&groups, &values, &heard, &mut Dice::new(seed, 1, 0))
        };
        (0..n).filter(|&seed| session(seed)).count()
    }

    /// On and off alone is no level, however few blocks there were.
    #[test]
    fn a_switch_is_not_called_a_level() {
        for blocks in [13, 20, 60] {
            let wrong = said(blocks, 0.0, 1_000);
            println!("{blocks} blocks: {wrong} of 1,000 switches called a level");
            // 0.5 % by the shuffles; the 99.9 % limit of that is 12.
            assert!(wrong <= 12, "{blocks}: {wrong}");
        }
    }

    #[test]
    fn a_level_is_called_one() {
        let found = [13, 20, 60].map(|blocks| said(blocks, 2.0, 200));
        println!("levels called so after 13, 20, 60 blocks: {found:?} of 200");
        assert!(found[0] >= 100 && found[2] == 200, "{found:?}");
        assert_eq!(said(FEWEST_BLOCKS - 1, 2.0, 200), 0);
    }
}
