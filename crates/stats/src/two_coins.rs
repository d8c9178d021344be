//! Values that are about two blocks: a report of a minute that begins in the middle of a block.
//!
//! Such a value follows the coin of its block and that of the block before, by the mean of the two levels, by the
//! higher or by the lower one. So a coin shows in two values, its own and the next, and the bet on it waits for both.

use crate::models::{Law, of_many};
use crate::noise_shares::{SHARES, Sums, ln_sum};

/// How a value may follow two coins, and how likely each way is beforehand.
const WAYS: [(Way, f64); 5] = [
    (Way::Free, 0.3),
    (Way::Line([-1.0, 0.0, 0.0, 1.0]), 0.25),
    (Way::Line([-0.75, 0.25, 0.25, 0.25]), 0.2),
    (Way::Line([-0.25, -0.25, -0.25, 0.75]), 0.2),
    (Way::Line([-1.0, -1.0, 1.0, 1.0]), 0.05),
];

#[derive(Debug, Clone, Copy)]
enum Way {
    /// A mean of its own for each pair.
    Free,
    /// A line through where each pair lies, which is 0 in the mean: (before, own) as 0 0, 1 0, 0 1, 1 1.
    Line([f64; PAIRS]),
}

/// Pairs of coins: own coin times two, and that of the block before.
const PAIRS: usize = 4;

fn pair(before: usize, own: usize) -> usize {
    2 * own + before
}

/// What was learned of each pair, relative to the series' first value.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TwoCoins {
    n: [f64; PAIRS],
    z: [f64; PAIRS],
    zz: f64,
}

impl TwoCoins {
    pub(crate) fn learn(&mut self, z: f64, before: usize, own: usize) {
        let pair = pair(before, own);
        self.n[pair] += 1.0;
        self.z[pair] += z;
        self.zz += z * z;
    }

    /// About another centre.
    fn about(&self, centre: f64) -> TwoCoins {
        let mut all = *self;
        let (n, z): (f64, f64) = (self.n.iter().sum(), self.z.iter().sum());
        all.z
            .iter_mut()
            .zip(&self.n)
            .for_each(|(z, n)| *z -= n * centre);
        all.zz += centre * (n * centre - 2.0 * z);
        all
    }

    /// Writes the probability of both symbols of a block into `q`, given its value and the next one's; returns
    /// ln(q1/q0). The next block's own coin is not known yet, and as likely either way.
    pub(crate) fn predict(
        &self,
        (z, next): (f64, f64),
        before: usize,
        (centre, variance): (f64, f64),
        q: &mut Law,
    ) -> Option<f64> {
        if self.n.iter().all(|n| *n == 0.0) || variance == 0.0 {
            return None;
        }
        let past = self.about(centre);
        let (z, next) = (z - centre, next - centre);
        let mut logs = [[f64::NEG_INFINITY; WAYS.len() * SHARES.len()]; 2];
        let models = WAYS.iter().flat_map(|way| SHARES.map(|share| (way, share)));
        for (idx, ((way, prior), share)) in models.enumerate() {
            let known = Known::new(&past, *way, share, variance);
            let without = known.ln_density(None);
            for (own, logs) in logs.iter_mut().enumerate() {
                let of_next = [0, 1].map(|later| known.ln_density(Some((next, pair(own, later)))));
                logs[idx] =
                    prior.ln() + known.ln_density(Some((z, pair(before, own)))) + ln_sum(&of_next)
                        - without;
            }
        }
        (q[0], q[1]) = (ln_sum(&logs[0]), ln_sum(&logs[1]));
        of_many(&mut q[..2])
    }
}

/// What was learned, as one way and one share of noise take it.
struct Known<'a> {
    past: &'a TwoCoins,
    way: Way,
    sums: Sums,
    share: f64,
    variance: f64,
}

impl Known<'_> {
    fn new(past: &TwoCoins, way: Way, share: f64, variance: f64) -> Known<'_> {
        let mut sums = Sums::default();
        if let Way::Line(at) = way {
            for ((n, z), x) in past.n.iter().zip(&past.z).zip(at) {
                sums.n += n;
                sums.x += n * x;
                sums.xx += n * x * x;
                sums.z += z;
                sums.xz += z * x;
            }
            sums.zz = past.zz;
        }
        Known {
            past,
            way,
            sums,
            share,
            variance,
        }
    }

    /// ln of the density of all values, one more among them if there is one, up to a constant that only hangs on
    /// their number.
    fn ln_density(&self, more: Option<(f64, usize)>) -> f64 {
        let (share, variance) = (self.share, self.variance);
        match self.way {
            Way::Line(at) => {
                let sums = more.map_or(self.sums, |(z, pair)| self.sums.and(z, at[pair]));
                let spread = at.iter().map(|x| x * x).sum::<f64>() / PAIRS as f64;
                sums.ln_density(share, variance, spread)
            }
            Way::Free => {
                // Each pair's mean about the centre, in units of the noise.
                let precision = share / (1.0 - share);
                let (mut scale, mut widths, mut n) = (self.past.zz, 1.0, 0.0);
                for (pair, (&n_pair, &z_pair)) in self.past.n.iter().zip(&self.past.z).enumerate() {
                    let (mut own_n, mut own_z) = (n_pair, z_pair);
                    if let Some((z, _)) = more.filter(|(_, at)| *at == pair) {
                        own_n += 1.0;
                        own_z += z;
                        scale += z * z;
                    }
                    scale -= own_z * own_z / (own_n + precision);
                    widths *= precision / (own_n + precision);
                    n += own_n;
                }
                let prior = 2.0 * share * variance;
                0.5 * (widths * prior * prior).ln()
                    - (1.0 + 0.5 * n) * (prior + scale.max(0.0)).ln()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::null::Dice;
    use crate::numbers::MOST_LEVELS;

    /// Values about two coins, told by their mean: after some blocks a coin is known from its two values.
    #[test]
    fn a_coin_is_told_by_its_own_value_and_the_next() {
        let mut dice = Dice::new(4);
        let coins = dice.coins(40, 2);
        let level = |k: usize| f64::from(coins[k] + coins[k - 1]) * 10.0;
        let values: Vec<f64> = (1..40).map(|k| level(k) + dice.normal()).collect();
        let value = |k: usize| values[k - 1];
        let spread = (10.0, 50.0);
        let (mut past, mut q, mut right) = (TwoCoins::default(), [0.0; MOST_LEVELS], 0);
        for k in 1..39 {
            let (before, own) = (usize::from(coins[k - 1]), usize::from(coins[k]));
            past.predict((value(k), value(k + 1)), before, spread, &mut q);
            right += usize::from(k > 12 && q[own] > 0.9);
            past.learn(value(k), before, own);
        }
        assert!(right >= 25, "{right} of 26");
    }

    /// Nothing was learned, or nothing moves: nothing is said.
    #[test]
    fn without_a_past_there_is_no_opinion() {
        let (mut past, mut q) = (TwoCoins::default(), [0.0; MOST_LEVELS]);
        assert_eq!(past.predict((1.0, 2.0), 0, (0.0, 1.0), &mut q), None);
        past.learn(1.0, 0, 1);
        assert_eq!(past.predict((1.0, 2.0), 0, (0.0, 0.0), &mut q), None);
        assert!(past.predict((1.0, 2.0), 0, (0.0, 1.0), &mut q).is_some());
    }
}
