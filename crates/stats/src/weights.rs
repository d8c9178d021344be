//! What share of the stake each series gets, by how it looks without the coins.
//!
//! Most fields of a log cannot be a loudness that is switched by a coin: they stand still, they count up,
//! they are the same but once. That can be seen in the first values, before a coin is looked at, so those
//! that could be one get more of the stake. It is a choice of weights by Y alone: given Y the weights are
//! fixed before the first coin, and the mixture stays a martingale.

use crate::clusters::Split;

/// Shares of the whole stake that are dealt out by the declared weights, whatever a series looks like; to those
/// that did not move yet, by their declared weights; and by looks.
const DECLARED: f64 = 0.2;
const STILL: f64 = 0.1;
const BY_LOOKS: f64 = 1.0 - DECLARED - STILL;

/// What a series that has not moved looks like.
const NOT_MOVED: f64 = 0.02;

/// How much each doubt leaves over.
const LEAST_APART: f64 = 0.02;
const LEAST_FRESH: f64 = 0.05;
/// Larger than the others: of what happens rarely the few first values are seldom balanced.
const LEAST_BALANCED: f64 = 0.3;

/// How a series looks: how likely its values seem to be switched by coins (only ratios count), and whether it
/// has moved at all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Looks {
    pub(crate) factor: f64,
    pub(crate) still: bool,
}

impl Looks {
    /// Of the first values; NaN where there is none. Three things are asked: whether they fall into two heaps,
    /// whether each is independent of the one before (von Neumann 1941), and whether the heaps are about as large,
    /// as those of a fair coin are.
    pub(crate) fn of(values: &[f64]) -> Looks {
        let mut sorted: Vec<f64> = values.iter().copied().filter(|y| y.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let Some(split) = Split::of(&sorted).filter(|split| split.total > 0.0) else {
            return Looks {
                factor: NOT_MOVED,
                still: true,
            };
        };
        let apart = (-4.0 * split.within / split.total).exp();
        let steps = values
            .windows(2)
            .filter(|pair| pair[0].is_finite() && pair[1].is_finite());
        let (squares, n_steps) = steps.fold((0.0, 0.0), |(sum, n), pair| {
            (sum + (pair[1] - pair[0]).powi(2), n + 1.0f64)
        });
        let neumann = squares / n_steps.max(1.0) / (split.total / split.n);
        let fresh = (-2.0 * (2.0 - neumann).max(0.0).powi(2)).exp();
        let balanced = choose_relative(split.n, split.n_low);
        Looks {
            factor: (apart + LEAST_APART) * (fresh + LEAST_FRESH) * (balanced + LEAST_BALANCED),
            still: false,
        }
    }
}

/// The binomial coefficient of `k` of `n`, as a part of the largest of `n`.
fn choose_relative(n: f64, k: f64) -> f64 {
    let choose = |k: f64| (0..k as usize).fold(1.0, |c, i| c * (n - i as f64) / (i as f64 + 1.0));
    choose(k) / choose((n / 2.0).floor())
}

/// The shares of series with these (declared weight, looks), and behind them of groups, which are dealt a share
/// by looks alone. They add up to 1.
pub(crate) fn shares(own: &[(f64, Looks)], groups: &[(f64, Looks)], reserve: bool) -> Vec<f64> {
    let sum = |part: &mut dyn Iterator<Item = f64>| part.sum::<f64>();
    let declared = sum(&mut own.iter().map(|(w, _)| *w));
    let looks = sum(&mut own.iter().chain(groups).map(|(w, looks)| w * looks.factor));
    let still = sum(&mut own.iter().filter(|(_, looks)| looks.still).map(|(w, _)| *w));
    let dealer = Dealer::new(declared, looks, still, reserve);
    let each = own.iter().map(|&(w, looks)| dealer.own(w, looks));
    each.chain(groups.iter().map(|&(w, looks)| dealer.by_looks(w, looks)))
        .collect()
}

/// What is shared out, for a unit of weight.
struct Dealer {
    declared: f64,
    looks: f64,
    still: f64,
}

impl Dealer {
    fn new(declared: f64, looks: f64, still: f64, reserve: bool) -> Dealer {
        let held = if reserve && still > 0.0 { STILL } else { 0.0 };
        let part = |share: f64, of: f64| if of > 0.0 { share / of } else { 0.0 };
        Dealer {
            // Without looks to go by (no weight at all) nothing is dealt.
            declared: part(1.0 - BY_LOOKS - held, declared),
            looks: part(BY_LOOKS, looks),
            still: part(held, still),
        }
    }

    fn by_looks(&self, weight: f64, looks: Looks) -> f64 {
        self.looks * weight * looks.factor
    }

