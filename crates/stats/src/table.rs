//! The table at which all experts of a session sit: one block after the other, for batch and live.

use crate::evidence::{Evidence, LEARNERS_SHARE};
use crate::expert::{Expert, Roles, Rules};
use crate::learner::Learner;
use crate::noise_shares::ln_sum;
use crate::numbers::{Kind, Refused, Settings};
use crate::wealth::{Stakes, Wealth};

/// The experts of one series.
pub(crate) struct Seat {
    pub(crate) roles: Roles,
    /// None where the series does not play.
    pub(crate) experts: Vec<Expert>,
    /// What each expert started with, as shares of the whole stake; 0 if the series does not play.
    pub(crate) stakes: Vec<f64>,
    /// Where the opinions of those that the learner hears begin.
    pub(crate) first_opinion: usize,
}

/// All experts, the learner and their money.
pub(crate) struct Table {
    pub(crate) rules: Rules,
    pub(crate) seats: Vec<Seat>,
    learner: Option<Learner>,
    n_opinions: usize,
    /// How many of the seats are series; those behind them are groups of such.
    n_series: usize,
    opening: usize,
    /// The learner's share of the whole stake.
    learners_share: f64,
    longest_lag: usize,
    /// Whether the stake is mainly bet on two coins at a time, so that what is known at once is what was settled
    /// with the block before.
    by_two: bool,
    /// What prompt experts and the learner staked on each block, and what lagged ones did.
    pub(crate) prompt: Stakes,
    pub(crate) later: Stakes,
}

/// A bet of the learner.
pub(crate) struct LearnersBet {
    law: [f64; 2],
    /// Probability of symbol 1 before the clip.
    q1: f64,
    /// Whether the block is charged, and so nothing can be learned from it.
    lost: bool,
}

impl Table {
    /// `series`: share of the stake, the learner's aside, and kind, the first `n_series` of them series and those behind
    /// them groups. Room for `n_blocks`; more can be pushed.
    pub(crate) fn new(
        series: impl ExactSizeIterator<Item = (f64, Kind)>,
        n_series: usize,
        n_blocks: usize,
        settings: &Settings,
    ) -> Result<Table, Refused> {
        let rules = Rules::new(settings)?;
        let learning = rules.levels == 2 && series.len() > 0;
        let learners = if learning { LEARNERS_SHARE } else { 0.0 };
        let mut learners_share = 0.0;
        let (mut seats, mut priors) = (Vec::with_capacity(series.len()), Vec::new());
        for (weight, kind) in series {
            let roles = Roles::new(kind, settings, learners);
            let plays = weight > 0.0;
            learners_share += weight * roles.learner;
            let first_opinion = priors.len();
            if plays {
                let heard = &roles.shares[..roles.n_heard];
                let whole: f64 = heard.iter().sum();
                priors.extend(heard.iter().map(|share| weight * share / whole));
            }
            let playing = if plays { &roles.all[..] } else { &[] };
            let stake = |share: &f64| (1.0 - roles.learner) * weight * share;
            seats.push(Seat {
                experts: playing.iter().map(Expert::new).collect(),
                stakes: roles.shares.iter().map(stake).collect(),
                first_opinion,
                roles,
            });
        }
        Ok(Table {
            learner: learning.then(|| Learner::new(&priors)),
            n_opinions: priors.len(),
            n_series,
            opening: settings.opening(),
            prompt: Stakes::new(n_blocks, rules.levels),
            later: Stakes::new(n_blocks, rules.levels),
            learners_share,
            longest_lag: settings.latest(),
            by_two: settings.is_by_two(),
            rules,
            seats,
        })
    }

    /// Number of opinions that the learner listens to.
    pub(crate) fn n_opinions(&self) -> usize {
        if self.learner.is_some() {
            self.n_opinions
        } else {
            0
        }
    }

    /// The learner's bet on `block`, if there is one. `lost`: whether the block is charged.
    pub(crate) fn learner_bet(
        &mut self,
        block: usize,
        opinions: &[f32],
        lost: bool,
    ) -> Option<LearnersBet> {
        let learner = self.learner.as_ref()?;
        let (clip, q1) = (self.rules.clip, learner.bet(opinions));
        let law = match lost {
            true => [clip / 2.0; 2],
            false => [1.0 - q1, q1].map(|q| (1.0 - clip) * q + clip / 2.0),
        };
        self.prompt
            .add(block, self.learners_share, learner.wealth, &law);
        Some(LearnersBet { law, q1, lost })
    }

    /// The coin is shown, and the learner's bet wins or loses; then it learns.
    pub(crate) fn learner_settle(
        &mut self,
        bet: Option<LearnersBet>,
        opinions: &[f32],
        symbol: u8,
    ) {
        if let Some((learner, bet)) = self.learner.as_mut().zip(bet) {
            learner.wealth.times(2.0 * bet.law[usize::from(symbol)]);
            if !bet.lost {
                learner.learn(opinions, symbol, bet.q1);
            }
        }
    }

