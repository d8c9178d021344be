//! Two clusters in the values of a series, found without the coins, and how often they agreed with them.
//!
//! Where a leak is clean its values fall into two heaps. Which value lies in which heap can be seen before
//! any coin; all that is left to learn from the coins is which heap is the loud one, which takes a block or
//! two, where a line through the values takes several.

use crate::models::{Law, ln_gamma};

/// Values up to which the best split is sought among all; later ones go to the nearer mean.
const EXACT: usize = 64;

/// Variance within a cluster that is assumed beside what was seen, in units of the squared distance of the
/// means: a few values that lie close by chance are no proof that all will.
const LEAST_WITHIN: f64 = 0.01;

/// The best split of some numbers in two: the one with the least sum of squares within the parts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Split {
    pub(crate) n: f64,
    pub(crate) n_low: f64,
    pub(crate) means: [f64; 2],
    /// Sums of squares within the parts, and about the mean of all.
    pub(crate) within: f64,
    pub(crate) total: f64,
}

impl Split {
    /// `sorted`: rising. Nothing where all are the same. O(n).
    pub(crate) fn of(sorted: &[f64]) -> Option<Split> {
        let (first, last) = (*sorted.first()?, *sorted.last()?);
        let n = sorted.len() as f64;
        // About the first value, and in units of the range, so that neither offset nor size costs digits.
        let (range, unit) = (last - first, 1.0 / (last - first));
        if !(range > 1e-12 * first.abs().max(last.abs()) && unit.is_finite()) {
            return None;
        }
        let scaled = |y: &f64| (y - first) * unit;
        let sum: f64 = sorted.iter().map(scaled).sum();
        let squares: f64 = sorted.iter().map(|y| scaled(y).powi(2)).sum();
        let (mut low, mut best) = (0.0, (f64::NEG_INFINITY, 0.0, 0.0));
        for (k, pair) in sorted.windows(2).enumerate() {
            low += scaled(&pair[0]);
            if pair[0] == pair[1] {
                continue;
            }
            let n_low = (k + 1) as f64;
            let high = sum - low;
            let between = low * low / n_low + high * high / (n - n_low);
            if between > best.0 {
                best = (between, n_low, low);
            }
        }
        let (between, n_low, low) = best;
        let means = [low / n_low, (sum - low) / (n - n_low)];
        let area = range * range;
        Some(Split {
            n,
            n_low,
            means: means.map(|mean| first + mean * range),
            within: (squares - between).max(0.0) * area,
            total: (squares - sum * sum / n).max(0.0) * area,
        })
    }
}

/// The two clusters of a series so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clusters {
    /// The first values, rising.
    sorted: Vec<f64>,
    split: Option<Split>,
}

impl Clusters {
    /// Takes in one more value.
    pub(crate) fn see(&mut self, y: f64) {
        if self.sorted.len() < EXACT {
            let at = self.sorted.partition_point(|v| *v < y);
            self.sorted.insert(at, y);
            self.split = Split::of(&self.sorted);
            return;
        }
        let Some(split) = &mut self.split else {
            // Nothing moved among the first ones: begin again from here.
            self.sorted.remove(0);
            self.see(y);
            return;
        };
        let [low, high] = split.means;
        let side = usize::from(y > 0.5 * (low + high));
        split.n += 1.0;
        split.n_low += if side == 0 { 1.0 } else { 0.0 };
        let n = if side == 0 {
            split.n_low
        } else {
            split.n - split.n_low
        };
        let d = y - split.means[side];
        split.means[side] += d / n;
        split.within += d * (y - split.means[side]);
    }

    /// How likely it is that `y` lies in the upper cluster; NaN where there are no two.
    pub(crate) fn label(&self, y: f64) -> f64 {
        let Some(split) = self.split else {
            return f64::NAN;
        };
        let [low, high] = split.means;
        let gap = high - low;
        let within = split.within / (split.n - 2.0).max(1.0) + LEAST_WITHIN * gap * gap;
        let logit = (y - 0.5 * (low + high)) * gap / within;
        1.0 / (1.0 + (-logit).exp())
    }
}

