//! One expert: a model of a series in one form, seen with one lag, and the money it has won so far.
//!
//! **Bet on S_k first, learn from S_k afterwards**: [`Expert::bet`], then [`Expert::pay`] and
//! [`Expert::learn`], for every block, in the order of blocks. Batch and live run these same steps.

use crate::looks::{Look, Observation};
use crate::models::{Counts, Labels, Law, Regression, Spread};
use crate::numbers::{Kind, MOST_LEVELS, Missing, Refused, Settings};
use crate::wealth::Wealth;

/// What an expert looks at, with what lag, how it thinks, and its share of its series' stake.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    pub(crate) look: Look,
    pub(crate) lag: usize,
    pub(crate) share: f64,
    mind: Mind,
}

#[derive(Debug, Clone, Copy)]
enum Mind {
    Regression,
    Counts,
    Labels,
}

const fn role(look: Look, lag: usize, share: f64, mind: Mind) -> Role {
    Role {
        look,
        lag,
        share,
        mind,
    }
}

/// The experts of each kind of series, declared before any session; those of lag 0 come first.
const NUMBER: &[Role] = &[
    role(Look::Raw, 0, 0.48, Mind::Regression),
    role(Look::Difference, 0, 0.20, Mind::Regression),
    role(Look::Rank, 0, 0.16, Mind::Regression),
    role(Look::Raw, 1, 0.06, Mind::Regression),
    role(Look::Difference, 1, 0.04, Mind::Regression),
    role(Look::Raw, 2, 0.03, Mind::Regression),
    role(Look::Difference, 2, 0.03, Mind::Regression),
];
const COUNT: &[Role] = &[
    role(Look::Raw, 0, 0.28, Mind::Regression),
    role(Look::Raw, 0, 0.26, Mind::Counts),
    role(Look::Difference, 0, 0.16, Mind::Regression),
    role(Look::Rank, 0, 0.14, Mind::Regression),
    role(Look::Raw, 1, 0.03, Mind::Regression),
    role(Look::Raw, 1, 0.03, Mind::Counts),
    role(Look::Difference, 1, 0.04, Mind::Regression),
    role(Look::Raw, 2, 0.015, Mind::Regression),
    role(Look::Raw, 2, 0.015, Mind::Counts),
    role(Look::Difference, 2, 0.03, Mind::Regression),
];
const CATEGORY: &[Role] = &[
    role(Look::Raw, 0, 0.64, Mind::Labels),
    role(Look::Difference, 0, 0.20, Mind::Labels),
    role(Look::Raw, 1, 0.06, Mind::Labels),
    role(Look::Difference, 1, 0.04, Mind::Labels),
    role(Look::Raw, 2, 0.03, Mind::Labels),
    role(Look::Difference, 2, 0.03, Mind::Labels),
];

/// Longest lag of an expert, blocks.
pub(crate) const LONGEST_LAG: usize = 2;

impl Role {
    /// The block that is bet on when `t` is seen, and the symbol of the block that a difference is
    /// taken to, which is an earlier one.
    #[inline]
    pub(crate) fn block(
        &self,
        t: usize,
        seen: &Observation,
        symbols: &[u8],
    ) -> Option<(usize, Option<u8>)> {
        let block = t.checked_sub(self.lag)?;
        let before = (seen.before as usize).checked_sub(self.lag);
        Some((block, before.and_then(|idx| symbols.get(idx)).copied()))
    }
}

/// The experts of a series that may bet, and how many of them have no lag.
pub(crate) fn roles(kind: Kind, missing: Missing) -> (&'static [Role], usize) {
    let all = match kind {
        Kind::Number => NUMBER,
        Kind::Count => COUNT,
        Kind::Category => CATEGORY,
    };
    let n_prompt = all.iter().take_while(|role| role.lag == 0).count();
    match missing {
        // Charging a lost block is only valid for experts that see nothing later (`Missing`).
        Missing::Charge => (&all[..n_prompt], n_prompt),
        Missing::Drop => (all, n_prompt),
    }
}

/// What is the same for all bets.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) levels: usize,
    pub(crate) clip: f64,
    /// Where the symbols lie, from -1 to 1.
    positions: Law,
}

impl Rules {
    pub(crate) fn new(settings: &Settings) -> Result<Rules, Refused> {
        settings.check()?;
        let levels = usize::from(settings.levels);
        let mut positions = [0.0; MOST_LEVELS];
        let top = (levels - 1) as f64;
        let each = positions[..levels].iter_mut().enumerate();
        each.for_each(|(i, position)| *position = 2.0 * i as f64 / top - 1.0);
        Ok(Rules {
            levels,
            clip: settings.clip,
            positions,
        })
    }

    /// The same for every symbol, `total` in all.
    pub(crate) fn flat(&self, total: f64) -> Law {
        [total / self.levels as f64; MOST_LEVELS]
    }
}

/// One expert at one moment of a session.
#[derive(Debug, Clone)]
pub(crate) struct Expert {
    pub(crate) wealth: Wealth,
    look: Look,
    spread: Spread,
    model: Model,
}

#[derive(Debug, Clone)]
enum Model {
    Regression(Regression),
    Counts(Box<Counts>),
    Labels(Labels),
}

