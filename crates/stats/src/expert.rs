//! One expert: a model of a series in one form, seen with one lag, and the money it has won so far.
//!
//! **Bet on S_k first, learn from S_k afterwards**: [`Expert::bet`], then [`Expert::pay`] and
//! [`Expert::learn`], for every block, in the order of blocks. Batch and live run these same steps.

use crate::clusters::Agreement;
use crate::digits::Digits;
use crate::evidence::WIDE_SHARE;
use crate::looks::{Look, Observation};
use crate::models::{Counts, Labels, Law, Regression, Spread};
use crate::moments::Moments;
use crate::noise_shares;
use crate::numbers::{Kind, LEAST_LAG, MOST_LEVELS, Missing, Refused, Settings};
use crate::two_coins::TwoCoins;
use crate::wealth::Wealth;

/// What an expert looks at, with what lag, how it thinks, and its share of its series' stake.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Role {
    pub(crate) look: Look,
    pub(crate) lag: usize,
    pub(crate) share: f64,
    /// Whether it is one of those that look for more than a shift of the mean: they share a stake of
    /// their own, and the learner does not hear them.
    pub(crate) wide: bool,
    mind: Mind,
}

#[derive(Debug, Clone, Copy)]
enum Mind {
    Regression,
    Counts,
    Labels,
    Moments,
    /// A line that learns how much is noise.
    NoiseShares,
    /// How often the value's cluster and the coin agreed; two levels only.
    Agreement,
    /// The value and the next, by two coins each.
    TwoCoins,
    /// By the symbol of the value before as well: what is sent half a block off the grid speaks of both.
    Pairs,
    Digits,
}

const fn role(look: Look, lag: usize, share: f64, mind: Mind) -> Role {
    Role {
        look,
        lag,
        share,
        wide: false,
        mind,
    }
}

const fn wide(look: Look, share: f64, mind: Mind) -> Role {
    Role {
        wide: true,
        ..role(look, 0, share, mind)
    }
}

/// The experts of each kind of series, declared before any session; those of lag 0 come first.
const NUMBER: &[Role] = &[
    role(Look::Raw, 0, 0.20, Mind::Regression),
    role(Look::Difference, 0, 0.12, Mind::Regression),
    role(Look::Rank, 0, 0.06, Mind::Regression),
    role(Look::Cluster, 0, 0.26, Mind::Agreement),
    role(Look::Raw, 0, 0.26, Mind::NoiseShares),
    role(Look::Raw, 1, 0.04, Mind::Regression),
    role(Look::Difference, 1, 0.02, Mind::Regression),
    role(Look::Raw, 2, 0.02, Mind::Regression),
    role(Look::Difference, 2, 0.02, Mind::Regression),
];
const COUNT: &[Role] = &[
    role(Look::Raw, 0, 0.12, Mind::Regression),
    role(Look::Raw, 0, 0.20, Mind::Counts),
    role(Look::Difference, 0, 0.10, Mind::Regression),
    role(Look::Rank, 0, 0.06, Mind::Regression),
    role(Look::Cluster, 0, 0.20, Mind::Agreement),
    role(Look::Raw, 0, 0.20, Mind::NoiseShares),
    role(Look::Raw, 1, 0.03, Mind::Regression),
    role(Look::Raw, 1, 0.02, Mind::Counts),
    role(Look::Difference, 1, 0.02, Mind::Regression),
    role(Look::Raw, 2, 0.02, Mind::Regression),
    role(Look::Raw, 2, 0.01, Mind::Counts),
    role(Look::Difference, 2, 0.02, Mind::Regression),
];