    fn own(&self, weight: f64, looks: Looks) -> f64 {
        let still = if looks.still { self.still } else { 0.0 };
        (self.declared + still) * weight + self.by_looks(weight, looks)
    }
}

/// The series of a session, with which a planted one has to share the stake.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rivals {
    /// Declared weights are in units of this.
    pub(crate) unit: f64,
    /// Declared weight and looks of each series, and of each group.
    pub(crate) own: Vec<(f64, Looks)>,
    pub(crate) groups: Vec<(f64, Looks)>,
    pub(crate) reserve: bool,
    /// Blocks that are looked at; nothing where the stake is dealt out by declared weights.
    pub(crate) opening: Option<usize>,
    /// What the learner leaves to the series.
    pub(crate) left: f64,
}

impl Rivals {
    /// Share of the whole stake of one series more of this declared weight, with these values in the order of blocks (NaN
    /// where there is none); or of one in the place of the series `instead`.
    pub fn share(&self, instead: Option<usize>, weight: f64, values: &[f64]) -> f64 {
        let weight = match self.unit > 0.0 {
            true => weight / self.unit,
            false => 1.0,
        };
        let own = self.own.iter().enumerate();
        let own = own
            .filter(|(idx, _)| Some(*idx) != instead)
            .map(|(_, looks)| *looks);
        let looks = match self.opening {
            Some(opening) => Looks::of(&values[..opening.min(values.len())]),
            None => Looks::of(&[]),
        };
        let all: Vec<(f64, Looks)> = std::iter::once((weight, looks)).chain(own).collect();
        let share = match self.opening {
            Some(_) => shares(&all, &self.groups, self.reserve)[0],
            None => weight / all.iter().chain(&self.groups).map(|(w, _)| w).sum::<f64>(),
        };
        share * self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switched_field_looks_like_one() {
        let factor = |values: &[f64]| Looks::of(values).factor;
        let switched = factor(&[1., 9., 9., 1., 9., 1., 1., 9., 1., 9., 9., 1.]);
        let counter = factor(&[1., 2., 3., 4., 5., 6., 7., 8., 9., 10., 11., 12.]);
        let once = factor(&[0., 0., 0., 0., 0., 0., 0., 7., 0., 0., 0., 0.]);
        println!("switched {switched:.3}, counter {counter:.4}, once {once:.4}");
        assert!(switched > 10.0 * counter && switched > 2.0 * once);
        let still = Looks::of(&[3.0; 12]);
        assert_eq!((still.factor, still.still), (NOT_MOVED, true));
        assert!(Looks::of(&[f64::NAN; 12]).still);
        // 924 ways to choose 6 of 12, 12 to choose one.
        assert!((choose_relative(12.0, 1.0) - 12.0 / 924.0).abs() < 1e-12);
    }

    #[test]
    fn shares_are_whole() {
        let looks = |factor, still| Looks { factor, still };
        let own = [
            (1.0, looks(0.5, false)),
            (3.0, looks(0.02, true)),
            (0.0, looks(1.0, false)),
        ];
        for reserve in [false, true] {
            let shares = shares(&own, &[(2.0, looks(0.7, false))], reserve);
            assert!(
                (shares.iter().sum::<f64>() - 1.0).abs() < 1e-12,
                "{shares:?}"
            );
            assert_eq!(shares[2], 0.0);
            assert!(shares[1] >= if reserve { STILL } else { 0.0 });
        }
        assert_eq!(super::shares(&[], &[], true), [0.0; 0]);
    }

    #[test]
    fn one_more_series_gets_what_it_would_among_all() {
        let values = [1., 9., 9., 1., 9., 1., 1., 9., 1., 9., 9., 1.];
        let looks = |factor, still| Looks { factor, still };
        let others = [(1.0, looks(0.5, false)), (3.0, looks(0.02, true))];
        let all = [&others[..], &[(2.0, Looks::of(&values))]].concat();
        let rivals = Rivals {
            unit: 1.0,
            own: others.to_vec(),
            groups: Vec::new(),
            reserve: true,
            opening: Some(12),
            left: 0.5,
        };
        let share = rivals.share(None, 2.0, &values);
        assert!((share - 0.5 * shares(&all, &[], true)[2]).abs() < 1e-12);
        let declared = Rivals {
            opening: None,
            ..rivals
        };
        assert_eq!(declared.share(None, 2.0, &values), 0.5 * 2.0 / 6.0);
        assert_eq!(declared.share(Some(1), 3.0, &values), 0.5 * 3.0 / 4.0);
        assert_eq!(Rivals::default().share(None, 3.0, &values), 0.0);
    }
}
