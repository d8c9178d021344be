//! The test itself: numbers made ready, then held against coins.

use std::ops::Range;

use crate::evidence::{Evidence, LEARNERS_SHARE};
use crate::expert::{Expert, Role, Roles, Rules};
use crate::looks::{Eye, Observation};
use crate::numbers::{Kind, MOST_LEVELS, Missing, Numbers, Refused, Settings, Value, normalised};
use crate::table::Table;
use crate::wealth::Stakes;

/// Numbers with everything computed that does not depend on the coins.
#[derive(Debug, Clone)]
pub struct Prepared {
    n_blocks: usize,
    settings: Settings,
    /// Normalised prior weights of the series.
    weights: Vec<f64>,
    series: Vec<Blind>,
}

/// One series, seen without coins.
#[derive(Debug, Clone)]
struct Blind {
    kind: Kind,
    seen: Vec<Observation>,
    /// Where blocks are charged; `None` if none is.
    lost: Option<Vec<bool>>,
}

/// Blocks that all experts bet on before the learner does: what they think of these has to fit into
/// the processor's cache, for any number of blocks.
const STRETCH: usize = 64;

impl Prepared {
    /// Prepares; O(blocks log blocks) a series. 32 bytes for each series and block.
    pub fn new(numbers: Numbers, settings: Settings) -> Prepared {
        let charge = settings.missing == Missing::Charge;
        let series = numbers.kinds.into_iter().zip(numbers.values);
        Prepared {
            n_blocks: numbers.n_blocks,
            weights: normalised(&numbers.weights),
            // One after the other, so that what is done with is given back.
            series: series
                .map(|(kind, values)| Blind::new(kind, values, charge))
                .collect(),
            settings,
        }
    }

    /// Number of blocks.
    pub fn n_blocks(&self) -> usize {
        self.n_blocks
    }

    /// Tests the numbers against `symbols`, one a block. O(series x blocks).
    pub fn test(&self, symbols: &[u8]) -> Result<Evidence, Refused> {
        self.check(symbols)?;
        let series = self.weights.iter().zip(&self.series);
        let series = series.map(|(&weight, blind)| (weight, blind.kind));
        let mut table = Table::new(series, self.n_blocks, &self.settings)?;
        let n_opinions = table.n_opinions();
        let mut opinions = vec![0f32; n_opinions * STRETCH.min(self.n_blocks)];
        for from in (0..self.n_blocks).step_by(STRETCH) {
            let blocks = from..(from + STRETCH).min(self.n_blocks);
            for (seat, blind) in table.seats.iter_mut().zip(&self.series) {
                let (prompt, later) = (&mut table.prompt, &mut table.later);
                for idx in 0..seat.experts.len() {
                    let heard = idx < seat.roles.n_heard && n_opinions > 0;
                    let mut listen = |t: usize, opinion| {
                        if heard {
                            opinions[(t - from) * n_opinions + seat.first_opinion + idx] = opinion;
                        }
                    };
                    let game = Game {
                        role: &seat.roles.all[idx],
                        rules: &table.rules,
                        symbols,
                        learn_first: self.settings.learn_first(),
                    };
                    let stakes = if idx < seat.roles.n_prompt {
                        &mut *prompt
                    } else {
                        &mut *later
                    };
                    let stake = (seat.stakes[idx], stakes);
                    let expert = &mut seat.experts[idx];
                    game.play(expert, blind, blocks.clone(), stake, &mut listen);
                }
            }
            for t in blocks {
                let opinions = &opinions[(t - from) * n_opinions..][..n_opinions];
                // A block counts as lost for the learner where any series lost it.
                let lost = self.series.iter().any(|blind| blind.is_lost(t));
                let bet = table.learner_bet(t, opinions, lost);
                table.learner_settle(bet, opinions, symbols[t]);
                table.rest(t);
            }
        }
        Ok(table.evidence(symbols, self.n_blocks))
    }

    fn check(&self, symbols: &[u8]) -> Result<(), Refused> {
        self.settings.check()?;
        let levels = self.settings.levels;
        if symbols.len() != self.n_blocks {
            return Err(Refused::Symbols {
                found: symbols.len(),
                expected: self.n_blocks,
            });
        }
        match symbols.iter().position(|&s| s >= levels) {
            None => Ok(()),
            Some(block) => Err(Refused::Symbol {
                block,
                symbol: symbols[block],
                levels,
            }),
        }
    }

