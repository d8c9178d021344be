//! The table at which all experts of a session sit: one block after the other, for batch and live.

use crate::evidence::{Evidence, LEARNERS_SHARE};
use crate::expert::{self, Expert, Role, Rules};
use crate::learner::Learner;
use crate::numbers::{Kind, Refused, Settings};
use crate::wealth::{Stakes, Wealth};

/// The experts of one series.
pub(crate) struct Seat {
    pub(crate) roles: &'static [Role],
    pub(crate) n_prompt: usize,
    pub(crate) experts: Vec<Expert>,
    /// What each expert started with, as shares of the whole stake; 0 if the series does not play.
    pub(crate) stakes: Vec<f64>,
    /// Where the opinions of its prompt experts begin, for the learner.
    pub(crate) first_opinion: usize,
}

/// All experts, the learner and their money.
pub(crate) struct Table {
    pub(crate) rules: Rules,
    pub(crate) seats: Vec<Seat>,
    learner: Option<Learner>,
    n_opinions: usize,
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
    /// `weights` are normalised. Room for `n_blocks`; more can be pushed.
    pub(crate) fn new(
        series: impl ExactSizeIterator<Item = (f64, Kind)>,
        n_blocks: usize,
        settings: &Settings,
    ) -> Result<Table, Refused> {
        let rules = Rules::new(settings)?;
        let learning = rules.levels == 2 && series.len() > 0;
        let for_series = if learning { 1.0 - LEARNERS_SHARE } else { 1.0 };
        let (mut seats, mut priors) = (Vec::with_capacity(series.len()), Vec::new());
        for (weight, kind) in series {
            let (roles, n_prompt) = expert::roles(kind, settings.missing);
            let whole: f64 = roles.iter().map(|role| role.share).sum();
            let plays = weight > 0.0;
            let first_opinion = priors.len();
            if plays {
                let prompt = roles[..n_prompt].iter();
                priors.extend(prompt.map(|role| weight * role.share / whole));
            }
            let playing = if plays { roles } else { &[] };
            seats.push(Seat {
                roles,
                n_prompt: if plays { n_prompt } else { 0 },
                experts: playing.iter().map(Expert::new).collect(),
                stakes: roles
                    .iter()
                    .map(|role| for_series * weight * role.share / whole)
                    .collect(),
                first_opinion,
            });
        }
        Ok(Table {
            learner: learning.then(|| Learner::new(&priors)),
            n_opinions: priors.len(),
            prompt: Stakes::new(n_blocks, rules.levels),
            later: Stakes::new(n_blocks, rules.levels),
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
        self.prompt.add(block, LEARNERS_SHARE, learner.wealth, &law);
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
        let mut whole = self.later.clone();
        let flat = self.rules.flat(1.0);
        let (mut series_log_e, mut prompt_series_log_e) = (Vec::new(), Vec::new());
        for seat in &self.seats {
            let each = seat.experts.iter().zip(seat.roles).zip(&seat.stakes);
            for ((expert, role), &stake) in each {
                (n_seen.saturating_sub(role.lag)..n)
                    .for_each(|k| whole.add(k, stake, expert.wealth, &flat[..levels]));
            }
            series_log_e.push(seat.log_e(seat.roles.len()));
            prompt_series_log_e.push(seat.log_e(seat.n_prompt));
        }
        whole.merge(&self.prompt);
        let ln_levels = (levels as f64).ln();
        let path_of = |stakes: &Stakes| -> Vec<f64> {
            let coins = symbols.iter().enumerate();
            coins.map(|(k, &s)| ln_levels + stakes.ln(k, s)).collect()
        };
        let (prompt_path, path) = (path_of(&self.prompt), path_of(&whole));
        let guesses: Vec<u8> = (0..n).map(|k| whole.favourite(k)).collect();
        Evidence {
            log_e: path.last().copied().unwrap_or(0.0),
            max_log_e: path.iter().copied().fold(0.0, f64::max),
            n,
            settled: n.saturating_sub(expert::LONGEST_LAG),
            series_log_e,
            prompt_path,
            prompt_series_log_e,
            n_right: guesses.iter().zip(symbols).filter(|(g, s)| g == s).count(),
            guesses,
            path,
        }
    }
}

impl Seat {
    /// ln of what the first so many experts made of a stake of 1 shared among all of them; 0 for a
    /// series that does not play.
    fn log_e(&self, n: usize) -> f64 {
        if self.experts.is_empty() {
            return 0.0;
        }
        let whole: f64 = self.roles.iter().map(|role| role.share).sum();
        let mut sum = Stakes::new(1, 1);
        let each = self.experts.iter().zip(self.roles).take(n);
        each.for_each(|(expert, role)| sum.add(0, role.share / whole, expert.wealth, &[1.0]));
        sum.ln(0, 0)
    }
}
