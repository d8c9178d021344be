//! The same test, block by block, while a session runs.

use crate::decide::mixture_log_e;
use crate::evidence::Evidence;
use crate::expert::Role;
use crate::groups::Group;
use crate::looks::{Eye, Observation};
use crate::numbers::{Kind, MOST_LEVELS, Missing, Numbers, Refused, Settings, Value, check_weight};
use crate::prepared::Prepared;
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
    series: Vec<Kind>,
    /// The whole stake, or half of it where blocks are charged; the other half does not wait.
    hands: Vec<Hand>,
    open: bool,
    symbols: Vec<u8>,
    levels: usize,
}

impl Live {
    /// Begins, with the series' weights (only the ratios count) and kinds. Fine coins are not bet on block by block.
    pub fn new(series: Vec<(f64, Kind)>, settings: Settings) -> Result<Live, Refused> {
        settings.check()?;
        if settings.has_fine() {
            return Err(Refused::Fine);
        }
        for (idx, (weight, _)) in series.iter().enumerate() {
            check_weight(idx, *weight)?;
        }
        let all = std::iter::once(settings).chain(settings.at_once());
        let hands = all.map(|settings| Hand::new(&series, settings));
        Ok(Live {
            hands: hands.collect::<Result<_, _>>()?,
            series: series.into_iter().map(|(_, kind)| kind).collect(),
            open: false,
            symbols: Vec::new(),
            levels: usize::from(settings.levels),
        })
    }

    /// Number of blocks whose coin was shown.
    pub fn n_blocks(&self) -> usize {
        self.symbols.len()
    }

    /// Takes one value of each series for the next block and lays all bets on it. Returns the law
    /// of the mixture of all that needs nothing later: what our guessers think of its coin (nothing, in
    /// the opening). A refused row changes nothing. O(series).
    pub fn push(&mut self, row: &[Value]) -> Result<Vec<f64>, Refused> {
        if self.open {
            return Err(Refused::Order);
        }
        if row.len() != self.series.len() {
            let (found, expected) = (row.len(), self.series.len());
            return Err(Refused::Row { found, expected });
        }
        let unfit = |(kind, &value): (&Kind, &Value)| !kind.admits(value);
        if let Some(series) = self.series.iter().zip(row).position(unfit) {
            let block = self.symbols.len();
            return Err(Refused::NotUsable { series, block });
        }
        let stakes: Vec<Vec<f64>> = self
            .hands
            .iter_mut()
            .map(|hand| hand.push(row, &self.symbols))
            .collect();
        self.open = true;
        let highest = stakes
            .iter()
            .flatten()
            .copied()
            .fold(f64::NEG_INFINITY, f64::max);
        let of = |symbol: usize| {
            stakes
                .iter()
                .map(|s| (s[symbol] - highest).exp())
                .sum::<f64>()
        };
        let law: Vec<f64> = (0..self.levels).map(of).collect();
        let total: f64 = law.iter().sum();
        Ok(law.into_iter().map(|q| q / total).collect())
    }

    /// Shows the coin of the block pushed last; the bets win or lose, and everybody learns. Returns
    /// ln of the part of W that is known now, a lower bound of W: an early stop may rest on it.
    pub fn reveal(&mut self, symbol: u8) -> Result<f64, Refused> {
        if usize::from(symbol) >= self.levels {
            return Err(Refused::Symbol {
                block: self.symbols.len(),
                symbol,
                levels: self.levels as u8,
            });
        }
        if !std::mem::replace(&mut self.open, false) {
            return Err(Refused::Order);
        }
        self.symbols.push(symbol);
        let mut known = Vec::with_capacity(self.hands.len());
        for hand in &mut self.hands {
            known.push((1.0, hand.reveal(&self.symbols)?));
        }
        Ok(mixture_log_e(&known))
    }

    /// What there is to say after all blocks whose coins were shown. O(series + blocks).
    pub fn evidence(&self) -> Evidence {
        let n_seen = self.symbols.len() + usize::from(self.open);
        let evidence = |hand: &Hand| hand.evidence(&self.symbols, n_seen, self.series.len());
        match &self.hands[..] {
            [waiting, at_once] => {
                let at_once = evidence(at_once);
                let deferred = match waiting.forfeited {
                    true => Evidence::forfeited(waiting.opening, &at_once),
                    false => evidence(waiting),
                };
                deferred.halved_with(&at_once)
            }
            hands => hands
                .first()
                .map_or_else(|| Evidence::waiting(0, 0), evidence),
        }
    }
}

/// A stake that is bet by one law.
struct Hand {
    opening: usize,
    settings: Settings,
    /// Rows of the opening, a series each, and whether one of them was lost.
    first: Vec<(f64, Kind, Vec<Value>)>,
    forfeited: bool,
    /// Nothing in the opening.
    game: Option<Game>,
}

impl Hand {
    fn new(series: &[(f64, Kind)], settings: Settings) -> Result<Hand, Refused> {
        let mut hand = Hand {
            opening: settings.opening(),
            settings,
            first: series
                .iter()
                .map(|&(w, kind)| (w, kind, Vec::new()))
                .collect(),
            forfeited: false,
            game: None,
        };
        if hand.opening == 0 {
            hand.begin(&[])?;
        }
        Ok(hand)
    }

    /// Settles the opening.
    fn begin(&mut self, symbols: &[u8]) -> Result<(), Refused> {
        let numbers = Numbers::of_kinds(symbols.len(), std::mem::take(&mut self.first))?;
        let (prepared, eyes) = Prepared::with_eyes(numbers, self.settings);
        self.forfeited = prepared.is_forfeited();
        let charge = self.settings.missing == Missing::Charge;
        self.game = (!self.forfeited)
            .then(|| Game::new(&prepared, eyes, charge, symbols))
            .transpose()?;
        Ok(())
    }