    /// The highest ln W on the way of each series by itself, as if it had the whole stake and no
    /// learner listened; not sought any further where it has reached `enough`. For planted leaks: W of
    /// the whole is at least the series' share of this. Never take the largest of these for a verdict.
    /// O(series x blocks) at most.
    pub fn highest_of_each(&self, symbols: &[u8], enough: f64) -> Result<Vec<f64>, Refused> {
        self.check(symbols)?;
        let rules = Rules::new(&self.settings)?;
        let highest = |blind: &Blind| self.highest(blind, &rules, symbols, enough);
        Ok(self.series.iter().map(highest).collect())
    }

    fn highest(&self, blind: &Blind, rules: &Rules, symbols: &[u8], enough: f64) -> f64 {
        let (n, levels) = (self.n_blocks, rules.levels);
        let learner = if levels == 2 { LEARNERS_SHARE } else { 0.0 };
        let roles = Roles::new(blind.kind, &self.settings, learner);
        let mut experts: Vec<Expert> = roles.all.iter().map(Expert::new).collect();
        let mut stakes = Stakes::new(n, levels);
        let (mut highest, mut settled) = (0.0f64, 0);
        for from in (0..n).step_by(STRETCH) {
            let to = (from + STRETCH).min(n);
            let each = || roles.all.iter().zip(&roles.shares);
            for ((role, &stake), expert) in each().zip(&mut experts) {
                let game = Game {
                    role,
                    rules,
                    symbols,
                    learn_first: self.settings.learn_first(),
                };
                let stake = (stake, &mut stakes);
                game.play(expert, blind, from..to, stake, &mut |_, _| {});
            }
            if to == n {
                let flat = rules.flat(1.0);
                for ((role, &stake), expert) in each().zip(&experts) {
                    (n.saturating_sub(role.lag)..n)
                        .for_each(|k| stakes.add(k, stake, expert.wealth, &flat[..levels]));
                }
            }
            let known = match to == n {
                true => n,
                false => to.saturating_sub(self.settings.longest_lag),
            };
            for (k, &symbol) in symbols.iter().enumerate().take(known).skip(settled) {
                highest = highest.max((levels as f64).ln() + stakes.ln(k, symbol));
            }
            settled = known;
            if highest >= enough {
                break;
            }
        }
        highest
    }
}

/// One expert's game over coins that are all known: what it may look at, and when.
struct Game<'a> {
    role: &'a Role,
    rules: &'a Rules,
    symbols: &'a [u8],
    /// The mutant.
    learn_first: bool,
}

impl Game<'_> {
    /// Plays while `blocks` are seen. `stake`: what the expert started with, and where its bets go.
    /// `listen` hears what it thinks of each block (ln odds).
    fn play(
        &self,
        expert: &mut Expert,
        blind: &Blind,
        blocks: Range<usize>,
        (stake, stakes): (f64, &mut Stakes),
        listen: &mut impl FnMut(usize, f32),
    ) {
        let mut q = [0.0; MOST_LEVELS];
        for t in blocks {
            let seen = &blind.seen[t];
            expert.see(seen);
            let Some((block, before)) = self.role.block(t, seen, self.symbols) else {
                continue;
            };
            let symbol = self.symbols[block];
            if self.learn_first {
                expert.learn(seen, before, symbol, self.rules);
            }
            let lost = self
                .role
                .is_lost(blind.is_lost(t), t > 0 && blind.is_lost(t - 1));
            let opinion = expert.bet(seen, before, lost, self.rules, &mut q);
            listen(t, opinion as f32);
            stakes.add(block, stake, expert.wealth, &q[..self.rules.levels]);
            expert.pay(symbol, self.rules, &q);
            if !self.learn_first {
                expert.learn(seen, before, symbol, self.rules);
            }
        }
    }
}

/// Runs the test again for each of several coin sequences over the same numbers: highest ln W of
/// each. About 10 ms a sequence for 200 series and 60 blocks in a release build.
pub fn redraw<'a>(
    prepared: &Prepared,
    sequences: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<f64>, Refused> {
    sequences
        .into_iter()
        .map(|symbols| Ok(prepared.test(symbols)?.max_log_e))
        .collect()
}

impl Blind {
    fn new(kind: Kind, values: Vec<Value>, charge: bool) -> Blind {
        let lost: Vec<bool> = values.iter().map(|v| charge && *v == Value::Lost).collect();
        let mut eye = Eye::new(kind);
        let values = values.into_iter().enumerate();
        Blind {
            kind,
            seen: values.map(|(k, value)| eye.see(k, value)).collect(),
            lost: lost.contains(&true).then_some(lost),
        }
    }

    fn is_lost(&self, block: usize) -> bool {
        self.lost.as_ref().is_some_and(|lost| lost[block])
    }
}