impl Expert {
    pub(crate) fn new(role: &Role) -> Expert {
        Expert {
            wealth: Wealth::new(1.0),
            look: role.look,
            spread: Spread::default(),
            model: match role.mind {
                Mind::Regression => Model::Regression(Regression::default()),
                Mind::Counts => Model::Counts(Box::default()),
                Mind::Labels => Model::Labels(Labels::default()),
            },
        }
    }

    /// Takes in a value as it comes, blind to the coins; before any bet on it.
    #[inline]
    pub(crate) fn see(&mut self, seen: &Observation) {
        let z = seen.through(self.look);
        match &mut self.model {
            Model::Labels(labels) if z.is_finite() => labels.see(z),
            Model::Labels(_) => {}
            Model::Regression(_) | Model::Counts(_) => self.spread.see(z),
        }
    }

    /// States a law in `q` and returns ln(q1/q0) before the clip; 0 (and the uniform law) if it has
    /// no opinion. `before`: the symbol of the block that a difference is taken to. A block that is
    /// charged as lost is bet on in the worst way.
    #[inline]
    pub(crate) fn bet(
        &self,
        seen: &Observation,
        before: Option<u8>,
        charged: bool,
        rules: &Rules,
        q: &mut Law,
    ) -> f64 {
        let (levels, uniform) = (rules.levels, rules.clip / rules.levels as f64);
        if charged {
            q[..levels].fill(uniform);
            return 0.0;
        }
        let Some(opinion) = self.opinion(seen, before, rules, q) else {
            q[..levels].fill(1.0 / levels as f64);
            return 0.0;
        };
        q[..levels]
            .iter_mut()
            .for_each(|q| *q = (1.0 - rules.clip) * *q + uniform);
        opinion
    }

    #[inline]
    fn opinion(
        &self,
        seen: &Observation,
        before: Option<u8>,
        rules: &Rules,
        q: &mut Law,
    ) -> Option<f64> {
        let (z, levels) = (seen.through(self.look), rules.levels);
        let base = self.base(before)?;
        if !z.is_finite() {
            return None;
        }
        match &self.model {
            Model::Labels(labels) => {
                let (first, classes) = self.classes(before, levels);
                labels.predict(z, first, classes, levels, q)
            }
            Model::Regression(past) => {
                let variance = self.spread.variance();
                if past.n == 0.0 || variance == 0.0 {
                    return None;
                }
                // Ranks of unrelated values are uniform: mean 1/2, variance 1/12.
                let (centre, variance) = match self.look {
                    Look::Rank => (0.5, 1.0 / 12.0),
                    Look::Raw | Look::Difference => (self.spread.mean, variance),
                };
                let origin = self.spread.origin;
                past.predict(
                    z - origin,
                    centre - origin,
                    variance,
                    base.map_or(0.0, |s| rules.positions[usize::from(s)]),
                    &rules.positions[..levels],
                    q,
                )
            }
            Model::Counts(past) => {
                let moves = self.spread.variance() > 0.0;
                moves.then(|| past.predict(z, self.spread.mean, levels, q))?
            }
        }
    }

    /// The coin is shown, and the bet `q` wins or loses.
    #[inline]
    pub(crate) fn pay(&mut self, symbol: u8, rules: &Rules, q: &Law) {
        self.wealth
            .times(rules.levels as f64 * q[usize::from(symbol)]);
    }

    /// Learns from a block whose coin is known, after it was bet on.
    #[inline]
    pub(crate) fn learn(
        &mut self,
        seen: &Observation,
        before: Option<u8>,
        symbol: u8,
        rules: &Rules,
    ) {
        let (z, own) = (seen.through(self.look), usize::from(symbol));
        let Some(base) = self.base(before).filter(|_| z.is_finite()) else {
            return;
        };
        let (first, classes) = self.classes(before, rules.levels);
        match &mut self.model {
            Model::Labels(labels) => labels.learn(z, first + own, classes),
            Model::Regression(past) => {
                let base = base.map_or(0.0, |s| rules.positions[usize::from(s)]);
                past.learn(z - self.spread.origin, rules.positions[own] - base);
            }
            Model::Counts(past) => past.learn(z, self.spread.mean, own),
        }
    }

    /// The symbol that a difference also depends on: it is known by now. `None` if it is not, and
    /// so nothing can be said; `Some(None)` for what is no difference.
    #[inline]
    fn base(&self, before: Option<u8>) -> Option<Option<u8>> {
        match self.look {
            Look::Difference => before.map(Some),
            Look::Raw | Look::Rank => Some(None),
        }
    }

    /// Classes of a category, and which is that of symbol 0: whether it changed may hang on both
    /// symbols.
    fn classes(&self, before: Option<u8>, levels: usize) -> (usize, usize) {
        match (self.look, before) {
            (Look::Difference, Some(before)) => (usize::from(before) * levels, levels * levels),
            _ => (0, levels),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_and_prompt_experts_come_first() {
        for kind in [Kind::Number, Kind::Count, Kind::Category] {
            let (all, n_prompt) = roles(kind, Missing::Drop);
            let whole: f64 = all.iter().map(|role| role.share).sum();
            assert!((whole - 1.0).abs() < 1e-12, "{kind:?}: {whole}");
            let (prompt, later) = all.split_at(n_prompt);
            assert!(prompt.iter().all(|role| role.lag == 0));
            assert!(
                later
                    .iter()
                    .all(|role| (1..=LONGEST_LAG).contains(&role.lag))
            );
        }
    }
}