/// Prior of the rate at which the upper cluster agrees with symbol 1, or with symbol 0 (as likely): a leak
/// worth betting on agrees nearly always.
const RIGHT: f64 = 10.0;
const WRONG: f64 = 0.5;

/// How often cluster and coin agreed: beta-binomial laws of two hypotheses, the one the mirror of the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agreement {
    agreed: f64,
    differed: f64,
}

impl Agreement {
    /// `label`: how likely the upper cluster is.
    pub(crate) fn learn(&mut self, label: f64, symbol: usize) {
        let agrees = if symbol == 1 { label } else { 1.0 - label };
        self.agreed += agrees;
        self.differed += 1.0 - agrees;
    }

    /// Writes the probability of both symbols into `q`; returns ln(q1/q0).
    pub(crate) fn predict(&self, label: f64, q: &mut Law) -> Option<f64> {
        let (a, d) = (self.agreed, self.differed);
        if a + d == 0.0 {
            return None;
        }
        // ln of how much likelier agreement made what was seen than its mirror.
        let odds =
            ln_gamma(RIGHT + a) - ln_gamma(WRONG + a) + ln_gamma(WRONG + d) - ln_gamma(RIGHT + d);
        let share = 1.0 / (1.0 + (-odds).exp());
        let n = RIGHT + WRONG + a + d;
        let agrees = (share * (RIGHT + a) + (1.0 - share) * (WRONG + a)) / n;
        q[1] = label * agrees + (1.0 - label) * (1.0 - agrees);
        q[0] = 1.0 - q[1];
        let logit = (q[1] / q[0]).ln();
        logit.is_finite().then_some(logit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::null::Dice;
    use crate::numbers::MOST_LEVELS;

    /// Against every split tried one by one.
    #[test]
    fn the_best_split_is_the_best() {
        let mut dice = Dice::new(3);
        for round in 0..50 {
            let value =
                |dice: &mut Dice| (dice.normal() * 4.0).round() + 1e6 * f64::from(round % 2);
            let mut values: Vec<f64> = (0..12).map(|_| value(&mut dice)).collect();
            values.sort_by(f64::total_cmp);
            let split = Split::of(&values).unwrap();
            let squares = |part: &[f64]| {
                let mean = part.iter().sum::<f64>() / part.len() as f64;
                part.iter().map(|y| (y - mean).powi(2)).sum::<f64>()
            };
            let each = (1..12).map(|k| squares(&values[..k]) + squares(&values[k..]));
            let least = each.fold(f64::INFINITY, f64::min);
            assert!(
                (split.within - least).abs() < 1e-6,
                "{values:?}: {split:?} {least}"
            );
            assert!((split.total - squares(&values)).abs() < 1e-6);
        }
        assert_eq!(Split::of(&[2.0; 5]), None);
        assert_eq!(Split::of(&[]), None);
    }

    #[test]
    fn values_are_told_by_the_nearer_heap() {
        let mut clusters = Clusters::default();
        for k in 0..200 {
            clusters.see(f64::from(k % 2) * 10.0 + f64::from(k % 7) * 0.1);
            if k == 0 {
                assert!(clusters.label(0.0).is_nan());
            }
        }
        assert!(clusters.label(0.2) < 0.01 && clusters.label(10.1) > 0.99);
        assert!((clusters.label(5.3) - 0.5).abs() < 0.1);
    }

    /// By hand: after one agreement the odds of the two hypotheses are 10 to 0.5, and the next agrees with
    /// 20/21 * 11/11.5 + 1/21 * 1.5/11.5.
    #[test]
    fn one_coin_names_the_loud_heap() {
        let (mut agreement, mut q) = (Agreement::default(), [0.0; MOST_LEVELS]);
        assert_eq!(agreement.predict(1.0, &mut q), None);
        agreement.learn(1.0, 1);
        agreement.predict(1.0, &mut q).unwrap();
        let expected = 20.0 / 21.0 * 11.0 / 11.5 + 1.0 / 21.0 * 1.5 / 11.5;
        assert!((q[1] - expected).abs() < 1e-9, "{q:?} {expected}");
        agreement.predict(0.0, &mut q).unwrap();
        assert!((q[0] - expected).abs() < 1e-9, "{q:?} {expected}");
    }
}
