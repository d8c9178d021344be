//! A second coin a block: within each of the coarse coin's two levels a fine one, four nested levels in all.
//!
//! The coarse coin is bet on as if it were alone. When it is known, the fine one is bet on by what was learned of
//! each series' dependence on both; so what a field's coarse coins have shown already need not be learned again. The
//! two coins are independent, so given all numbers either wealth is a martingale in the coins, and so is their product.

use crate::models::Spread;
use crate::noise_shares::{SHARES, Sums, ln_sum};

/// Where the four symbols lie, from -1 to 1: the coarse coin counts two, the fine one one. The inner two are so near to
/// the outer ones that clusters of the coarse coin stay apart.
pub const POSITIONS: [f64; 4] = [-1.0, -0.8, 0.8, 1.0];

/// How likely beforehand a series that follows the coarse coin follows the fine one as well, in proportion.
const IN_PROPORTION: f64 = 0.6;

/// How likely beforehand no series follows anything.
const NOTHING: f64 = 0.5;

/// The worst bet multiplies the wealth by half of this, as elsewhere.
const CLIP: f64 = 0.02;

/// Most first coins that are bet on together: 2^10 ways that they may lie.
const TOGETHER: usize = 10;

/// So many series are bet on: those for which the coarse coins of the opening speak most.
const MOST_BET_ON: usize = 16;

/// One series, and what was learned of it.
#[derive(Clone)]
struct Field<'a> {
    /// ln of its share of the stake.
    ln_share: f64,
    values: &'a [f64],
    spread: Spread,
    /// By where the symbols lie, and by the coarse coin alone; relative to the first value.
    by_both: Sums,
    by_coarse: Sums,
    /// ln of the odds of every way in which the fine coins of the first blocks may lie.
    first: Vec<f64>,
}

/// Where the coarse coin's levels lie by themselves.
const COARSE: [f64; 2] = [-1.0, 1.0];

/// Variance of where the symbols lie.
const SPREAD: f64 = {
    let [a, b, c, d] = POSITIONS;
    (a * a + b * b + c * c + d * d) / 4.0
};

/// ln of how likely values are on a line of unknown noise, up to a constant that hangs on their number.
fn line(sums: &Sums, variance: f64, spread: f64) -> f64 {
    let each = SHARES.map(|share| sums.ln_density(share, variance, spread));
    ln_sum(&each) - (SHARES.len() as f64).ln()
}

