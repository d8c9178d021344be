//! The test itself: numbers made ready, then held against coins.

use std::ops::Range;

use crate::evidence::{Evidence, LEARNERS_SHARE};
use crate::expert::{Expert, Role, Roles, Rules};
use crate::fine;
use crate::groups::Group;
use crate::looks::{Eye, Observation};
use crate::models::Regression;
use crate::numbers::{Kind, MOST_LEVELS, Missing, Numbers, Refused, Settings, Value, normalised};
use crate::table::Table;
use crate::wealth::Stakes;
use crate::weights::{self, Looks, Rivals};

/// Numbers with everything computed that does not depend on the coins.
#[derive(Debug, Clone)]
pub struct Prepared {
    n_blocks: usize,
    settings: Settings,
    /// Share of the stake, the learner's aside, of each of `series`.
    shares: Vec<f64>,
    /// The series, and behind them groups of such.
    series: Vec<Blind>,
    n_series: usize,
    /// Declared weights, as parts of `unit`, and looks of the series, and of the groups.
    looks: Vec<(f64, Looks)>,
    unit: f64,
    groups: Vec<Group>,
    /// Where blocks are charged: how the half of the stake bets that does not wait.
    at_once: Option<Box<Prepared>>,
    /// Whether a block of the opening was lost, which costs the other half.
    forfeited: bool,
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
/// the processor's cache, for any number of blocks. Longer than any opening.
const STRETCH: usize = 64;

impl Prepared {
    /// Prepares; O(blocks log blocks) a series and O(1) a pair of series. 64 bytes for each series and block.
    pub fn new(numbers: Numbers, settings: Settings) -> Prepared {
        Prepared::with_eyes(numbers, settings).0
    }

    /// Also what looked at each of the series and groups, to look on.
    pub(crate) fn with_eyes(numbers: Numbers, settings: Settings) -> (Prepared, Vec<Eye>) {
        let charge = settings.missing == Missing::Charge;
        let (n_blocks, opening) = (numbers.n_blocks, settings.opening());
        let at_once = settings.at_once();
        let at_once = at_once.map(|at_once| Box::new(Prepared::new(numbers.clone(), at_once)));
        let unit: f64 = numbers.weights.iter().sum();
        let declared = normalised(&numbers.weights);
        let ahead = settings.looked_ahead().min(n_blocks);
        let series = numbers.kinds.into_iter().zip(numbers.values);
        // One after the other, so that what is done with is given back.
        let (mut series, mut eyes): (Vec<Blind>, Vec<Eye>) = series
            .map(|(kind, values)| Blind::new(kind, values, charge, ahead))
            .unzip();
        let n_series = series.len();
        let on = settings.parts_on();
        let opened = opening > 0 && opening <= n_blocks;
        let first = |blind: &Blind| -> Vec<f64> {
            blind.seen[..opening].iter().map(|seen| seen.raw).collect()
        };
        let mut groups = Vec::new();
        if on.groups && opened {
            let numbers = series.iter().zip(&declared).enumerate();
            let numbers = numbers.filter(|(_, (blind, _))| blind.kind != Kind::Category);
            let numbers: Vec<_> = numbers
                .map(|(idx, (blind, &weight))| (idx, weight, first(blind)))
                .collect();
            groups = crate::groups::groups(&numbers);
            for group in &groups {
                let values = (0..n_blocks).map(|k| {
                    let lost = group.members().any(|idx| series[idx].is_lost(k));
                    group.of_row(lost, |idx| series[idx].seen[k].raw)
                });
                let (blind, eye) = Blind::new(Kind::Number, values.collect(), charge, ahead);
                series.push(blind);
                eyes.push(eye);
            }
        }
        let weights = declared
            .into_iter()
            .chain(groups.iter().map(|group| group.weight));
        let look = |blind: &Blind| match opened {
            true => Looks::of(&first(blind)),
            false => Looks::of(&[]),
        };
        let looks: Vec<(f64, Looks)> = weights.zip(series.iter().map(look)).collect();
        let shares = match on.weights && opened {
            true => {
                let (own, groups) = looks.split_at(n_series);
                weights::shares(own, groups, on.reserve)
            }
            false => normalised(&looks.iter().map(|(weight, _)| *weight).collect::<Vec<_>>()),
        };
        let forfeited = series
            .iter()
            .any(|b| (0..opening.min(n_blocks)).any(|k| b.is_lost(k)));
        let prepared = Prepared {
            n_blocks,
            settings,
            shares,
            series,
            n_series,
            looks,
            unit: if unit > 0.0 { unit } else { 1.0 },
            groups,
            at_once,
            forfeited,
        };
        (prepared, eyes)
    }