/// The experts where neither clusters nor noise shares are tried (`Parts::experts`).
const NUMBER_BY_LINES: &[Role] = &[
    role(Look::Raw, 0, 0.48, Mind::Regression),
    role(Look::Difference, 0, 0.20, Mind::Regression),
    role(Look::Rank, 0, 0.16, Mind::Regression),
    role(Look::Raw, 1, 0.06, Mind::Regression),
    role(Look::Difference, 1, 0.04, Mind::Regression),
    role(Look::Raw, 2, 0.03, Mind::Regression),
    role(Look::Difference, 2, 0.03, Mind::Regression),
];
const COUNT_BY_LINES: &[Role] = &[
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

/// Those that look for more than a shift of the mean; what is left of 1 is for longer lags.
const WIDE_NUMBER: &[Role] = &[
    wide(Look::Raw, 0.10, Mind::Moments),
    wide(Look::Difference, 0.03, Mind::Moments),
    wide(Look::Raw, 0.18, Mind::Pairs),
    wide(Look::Magnitude, 0.13, Mind::Regression),
    wide(Look::Label, 0.12, Mind::Labels),
    wide(Look::Raw, 0.12, Mind::Digits),
    wide(Look::Before, 0.11, Mind::Regression),
    wide(Look::Before, 0.01, Mind::Moments),
];
const WIDE_CATEGORY: &[Role] = &[wide(Look::Before, 0.40, Mind::Labels)];

/// Bets on a block when the next is seen; its share of the whole stake is the settings'.
const TWO_COINS: Role = role(Look::Raw, 1, 1.0, Mind::TwoCoins);

/// Share of each expert with a longer lag in the stake of the wide ones.
const FAR: f64 = 0.015;

impl Role {
    /// Whether the block counts as lost, by whether it and the one before it are.
    pub(crate) fn is_lost(&self, own: bool, before: bool) -> bool {
        own || (before && self.look == Look::Before)
    }

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

/// The experts of a series that may bet. Those without a lag come first, and of them those that the
/// learner hears.
#[derive(Debug, Clone)]
pub(crate) struct Roles {
    pub(crate) all: Vec<Role>,
    /// How many have no lag.
    pub(crate) n_prompt: usize,
    /// How many the learner hears.
    pub(crate) n_heard: usize,
    /// What each gets of a stake of 1 that the series has.
    pub(crate) shares: Vec<f64>,
    /// What the series leaves to the learner of a stake of 1 that both have.
    pub(crate) learner: f64,
}

impl Roles {
    /// `learner`: the learner's share of a stake that is bet coin by coin, which those that it does not hear do
    /// not pay.
    pub(crate) fn new(kind: Kind, settings: &Settings, learner: f64) -> Roles {
        let plain = match settings.parts_on().experts {
            true => (NUMBER, COUNT),
            false => (NUMBER_BY_LINES, COUNT_BY_LINES),
        };
        let (plain, wide, far) = match kind {
            Kind::Number => (plain.0, WIDE_NUMBER, Mind::Regression),
            Kind::Count => (plain.1, WIDE_NUMBER, Mind::Regression),
            Kind::Category => (CATEGORY, WIDE_CATEGORY, Mind::Labels),
        };
        let is_prompt = |role: &&Role| role.lag == 0;
        let mut all: Vec<Role> = plain.iter().take_while(is_prompt).copied().collect();
        let n_heard = all.len();
        all.extend(wide);
        let n_prompt = all.len();
        let longest_lag = settings.latest();
        // Charging a lost block is only valid for experts that see nothing later (`Missing`).
        if settings.missing == Missing::Drop {
            let later = plain[n_heard..].iter();
            all.extend(later.filter(|role| role.lag <= longest_lag));
            let later = LEAST_LAG + 1..=longest_lag;
            all.extend(later.map(|lag| Role {
                wide: true,
                ..role(Look::Raw, lag, FAR, far)
            }));
        }
        let of = |wide: bool| -> f64 {
            let same = all.iter().filter(|role| role.wide == wide);
            same.map(|role| role.share).sum()
        };
        let plain = (1.0 - WIDE_SHARE - learner) / of(false);
        let wide = WIDE_SHARE / of(true);
        let two_coins = match kind {
            Kind::Category => 0.0,
            Kind::Number | Kind::Count => settings.two_coins_on(),
        };
        // What the series and the learner do not share.
        let whole = 1.0 - learner * (1.0 - two_coins);
        let shares = all.iter().map(|role| {
            let factor = if role.wide { wide } else { plain };
            role.share * factor * (1.0 - two_coins) / whole
        });
        let mut shares: Vec<f64> = shares.collect();
        if two_coins > 0.0 {
            all.push(TWO_COINS);
            shares.push(two_coins / whole);
        }
        Roles {
            shares,
            all,
            n_prompt,
            n_heard,
            learner: learner * (1.0 - two_coins),
        }
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
    /// Before its last bet.
    pub(crate) before: Wealth,
    look: Look,
    wide: bool,
    spread: Spread,
    model: Model,
}

#[derive(Debug, Clone)]
enum Model {
    Regression(Regression),
    Counts(Box<Counts>),
    NoiseShares(Regression),
    Agreement(Agreement),
    TwoCoins(Box<TwoCoins>),
    Labels(Labels),
    Moments(Box<Moments>),
    Pairs(Box<Moments>),
    Digits(Box<Digits>),
}

impl Expert {
    pub(crate) fn new(role: &Role) -> Expert {
        Expert {
            wealth: Wealth::new(1.0),
            before: Wealth::new(1.0),
            look: role.look,
            wide: role.wide,
            spread: Spread::default(),
            model: match role.mind {
                Mind::Regression => Model::Regression(Regression::default()),
                Mind::NoiseShares => Model::NoiseShares(Regression::default()),
                Mind::Agreement => Model::Agreement(Agreement::default()),
                Mind::TwoCoins => Model::TwoCoins(Box::default()),
                Mind::Counts => Model::Counts(Box::default()),
                Mind::Labels => Model::Labels(Labels::default()),
                Mind::Moments => Model::Moments(Box::default()),
                Mind::Pairs => Model::Pairs(Box::default()),
                Mind::Digits => Model::Digits(Box::default()),
            },
        }
    }

    /// Takes in a value as it comes, blind to the coins; before any bet on it.
    #[inline]
    pub(crate) fn see(&mut self, seen: &Observation) {
        self.gather(seen);
        self.attend(seen);
    }

    /// What is known of all values, blind to the coins: may run ahead of the bets.
    #[inline]
    pub(crate) fn gather(&mut self, seen: &Observation) {
        let z = seen.through(self.look);
        match &mut self.model {
            Model::Labels(labels) if z.is_finite() => labels.see(z),
            Model::Labels(_) | Model::Digits(_) | Model::Agreement(_) => {}
            Model::Regression(_)
            | Model::NoiseShares(_)
            | Model::TwoCoins(_)
            | Model::Counts(_)
            | Model::Moments(_)
            | Model::Pairs(_) => self.spread.see(z),
        }
    }

    /// Looks at the value that is bet on next.
    #[inline]
    pub(crate) fn attend(&mut self, seen: &Observation) {
        if let Model::Digits(digits) = &mut self.model {
            digits.see(seen.through(self.look));
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
                if past.n == 0.0 || variance == 0.0 || (self.wide && !past.speaks()) {
                    return None;
                }
                // Ranks of unrelated values are uniform: mean 1/2, variance 1/12.
                let (centre, variance) = match self.look {
                    Look::Rank => (0.5, 1.0 / 12.0),
                    _ => (self.spread.mean, variance),
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
            Model::NoiseShares(past) => {
                let (variance, origin) = (self.spread.variance(), self.spread.origin);
                if past.n == 0.0 || variance == 0.0 {
                    return None;
                }
                let centre = self.spread.mean - origin;
                let positions = &rules.positions[..levels];
                noise_shares::predict(past, z - origin, centre, variance, positions, q)
            }
            Model::Agreement(past) => past.predict(z, q),
            Model::TwoCoins(past) => {
                let (variance, origin) = (self.spread.variance(), self.spread.origin);
                let both = (seen.previous - origin, z - origin);
                let spread = (self.spread.mean - origin, variance);
                let before = usize::from(before.filter(|_| both.0.is_finite())?);
                past.predict(both, before, spread, q)
            }
            Model::Moments(past) => past.predict(z, &self.spread, 0, levels, q),
            Model::Pairs(past) => {
                let first = usize::from(before?) * levels;
                past.predict(z, &self.spread, first, levels, q)
            }
            Model::Digits(digits) => digits.predict(levels, q),
            Model::Counts(past) => {
                let moves = self.spread.variance() > 0.0;
                moves.then(|| past.predict(z, self.spread.mean, levels, q))?
            }
        }
    }

    /// The coin is shown, and the bet `q` wins or loses.
    #[inline]
    pub(crate) fn pay(&mut self, symbol: u8, rules: &Rules, q: &Law) {
        self.before = self.wealth;
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
            Model::NoiseShares(past) => {
                past.learn(z - self.spread.origin, rules.positions[own]);
            }
            Model::Agreement(past) => past.learn(z, own),
            Model::TwoCoins(past) => {
                let z = seen.previous - self.spread.origin;
                if let Some(before) = before.filter(|_| z.is_finite()) {
                    past.learn(z, usize::from(before), own);
                }
            }
            Model::Counts(past) => past.learn(z, self.spread.mean, own),
            Model::Moments(past) => past.learn(z, own),
            Model::Pairs(past) => {
                if let Some(before) = before {
                    past.learn(z, usize::from(before) * rules.levels + own);
                }
            }
            Model::Digits(digits) => digits.learn(own, rules.levels),
        }
    }

    /// The symbol that a difference also depends on: it is known by now. `None` if it is not, and
    /// so nothing can be said; `Some(None)` for what is no difference.
    #[inline]
    fn base(&self, before: Option<u8>) -> Option<Option<u8>> {
        match self.look {
            Look::Difference => before.map(Some),
            _ => Some(None),
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
            for (missing, longest_lag) in [
                (Missing::Drop, 2),
                (Missing::Drop, 15),
                (Missing::Charge, 15),
            ] {
                let settings = Settings {
                    missing,
                    longest_lag,
                    ..Settings::default()
                };
                let roles = Roles::new(kind, &settings, 0.45);
                let whole: f64 = roles.shares.iter().sum();
                assert!((whole - 1.0).abs() < 1e-12, "{kind:?}: {whole}");
                let (prompt, later) = roles.all.split_at(roles.n_prompt);
                assert!(prompt.iter().all(|role| role.lag == 0));
                assert!(
                    later
                        .iter()
                        .all(|role| (1..=longest_lag).contains(&role.lag))
                );
                assert!(prompt[..roles.n_heard].iter().all(|role| !role.wide));
                assert!(prompt[roles.n_heard..].iter().all(|role| role.wide));
                let wide = roles
                    .all
                    .iter()
                    .zip(&roles.shares)
                    .filter(|(role, _)| role.wide);
                let wide: f64 = wide.map(|(_, share)| share * 0.55).sum();
                assert!((wide - WIDE_SHARE).abs() < 1e-12, "{kind:?}: {wide}");
            }
        }
    }
}