impl<'a> Field<'a> {
    fn new(share: f64, values: &'a [f64], ahead: usize) -> Field<'a> {
        let mut spread = Spread::default();
        values.iter().take(ahead).for_each(|&y| spread.see(y));
        Field {
            ln_share: share.ln(),
            values,
            spread,
            by_both: Sums::default(),
            by_coarse: Sums::default(),
            first: Vec::new(),
        }
    }

    /// The value of a block relative to the first, if there is one.
    fn value(&self, block: usize) -> Option<f64> {
        let y = self.values[block];
        y.is_finite().then_some(y - self.spread.origin)
    }

    /// ln of how much likelier values under these symbols are than if the series followed nothing.
    fn ln_odds(&self, by_both: &Sums, by_coarse: &Sums) -> f64 {
        let variance = self.spread.variance();
        if variance == 0.0 {
            return 0.0;
        }
        let centre = self.spread.mean - self.spread.origin;
        let (by_both, by_coarse) = (by_both.about(centre), by_coarse.about(centre));
        let either = [
            IN_PROPORTION.ln() + line(&by_both, variance, SPREAD),
            (1.0 - IN_PROPORTION).ln() + line(&by_coarse, variance, 1.0),
        ];
        ln_sum(&either) - by_coarse.ln_density_flat(variance)
    }

    /// Likewise with one more block, under either fine coin.
    fn ln_odds_of(&self, block: usize, coarse: usize) -> [f64; 2] {
        let value = self.value(block);
        let with = |sums: &Sums, x: f64| value.map_or(*sums, |z| sums.and(z, x));
        let by_coarse = with(&self.by_coarse, COARSE[coarse]);
        [0, 1].map(|fine| {
            let by_both = with(&self.by_both, POSITIONS[2 * coarse + fine]);
            self.ln_odds(&by_both, &by_coarse)
        })
    }

    fn learn(&mut self, block: usize, symbol: u8) {
        if let Some(z) = self.value(block) {
            self.by_both = self.by_both.and(z, POSITIONS[usize::from(symbol)]);
            self.by_coarse = self.by_coarse.and(z, COARSE[usize::from(symbol >> 1)]);
        }
    }

    /// ln of the odds of ways in which the fine coins of the first blocks may lie, the first coin in the lowest bit.
    fn ln_odds_together(&self, symbols: &[u8], ways: &[usize]) -> Vec<f64> {
        let values = symbols.iter().enumerate();
        let values: Vec<(usize, usize, f64)> = values
            .filter_map(|(k, symbol)| Some((k, usize::from(symbol >> 1), self.value(k)?)))
            .collect();
        let by_coarse = values
            .iter()
            .fold(Sums::default(), |sums, &(_, coarse, z)| {
                sums.and(z, COARSE[coarse])
            });
        let way = |&fine: &usize| {
            let by_both = values
                .iter()
                .fold(Sums::default(), |sums, &(k, coarse, z)| {
                    sums.and(z, POSITIONS[2 * coarse + (fine >> k & 1)])
                });
            self.ln_odds(&by_both, &by_coarse)
        };
        ways.iter().map(way).collect()
    }
}

/// What bets on the fine coins make of a wealth of 1.
pub(crate) struct Won {
    /// ln after each block, of bets on all series together.
    pub(crate) path: Vec<f64>,
    /// ln at the end, of bets on each series alone.
    pub(crate) by_series: Vec<f64>,
}

/// Bets on the fine coins of four `symbols`. `series`: share of the stake, and a value a block, NaN where there is none;
/// `ahead`: blocks that are looked at before the first bet, whose bets are settled together.
pub(crate) fn won(series: &[(f64, Vec<f64>)], symbols: &[u8], ahead: usize) -> Won {
    let playing = series.iter().enumerate().filter(|(_, of)| of.0 > 0.0);
    let mut fields: Vec<(usize, Field)> = playing
        .map(|(idx, (share, values))| (idx, Field::new(*share, values, ahead)))
        .collect();
    let first = &symbols[..ahead.min(TOGETHER).min(symbols.len())];
    if !first.is_empty() {
        // The coarse coins of the opening are known before the first bet on a fine one.
        let odds = |field: &Field| field.ln_share + field.ln_odds_together(first, &[0])[0];
        fields.sort_by(|(_, a), (_, b)| odds(b).total_cmp(&odds(a)));
        fields.truncate(MOST_BET_ON);
        let ways: Vec<usize> = (0..1 << first.len()).collect();
        fields
            .iter_mut()
            .for_each(|(_, field)| field.first = field.ln_odds_together(first, &ways));
    }
    let mut by_series = vec![0.0; series.len()];
    for (idx, field) in &fields {
        let alone = Field {
            ln_share: 0.0,
            ..field.clone()
        };
        let path = path(vec![alone], symbols, first.len(), ahead);
        by_series[*idx] = path.last().copied().unwrap_or(0.0);
    }
    let fields = fields.into_iter().map(|(_, field)| field).collect();
    Won {
        path: path(fields, symbols, first.len(), ahead),
        by_series,
    }
}

/// ln of the wealth after each block; the bets on the `first` ones are settled together.
fn path(mut fields: Vec<Field>, symbols: &[u8], first: usize, ahead: usize) -> Vec<f64> {
    let mut path = together(&fields, &symbols[..first]);
    let mut log_w = path.last().copied().unwrap_or(0.0);
    for (k, &symbol) in symbols.iter().enumerate() {
        if k >= ahead {
            fields.iter_mut().for_each(|f| f.spread.see(f.values[k]));
        }
        if k >= first {
            let (coarse, fine) = (usize::from(symbol >> 1), usize::from(symbol & 1));
            let odds: Vec<[f64; 2]> = fields.iter().map(|f| f.ln_odds_of(k, coarse)).collect();
            let both = [0, 1].map(|fine| of_any(&fields, odds.iter().map(|odds| odds[fine])));
            let q = (both[fine] - ln_sum(&both)).exp();
            log_w += (2.0 * ((1.0 - CLIP) * q + CLIP / 2.0)).ln();
            path.push(log_w);
        }
        fields.iter_mut().for_each(|f| f.learn(k, symbol));
    }
    path
}

/// ln of the odds that any series follows, from each one's.
fn of_any(fields: &[Field], odds: impl Iterator<Item = f64>) -> f64 {
    let each = fields.iter().zip(odds);
    let each = each.map(|(field, odds)| (1.0 - NOTHING).ln() + field.ln_share + odds);
    ln_sum(
        &std::iter::once(NOTHING.ln())
            .chain(each)
            .collect::<Vec<_>>(),
    )
}

/// The bets on the first coins: one law over all ways in which they may lie, given all first values and coarse coins. ln
/// of the wealth after each of them.
fn together(fields: &[Field], symbols: &[u8]) -> Vec<f64> {
    if symbols.is_empty() {
        return Vec::new();
    }
    let fine = symbols
        .iter()
        .enumerate()
        .fold(0, |all, (k, s)| all | usize::from(s & 1) << k);
    let of_way = |way: usize| of_any(fields, fields.iter().map(|field| field.first[way]));
    let ways: Vec<f64> = (0..1 << symbols.len()).map(of_way).collect();
    let all = ln_sum(&ways);
    let after = |n: usize| {
        let same = ways
            .iter()
            .enumerate()
            .filter(|(way, _)| (way ^ fine) & ((1 << n) - 1) == 0);
        let q = (ln_sum(&same.map(|(_, log)| *log).collect::<Vec<_>>()) - all).exp();
        let flat = 0.5f64.powi(n as i32);
        (((1.0 - CLIP) * q + CLIP * flat) / flat).ln()
    };
    (1..=symbols.len()).map(after).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::null::Dice;

    /// Mean of the bits that were won after `n` blocks in sessions of 25 series, of which one has four levels `d`
    /// standard deviations apart in all.
    fn mean_bits(d: f64, n: usize, ahead: usize) -> (f64, f64) {
        const SESSIONS: u64 = 60;
        let bits = |seed: u64| {
            let mut dice = Dice::new(seed);
            let symbols = dice.coins(n, 4);
            let mut series: Vec<(f64, Vec<f64>)> = (0..25)
                .map(|_| (0.04, (0..n).map(|_| dice.normal()).collect()))
                .collect();
            for (y, &symbol) in series[3].1.iter_mut().zip(&symbols) {
                *y += d / 2.0 * POSITIONS[usize::from(symbol)];
            }
            let won = won(&series, &symbols, ahead);
            assert_eq!(won.path.len(), n);
            (won.path[n - 1] / 2f64.ln(), won.by_series[3] / 2f64.ln())
        };
        let all = (0..SESSIONS).map(bits);
        let (path, own) = all.fold((0.0, 0.0), |(a, b), (path, own)| (a + path, b + own));
        (path / SESSIONS as f64, own / SESSIONS as f64)
    }

    /// Where the coarse coin is plain, the fine one tells most of what it can (0.6 bits a block at 2.5 standard
    /// deviations) from the first block on, if the first bets are settled together.
    #[test]
    fn fine_coins_are_won_where_a_series_follows_in_proportion() {
        for (ahead, least) in [(0, 3.0), (10, 5.0), (13, 5.0)] {
            let (path, own) = mean_bits(25.0, 13, ahead);
            assert!(path > least && own > least, "{ahead}: {path} {own}");
        }
    }

    /// Where there is nothing, next to nothing is lost.
    #[test]
    fn little_is_lost_where_there_is_nothing() {
        for ahead in [0, 10] {
            let (path, own) = mean_bits(0.0, 30, ahead);
            assert!(path > -0.5 && own > -1.5, "{ahead}: {path} {own}");
        }
    }

    /// Reference: the law of the first bets, as the product of what each value says once the others are known, is the
    /// same whichever way it is written: its marginals multiply up to it.
    #[test]
    fn the_first_bets_are_one_law() {
        let symbols = [0u8, 3, 2, 1, 1, 2];
        let values = [0.1, 9.0, 8.1, 1.2, 1.1, 7.7];
        let ways: Vec<usize> = (0..64).collect();
        let field = || {
            let mut field = Field::new(1.0, &values, 6);
            field.first = field.ln_odds_together(&symbols, &ways);
            vec![field]
        };
        let total: f64 = (0..64u8)
            .map(|way| {
                let other = symbols.iter().enumerate();
                let other: Vec<u8> = other.map(|(k, s)| s & 2 | (way >> k & 1)).collect();
                let path = together(&field(), &other);
                path[5].exp() / 64.0
            })
            .sum();
        assert!((total - 1.0).abs() < 1e-9, "{total}");
    }
}