    /// ln of what is staked on each symbol of the next block.
    fn push(&mut self, row: &[Value], symbols: &[u8]) -> Vec<f64> {
        let levels = usize::from(self.settings.levels);
        match &mut self.game {
            Some(game) => game.push(row, symbols),
            None if self.forfeited => vec![f64::NEG_INFINITY; levels],
            None => {
                let all = self.first.iter_mut().zip(row);
                all.for_each(|((.., values), &value)| values.push(value));
                vec![-(levels as f64).ln(); levels]
            }
        }
    }

    /// ln of the wealth that is known now. `symbols`: of all blocks, this one's too.
    fn reveal(&mut self, symbols: &[u8]) -> Result<f64, Refused> {
        match &mut self.game {
            Some(game) => return Ok(game.reveal(symbols)),
            None if self.forfeited => return Ok(f64::NEG_INFINITY),
            None if symbols.len() == self.opening => self.begin(symbols)?,
            None => return Ok(0.0),
        }
        let known = self.game.as_ref().map(|game| game.table.known(symbols));
        Ok(known.unwrap_or(f64::NEG_INFINITY))
    }

    fn evidence(&self, symbols: &[u8], n_seen: usize, n_series: usize) -> Evidence {
        match &self.game {
            Some(game) => game.table.evidence(symbols, n_seen),
            None => Evidence::waiting(symbols.len(), n_series),
        }
    }
}

/// Bets that are settled block by block.
struct Game {
    table: Table,
    /// What looks at each series, and behind them at groups of such.
    eyes: Vec<Eye>,
    groups: Vec<Group>,
    charge: bool,
    /// Where the block before was lost.
    was_lost: Vec<bool>,
    /// What the prompt experts think (ln odds), for the learner.
    opinions: Vec<f32>,
    /// The block seen last, of each series.
    seen: Vec<Observation>,
    /// What each prompt expert bet on it, in order: a probability for each symbol.
    laws: Vec<f64>,
    learner: Option<LearnersBet>,
}

impl Game {
    fn new(
        prepared: &Prepared,
        eyes: Vec<Eye>,
        charge: bool,
        symbols: &[u8],
    ) -> Result<Game, Refused> {
        let table = prepared.play(symbols)?;
        Ok(Game {
            opinions: vec![0.0; table.n_opinions()],
            table,
            groups: prepared.groups().to_vec(),
            charge,
            was_lost: vec![false; eyes.len()],
            eyes,
            seen: Vec::new(),
            laws: Vec::new(),
            learner: None,
        })
    }

    fn push(&mut self, row: &[Value], symbols: &[u8]) -> Vec<f64> {
        let t = symbols.len();
        let table = &mut self.table;
        table.prompt.push();
        table.later.push();
        let (own, of_groups) = self.eyes.split_at_mut(row.len());
        self.seen.clear();
        let own = own.iter_mut().zip(row);
        self.seen.extend(own.map(|(eye, &value)| eye.see(t, value)));
        let mut row = row.to_vec();
        for (group, eye) in self.groups.iter().zip(of_groups) {
            let lost = self.charge && group.members().any(|idx| row[idx] == Value::Lost);
            let value = group.of_row(lost, |idx| self.seen[idx].raw);
            self.seen.push(eye.see(t, value));
            row.push(value);
        }
        self.laws.clear();
        let rules = &table.rules;
        let mut q = [0.0; MOST_LEVELS];
        let seats = table.seats.iter_mut().zip(&self.seen).zip(&row);
        for (((seat, seen), value), was_lost) in seats.zip(&mut self.was_lost) {
            let own = self.charge && *value == Value::Lost;
            let before_it = std::mem::replace(was_lost, own);
            for (idx, expert) in seat.experts.iter_mut().enumerate() {
                let role: &Role = &seat.roles.all[idx];
                let lost = role.is_lost(own, before_it);
                expert.see(seen);
                let Some((block, before)) = role.block(t, seen, symbols) else {
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
                    let symbol = symbols[block];
                    expert.pay(symbol, rules, &q);
                    expert.learn(seen, before, symbol, rules);
                }
            }
        }
        let lost = self.charge && row.contains(&Value::Lost);
        self.learner = table.learner_bet(t, &self.opinions, lost);
        table.rest(t);
        table.prompt.logs(t)
    }

    fn reveal(&mut self, symbols: &[u8]) -> f64 {
        let Some((&symbol, before_it)) = symbols.split_last() else {
            return 0.0;
        };
        let block = before_it.len();
        let table = &mut self.table;
        let mut laws = self.laws.chunks_exact(table.rules.levels);
        let mut q = [0.0; MOST_LEVELS];
        for (seat, seen) in table.seats.iter_mut().zip(&self.seen) {
            let n_prompt = seat.n_prompt();
            for (idx, expert) in seat.experts.iter_mut().take(n_prompt).enumerate() {
                let law = laws.next().unwrap_or_default();
                q[..law.len()].copy_from_slice(law);
                let before = seat.roles.all[idx].block(block, seen, before_it);
                let before = before.and_then(|(_, before)| before);
                expert.pay(symbol, &table.rules, &q);
                expert.learn(seen, before, symbol, &table.rules);
            }
        }
        let bet = self.learner.take();
        table.learner_settle(bet, &self.opinions, symbol);
        table.known(symbols)
    }
}