    /// What a planted series has to share the stake with.
    pub fn rivals(&self) -> Rivals {
        let on = self.settings.parts_on();
        let (own, groups) = self.looks.split_at(self.n_series);
        let learner = match self.settings.levels {
            2 => LEARNERS_SHARE,
            _ => 0.0,
        };
        Rivals {
            unit: self.unit,
            own: own.to_vec(),
            groups: groups.to_vec(),
            reserve: on.reserve,
            opening: on.weights.then(|| self.settings.opening()),
            left: 1.0 - learner * (1.0 - self.settings.two_coins_on()),
        }
    }

    /// Number of blocks.
    pub fn n_blocks(&self) -> usize {
        self.n_blocks
    }

    /// Tests the numbers against `symbols`, one a block. O(series x blocks).
    pub fn test(&self, symbols: &[u8]) -> Result<Evidence, Refused> {
        self.check(symbols)?;
        if !self.settings.has_fine() {
            return self.test_coarse(symbols);
        }
        let coarse: Vec<u8> = symbols.iter().map(|s| s >> 1).collect();
        let evidence = self.test_coarse(&coarse)?;
        // A lost block may follow the fine coin too: where it is charged for, that one is not bet on.
        if self.settings.missing == Missing::Charge {
            return Ok(evidence);
        }
        let series = self.shares.iter().zip(&self.series);
        let series = series.map(|(&share, blind)| match blind.kind {
            Kind::Category => (0.0, Vec::new()),
            Kind::Number | Kind::Count => (share, blind.seen.iter().map(|seen| seen.raw).collect()),
        });
        let series: Vec<(f64, Vec<f64>)> = series.collect();
        let ahead = self.settings.looked_ahead().min(self.n_blocks);
        let won = fine::won(&series, symbols, ahead);
        let (opening, late) = (self.settings.opening(), self.settings.is_by_two());
        Ok(evidence.times(&won, self.settings.fine, (opening, late)))
    }

    /// Tests the numbers against the coarse coins.
    fn test_coarse(&self, symbols: &[u8]) -> Result<Evidence, Refused> {
        let Some(at_once) = &self.at_once else {
            return Ok(self.play(symbols)?.evidence(symbols, self.n_blocks));
        };
        let at_once = at_once.test_coarse(symbols)?;
        let deferred = match self.forfeited {
            true => Evidence::forfeited(self.settings.opening(), &at_once),
            false => self.play(symbols)?.evidence(symbols, self.n_blocks),
        };
        Ok(deferred.halved_with(&at_once))
    }

    /// Plays all blocks; before the opening's end there is nothing to play.
    pub(crate) fn play(&self, symbols: &[u8]) -> Result<Table, Refused> {
        let shares = match self.settings.weigh_by_coins() {
            true => self.shares_by_coins(symbols),
            false => self.shares.clone(),
        };
        let series = shares.iter().zip(&self.series);
        let series = series.map(|(&share, blind)| (share, blind.kind));
        let mut table = Table::new(series, self.n_series, self.n_blocks, &self.settings)?;
        let n_opinions = table.n_opinions();
        if self.n_blocks < self.settings.opening() {
            return Ok(table);
        }
        let ahead = self.settings.looked_ahead();
        let mut opinions = vec![0f32; n_opinions * STRETCH.min(self.n_blocks).max(1)];
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
                        ahead,
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
        Ok(table)
    }