    /// ln of the part of W that is known after the last of these blocks, as `Evidence::prompt_path` has it.
    pub(crate) fn known(&self, symbols: &[u8]) -> f64 {
        let at = match (symbols.len(), self.by_two) {
            (n, _) if n < self.opening.max(1) => return 0.0,
            (n, false) => return self.staked(&self.prompt, n - 1, symbols),
            (n, true) if n == self.opening.max(1) => return 0.0,
            (n, true) => n - 2,
        };
        let both = [&self.prompt, &self.later].map(|stakes| self.staked(stakes, at, symbols));
        ln_sum(&both)
    }

    fn staked(&self, stakes: &Stakes, block: usize, symbols: &[u8]) -> f64 {
        (self.rules.levels as f64).ln() + stakes.ln(block, symbols[block])
    }

    /// Where there is nothing to bet on, the money stays where it is.
    pub(crate) fn rest(&mut self, block: usize) {
        if self.seats.is_empty() {
            let flat = self.rules.flat(1.0);
            let levels = self.rules.levels;
            self.prompt
                .add(block, 1.0, Wealth::new(1.0), &flat[..levels]);
        }
    }

    /// What there is to say after `symbols`, with so many blocks seen. Lagged experts have not bet
    /// on the last ones yet: they leave their money where it is.
    pub(crate) fn evidence(&self, symbols: &[u8], n_seen: usize) -> Evidence {
        let (n, levels) = (symbols.len(), self.rules.levels);
        if n < self.opening {
            return Evidence::waiting(n, self.n_series);
        }
        let mut whole = self.later.clone();
        let flat = self.rules.flat(1.0);
        let (mut series_log_e, mut prompt_series_log_e) = (Vec::new(), Vec::new());
        for seat in &self.seats {
            let each = seat.experts.iter().zip(&seat.roles.all).zip(&seat.stakes);
            for ((expert, role), &stake) in each {
                (n_seen.saturating_sub(role.lag)..n)
                    .for_each(|k| whole.add(k, stake, expert.wealth, &flat[..levels]));
            }
            series_log_e.push(seat.log_e(seat.roles.all.len()));
            prompt_series_log_e.push(match self.by_two {
                true => seat.settled_log_e(),
                false => seat.log_e(seat.roles.n_prompt),
            });
        }
        series_log_e.truncate(self.n_series);
        prompt_series_log_e.truncate(self.n_series);
        whole.merge(&self.prompt);
        let ln_levels = (levels as f64).ln();
        let path_of = |stakes: &Stakes| -> Vec<f64> {
            let coins = symbols.iter().enumerate();
            coins.map(|(k, &s)| ln_levels + stakes.ln(k, s)).collect()
        };
        let coin_path = path_of(&whole);
        let prompt_coin_path = match self.by_two {
            // The last block's is not settled, so it is not known.
            true => one_later(&coin_path),
            false => path_of(&self.prompt),
        };
        // What is not settled yet is still a wealth of 1.
        let watched = |by_coin: &Vec<f64>| {
            let mut path = by_coin.clone();
            path[..self.opening.saturating_sub(1)].fill(0.0);
            path
        };
        let path = watched(&coin_path);
        let prompt_path = match self.by_two {
            true => one_later(&path),
            false => watched(&prompt_coin_path),
        };
        let guesses: Vec<u8> = (0..n).map(|k| whole.favourite(k)).collect();
        Evidence {
            log_e: path.last().copied().unwrap_or(0.0),
            max_log_e: path.iter().copied().fold(0.0, f64::max),
            n,
            settled: n.saturating_sub(self.longest_lag),
            series_log_e,
            prompt_path,
            prompt_series_log_e,
            coin_path,
            prompt_coin_path,
            n_right: guesses.iter().zip(symbols).filter(|(g, s)| g == s).count(),
            guesses,
            path,
        }
    }
}

impl Seat {
    /// How many of its experts have no lag; none where it does not play.
    pub(crate) fn n_prompt(&self) -> usize {
        self.roles.n_prompt.min(self.experts.len())
    }

    /// ln of what its experts had made of a stake of 1 a block ago, when those with a lag of one block had bet on the
    /// same coins as all others.
    fn settled_log_e(&self) -> f64 {
        if self.experts.is_empty() {
            return 0.0;
        }
        let mut sum = Stakes::new(1, 1);
        let each = self
            .experts
            .iter()
            .zip(&self.roles.all)
            .zip(&self.roles.shares);
        for ((expert, role), &share) in each {
            let wealth = if role.lag == 0 {
                expert.before
            } else {
                expert.wealth
            };
            sum.add(0, share, wealth, &[1.0]);
        }
        sum.ln(0, 0)
    }

    /// ln of what the first so many experts made of a stake of 1 shared among all of them; 0 for a
    /// series that does not play.
    fn log_e(&self, n: usize) -> f64 {
        if self.experts.is_empty() {
            return 0.0;
        }
        let mut sum = Stakes::new(1, 1);
        let each = self.experts.iter().zip(&self.roles.shares).take(n);
        each.for_each(|(expert, &share)| sum.add(0, share, expert.wealth, &[1.0]));
        sum.ln(0, 0)
    }
}

/// The path as somebody knows it who hears of each block when the next is over.
fn one_later(path: &[f64]) -> Vec<f64> {
    let known = path.iter().take(path.len().saturating_sub(1));
    std::iter::once(0.0)
        .take(path.len())
        .chain(known.copied())
        .collect()
}
