//! The same test, block by block, while a session runs.

use crate::evidence::Evidence;
use crate::expert::Role;
use crate::looks::{Eye, Observation};
use crate::numbers::{
    Kind, MOST_LEVELS, Missing, Refused, Settings, Value, check_weight, normalised,
};
use crate::table::{LearnersBet, Table};

/// A test in progress: for each block first [`push`](Live::push) what was seen of it, which places
/// the bets, then [`reveal`](Live::reveal) its coin. After n blocks [`evidence`](Live::evidence) is
/// what [`Prepared::test`](crate::Prepared::test) says of those n blocks, up to rounding.
///
/// ```
/// use stats::{Kind, Live, Settings, Value};
/// let mut live = Live::new(vec![(1.0, Kind::Count)], Settings::default())?;
/// for (k, coin) in [0, 1, 1, 0, 1, 0, 0, 1, 1, 0].into_iter().cycle().take(40).enumerate() {
///     let law = live.push(&[Value::Number((50 * coin as usize + k % 3) as f64)])?;
///     assert_eq!(law.len(), 2);
///     let log_e = live.reveal(coin)?;
///     assert!(log_e.is_finite());
/// }
/// assert!(live.evidence().max_log_e > 1000f64.ln());
/// # Ok::<(), stats::Refused>(())
/// ```
pub struct Live {
    table: Table,
    series: Vec<(Kind, Eye)>,
    charge: bool,
    /// Where the block before was lost.
    was_lost: Vec<bool>,
    symbols: Vec<u8>,
    /// What the prompt experts think (ln odds), for the learner.
    opinions: Vec<f32>,
    /// The block seen last, of each series.
    seen: Vec<Observation>,
    /// What each prompt expert bet on it, in order: a probability for each symbol.
    laws: Vec<f64>,
    /// The learner's bet on it, if its coin was not shown yet.
    open: Option<Open>,
}

/// A block whose coin was not shown yet.
struct Open {
    learner: Option<LearnersBet>,
}

impl Live {
    /// Begins, with the series' weights (only the ratios count) and kinds.
    pub fn new(series: Vec<(f64, Kind)>, settings: Settings) -> Result<Live, Refused> {
        for (idx, (weight, _)) in series.iter().enumerate() {
            check_weight(idx, *weight)?;
        }
        let (weights, kinds): (Vec<f64>, Vec<Kind>) = series.into_iter().unzip();
        let weighted = normalised(&weights).into_iter().zip(kinds.iter().copied());
        let table = Table::new(weighted, 0, &settings)?;
        Ok(Live {
            opinions: vec![0.0; table.n_opinions()],
            table,
            series: kinds.iter().map(|&kind| (kind, Eye::new(kind))).collect(),
            charge: settings.missing == Missing::Charge,
            was_lost: vec![false; kinds.len()],
            symbols: Vec::new(),
            seen: Vec::new(),
            laws: Vec::new(),
            open: None,
        })
    }

    /// Number of blocks whose coin was shown.
    pub fn n_blocks(&self) -> usize {
        self.symbols.len()
    }

    /// Takes one value of each series for the next block and lays all bets on it. Returns the law
    /// of the mixture of all that needs nothing later: what our guessers think of its coin. A
    /// refused row changes nothing. O(series).
    pub fn push(&mut self, row: &[Value]) -> Result<Vec<f64>, Refused> {
        if self.open.is_some() {
            return Err(Refused::Order);
        }
        let t = self.symbols.len();
        if row.len() != self.series.len() {
            let (found, expected) = (row.len(), self.series.len());
            return Err(Refused::Row { found, expected });
        }
        let unfit = |(&(kind, _), &value): (&(Kind, Eye), &Value)| !kind.admits(value);
        if let Some(series) = self.series.iter().zip(row).position(unfit) {
            return Err(Refused::NotUsable { series, block: t });
        }
        let table = &mut self.table;
        table.prompt.push();
        table.later.push();
        let eyes = self.series.iter_mut().zip(row);
        self.seen.clear();
        self.seen
            .extend(eyes.map(|((_, eye), &value)| eye.see(t, value)));
        self.laws.clear();
        let rules = &table.rules;
        let mut q = [0.0; MOST_LEVELS];
        let seats = table.seats.iter_mut().zip(&self.seen).zip(row);
        for (((seat, seen), value), was_lost) in seats.zip(&mut self.was_lost) {
            let own = self.charge && *value == Value::Lost;
            let before_it = std::mem::replace(was_lost, own);
            for (idx, expert) in seat.experts.iter_mut().enumerate() {
                let role: &Role = &seat.roles.all[idx];
                let lost = role.is_lost(own, before_it);
                expert.see(seen);
                let Some((block, before)) = role.block(t, seen, &self.symbols) else {
                    continue;
                };
                let opinion = expert.bet(seen, before, lost, rules, &mut q);
                let prompt = idx < seat.roles.n_prompt;
                let stakes = if prompt {
                    &mut table.prompt
                } else {
                    &mut table.later
                };
                stakes.add(block, seat.stakes[idx], expert.wealth, &q[..rules.levels]);
                if prompt {
                    if idx < seat.roles.n_heard
                        && let Some(heard) = self.opinions.get_mut(seat.first_opinion + idx)
                    {
                        *heard = opinion as f32;
                    }
                    self.laws.extend_from_slice(&q[..rules.levels]);
                } else {
                    // Its block was an earlier one, whose coin is known.
                    let symbol = self.symbols[block];
                    expert.pay(symbol, rules, &q);
                    expert.learn(seen, before, symbol, rules);
                }
            }
        }
        let lost = self.charge && row.contains(&Value::Lost);
        let learner = table.learner_bet(t, &self.opinions, lost);
        table.rest(t);
        self.open = Some(Open { learner });
        Ok(self.table.prompt.law(t))
    }

    /// Shows the coin of the block pushed last; the bets win or lose, and everybody learns. Returns
    /// ln of the part of W that is known now, a lower bound of W: an early stop may rest on it.
    pub fn reveal(&mut self, symbol: u8) -> Result<f64, Refused> {
        let levels = self.table.rules.levels;
        let block = self.symbols.len();
        if usize::from(symbol) >= levels {
            return Err(Refused::Symbol {
                block,
                symbol,
                levels: levels as u8,
            });
        }
        let open = self.open.take().ok_or(Refused::Order)?;
        let table = &mut self.table;
        let mut laws = self.laws.chunks_exact(levels);
        let mut q = [0.0; MOST_LEVELS];
        for (seat, seen) in table.seats.iter_mut().zip(&self.seen) {
            let n_prompt = seat.n_prompt();
            for (idx, expert) in seat.experts.iter_mut().take(n_prompt).enumerate() {
                let law = laws.next().unwrap_or_default();
                q[..law.len()].copy_from_slice(law);
                let before = seat.roles.all[idx].block(block, seen, &self.symbols);
                let before = before.and_then(|(_, before)| before);
                expert.pay(symbol, &table.rules, &q);
                expert.learn(seen, before, symbol, &table.rules);
            }
        }
        table.learner_settle(open.learner, &self.opinions, symbol);
        self.symbols.push(symbol);
        Ok((levels as f64).ln() + table.prompt.ln(block, symbol))
    }

    /// What there is to say after all blocks whose coins were shown. O(series + blocks).
    pub fn evidence(&self) -> Evidence {
        let pushed = self.symbols.len() + usize::from(self.open.is_some());
        self.table.evidence(&self.symbols, pushed)
    }
}