    /// The mutant: more for what followed the coins of the opening.
    fn shares_by_coins(&self, symbols: &[u8]) -> Vec<f64> {
        let opening = self.settings.opening().min(self.n_blocks);
        let weigh = |(&share, blind): (&f64, &Blind)| {
            let mut past = Regression::default();
            for (seen, &symbol) in blind.seen[..opening].iter().zip(symbols) {
                if seen.raw.is_finite() {
                    past.learn(seen.raw - blind.seen[0].raw, f64::from(symbol));
                }
            }
            share * past.dependence().exp()
        };
        normalised(
            &self
                .shares
                .iter()
                .zip(&self.series)
                .map(weigh)
                .collect::<Vec<_>>(),
        )
    }

    /// Looks on where these numbers end.
    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Whether waiting was in vain: a block was lost before the first bets were settled.
    pub(crate) fn is_forfeited(&self) -> bool {
        self.forfeited
    }

    fn check(&self, symbols: &[u8]) -> Result<(), Refused> {
        self.settings.check()?;
        let levels = self.settings.symbols();
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
    /// O(series x blocks) at most. Of fine coins nothing is counted but what is staked on them.
    pub fn highest_of_each(&self, symbols: &[u8], enough: f64) -> Result<Vec<f64>, Refused> {
        self.check(symbols)?;
        let rules = Rules::new(&self.settings)?;
        let (coarse, kept) = match self.settings.has_fine() {
            true => (
                symbols.iter().map(|s| s >> 1).collect(),
                (1.0 - self.settings.fine).ln(),
            ),
            false => (symbols.to_vec(), 0.0),
        };
        let highest =
            |blind: &Blind| (self.highest(blind, &rules, &coarse, enough - kept) + kept).max(0.0);
        Ok(self.series[..self.n_series].iter().map(highest).collect())
    }

    fn highest(&self, blind: &Blind, rules: &Rules, symbols: &[u8], enough: f64) -> f64 {
        let (n, levels, opening) = (self.n_blocks, rules.levels, self.settings.opening());
        if n < opening {
            return 0.0;
        }
        let learner = if levels == 2 { LEARNERS_SHARE } else { 0.0 };
        let roles = Roles::new(blind.kind, &self.settings, learner);
        let mut experts: Vec<Expert> = roles.all.iter().map(Expert::new).collect();
        let mut stakes = Stakes::new(n, levels);
        // Nothing is settled before the opening's end.
        let (mut highest, mut settled) = (0.0f64, opening.saturating_sub(1));
        for from in (0..n).step_by(STRETCH) {
            let to = (from + STRETCH).min(n);
            let each = || roles.all.iter().zip(&roles.shares);
            for ((role, &stake), expert) in each().zip(&mut experts) {
                let game = Game {
                    role,
                    rules,
                    symbols,
                    ahead: self.settings.looked_ahead(),
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
                false => to.saturating_sub(self.settings.latest()),
            };
            for (k, &symbol) in symbols.iter().enumerate().take(known).skip(settled) {
                highest = highest.max((levels as f64).ln() + stakes.ln(k, symbol));
            }
            settled = known.max(settled);
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
    /// Blocks that are looked at before the first bet.
    ahead: usize,
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
        if blocks.start == 0 {
            blind.seen[..self.ahead]
                .iter()
                .for_each(|seen| expert.gather(seen));
        }
        for t in blocks {
            let seen = &blind.seen[t];
            if t < self.ahead {
                expert.attend(seen);
            } else {
                expert.see(seen);
            }
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
    /// The first `ahead` blocks are looked at together.
    fn new(kind: Kind, values: Vec<Value>, charge: bool, ahead: usize) -> (Blind, Eye) {
        let lost: Vec<bool> = values.iter().map(|v| charge && *v == Value::Lost).collect();
        let mut eye = Eye::new(kind);
        let mut seen = Vec::with_capacity(values.len());
        seen.extend(eye.look_ahead(&values[..ahead]));
        let later = values.into_iter().enumerate().skip(ahead);
        seen.extend(later.map(|(k, value)| eye.see(k, value)));
        let blind = Blind {
            kind,
            seen,
            lost: lost.contains(&true).then_some(lost),
        };
        (blind, eye)
    }

    fn is_lost(&self, block: usize) -> bool {
        self.lost.as_ref().is_some_and(|lost| lost[block])
    }
}
