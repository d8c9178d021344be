use crate::parts::Parts;

/// What the values of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Any number: sizes, gaps, levels.
    #[default]
    Number,
    /// How often something happened: a whole number from 0 to [`LARGEST_COUNT`].
    Count,
    /// A name for a state: a whole number from 0 to [`LARGEST_LABEL`]. Only whether two are the same
    /// has a meaning. Which labels there are need not be known beforehand.
    Category,
}

/// Largest count: up to here every whole number is an `f64`.
pub const LARGEST_COUNT: f64 = 9_007_199_254_740_992.0;

/// Largest label of a category.
pub const LARGEST_LABEL: f64 = 65_535.0;

impl Kind {
    /// Whether a series of this kind may have the value.
    pub(crate) fn admits(self, value: Value) -> bool {
        let whole = |y: f64, largest| (0.0..=largest).contains(&y) && y.fract() == 0.0;
        match (value, self) {
            (Value::Absent | Value::Lost, _) => true,
            (Value::Number(y), Kind::Number) => y.abs() <= LARGEST,
            (Value::Number(y), Kind::Count) => whole(y, LARGEST_COUNT),
            (Value::Number(y), Kind::Category) => whole(y, LARGEST_LABEL),
        }
    }
}

/// One series' value in one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A number, finite and at most [`LARGEST`] in size; for counts and categories a whole one
    /// ([`Kind`]).
    Number(f64),
    /// There was nothing to measure (no packet, hence no mean size): a fact of the audited side.
    Absent,
    /// It was not seen because the watch had a hole: a fact of our own, which may follow the sound.
    Lost,
}

impl From<Option<f64>> for Value {
    /// `None` is taken as [`Value::Lost`], the cautious reading.
    fn from(value: Option<f64>) -> Value {
        value.map_or(Value::Lost, Value::Number)
    }
}

/// Largest size of a number: its square must stay finite when thousands are summed.
pub const LARGEST: f64 = 1e100;

/// What to do about a block that was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Do not bet on it. Keeps power; wrong if loss follows the sound, so test the loss itself too.
    Drop,
    /// Take the worst bet's loss. Valid whatever the cause of the loss. Uses no lagged expert: what
    /// a later block looks like would tell whether this one was lost.
    Charge,
}

/// The largest number of symbols.
pub(crate) const MOST_LEVELS: usize = 16;

/// Lag up to which every series is bet on, blocks.
pub(crate) const LEAST_LAG: usize = 2;

/// Longest lag that can be bet on, blocks.
pub const MOST_LAG: usize = 15;

/// Blocks whose bets are settled together: fewer than 10 + log2 of the stake's parts could not reach 1,000.
const TOGETHER: usize = 12;

/// The same where each block has two coins.
const TOGETHER_FINE: usize = 10;

/// How to bet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Number of symbols M, at least 2.
    pub levels: u8,
    /// Share of the uniform law in every bet: the worst bet multiplies the wealth by this.
    pub clip: f64,
    /// What to do about lost blocks.
    pub missing: Missing,
    /// How many blocks later a value may still speak of a block, from 2 to [`MOST_LAG`]; to be declared
    /// before the session.
    pub longest_lag: usize,
    /// Which parts of the law for two levels are on.
    pub parts: Parts,
    /// Share of the stake that is bet on values that are about two blocks, this and the one before: from 0 up to below 1,
    /// two levels only. To be chosen without looking at coins.
    pub two_coins: f64,
    /// Share of the wealth that is bet on a fine coin as well, from 0 up to below 1: with one, each block has two coins
    /// and its symbol is one of four, twice the coarse one and the fine one; two levels only.
    pub fine: f64,
    /// A mistake built in on purpose, for the simulations that have to catch it.
    #[cfg(any(test, feature = "mutants"))]
    pub learn_first: bool,
    /// Another: the stakes of the series are dealt after looking at the coins of the opening.
    #[cfg(any(test, feature = "mutants"))]
    pub weigh_by_coins: bool,
}

impl Default for Settings {
    /// A fair coin, clip 0.02, lost blocks dropped, values at most two blocks late.
    fn default() -> Settings {
        Settings {
            levels: 2,
            clip: 0.02,
            missing: Missing::Drop,
            longest_lag: LEAST_LAG,
            parts: Parts::ALL,
            two_coins: 0.0,
            fine: 0.0,
            #[cfg(any(test, feature = "mutants"))]
            learn_first: false,
            #[cfg(any(test, feature = "mutants"))]
            weigh_by_coins: false,
        }
    }
}

impl Settings {
    /// Refuses what nobody can bet with.
    pub(crate) fn check(&self) -> Result<(), Refused> {
        if !(2..=MOST_LEVELS as u8).contains(&self.levels) {
            return Err(Refused::Levels(self.levels));
        }
        if !(self.clip > 0.0 && self.clip < 1.0) {
            return Err(Refused::Clip);
        }
        if !(0.0..1.0).contains(&self.two_coins) {
            return Err(Refused::TwoCoins);
        }
        if !(0.0..1.0).contains(&self.fine) || (self.fine > 0.0 && self.levels != 2) {
            return Err(Refused::Fine);
        }
        match (LEAST_LAG..=MOST_LAG).contains(&self.longest_lag) {
            true => Ok(()),
            false => Err(Refused::Lag(self.longest_lag)),
        }
    }

    /// The parts that are on for so many levels.
    pub(crate) fn parts_on(&self) -> Parts {
        match self.levels {
            2 => self.parts,
            _ => Parts::NONE,
        }
    }

    /// Blocks until the first bets are settled; 0 where each is at once.
    pub(crate) fn opening(&self) -> usize {
        let on = self.parts_on();
        let together = match self.has_fine() {
            true => TOGETHER_FINE,
            false => TOGETHER,
        };
        match on.deferral || on.weights || on.groups {
            true if self.is_by_two() => TOGETHER + 1,
            true => together,
            false => 0,
        }
    }

    /// Whether each block has a fine coin beside the coarse one.
    pub(crate) fn has_fine(&self) -> bool {
        self.levels == 2 && self.fine > 0.0
    }

    /// Number of symbols that a block may have.
    pub(crate) fn symbols(&self) -> u8 {
        match self.has_fine() {
            true => 4,
            false => self.levels,
        }
    }

    /// The share of the stake that is bet on two coins at a time. Such bets see a block later, so they are not made where
    /// lost blocks are charged.
    pub(crate) fn two_coins_on(&self) -> f64 {
        match self.levels == 2 && self.missing == Missing::Drop {
            true => self.two_coins,
            false => 0.0,
        }
    }

    /// Whether most of the stake is bet on two coins at a time.
    pub(crate) fn is_by_two(&self) -> bool {
        self.two_coins_on() > 0.5
    }

    /// How many blocks later a bet may be settled. Where most is bet on two coins, nothing waits longer than that does.
    pub(crate) fn latest(&self) -> usize {
        match self.is_by_two() {
            true => 1,
            false => self.longest_lag,
        }
    }

    /// Blocks of the opening that are looked at before the first bet; 0 where each is looked at when its turn comes.
    pub(crate) fn looked_ahead(&self) -> usize {
        match self.parts_on().deferral {
            true => self.opening(),
            false => 0,
        }
    }

    /// How half of the stake is bet where blocks are charged, and losing one in the opening forfeits the other half:
    /// nothing waits.
    pub(crate) fn at_once(&self) -> Option<Settings> {
        let parts = Parts {
            experts: self.parts.experts,
            ..Parts::NONE
        };
        (self.missing == Missing::Charge && self.opening() > 0)
            .then_some(Settings { parts, ..*self })
    }

    /// The mutant that the null simulation has to catch; never in a build that is shipped.
    pub(crate) fn learn_first(&self) -> bool {
        #[cfg(any(test, feature = "mutants"))]
        return self.learn_first;
        #[cfg(not(any(test, feature = "mutants")))]
        false
    }

    /// The other one.
    pub(crate) fn weigh_by_coins(&self) -> bool {
        #[cfg(any(test, feature = "mutants"))]
        return self.weigh_by_coins;
        #[cfg(not(any(test, feature = "mutants")))]
        false
    }
}

/// Why an input was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A series is longer or shorter than the session.
    #[error("series {series} has {found} values where {expected} belong")]
    Length {
        /// Index of the series.
        series: usize,
        /// Its length.
        found: usize,
        /// The session's number of blocks.
        expected: usize,
    },
    /// A value is not a number, infinite or larger than [`LARGEST`]; or it is none that a series of
    /// its [`Kind`] may have.
    #[error("series {series}, block {block} is not a usable number")]
    NotUsable {
        /// Index of the series.
        series: usize,
        /// Index of the block.
        block: usize,
    },
    /// A weight is negative or not finite.
    #[error("the weight of series {series} is not a finite number above or at 0")]
    Weight {
        /// Index of the series.
        series: usize,
    },
    /// The number of symbols differs from the number of blocks.
    #[error("{found} symbols for {expected} blocks")]
    Symbols {
        /// How many symbols there were.
        found: usize,
        /// How many blocks there are.
        expected: usize,
    },
    /// A symbol is none of the M levels.
    #[error("block {block}: symbol {symbol} is none of {levels} levels")]
    Symbol {
        /// Index of the block.
        block: usize,
        /// The symbol found.
        symbol: u8,
        /// The number of levels M.
        levels: u8,
    },
    /// M is below 2 or above 16.
    #[error("{0} levels where 2 to 16 are possible")]
    Levels(u8),
    /// The clip is not above 0 and below 1.
    #[error("the clip is not between 0 and 1")]
    Clip,
    /// The share that is bet on two coins is not from 0 up to below 1.
    #[error("the share that is bet on two coins is not from 0 up to below 1")]
    TwoCoins,
    /// The share that is bet on fine coins is not from 0 up to below 1, there are more than two levels, or the test is
    /// a live one.
    #[error("fine coins cannot be bet on with these settings")]
    Fine,
    /// The longest lag is below 2 or above [`MOST_LAG`].
    #[error("a longest lag of {0} blocks where 2 to {MOST_LAG} are possible")]
    Lag(usize),
    /// A row has more or fewer values than there are series.
    #[error("{found} values for {expected} series")]
    Row {
        /// How many values there were.
        found: usize,
        /// How many series there are.
        expected: usize,
    },
    /// A block was pushed before the last one's coin was shown, or a coin shown without a block.
    #[error("blocks and coins have to take turns")]
    Order,
    /// A logarithm of an e-value is not a number or infinite, or a path of them and its times do not
    /// fit each other.
    #[error("evidence {0} is not usable")]
    Evidence(usize),
}

/// The numbers of one session: series by blocks, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    pub(crate) n_blocks: usize,
    pub(crate) weights: Vec<f64>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) values: Vec<Vec<Value>>,
}

impl Numbers {
    /// Takes series of plain numbers as (weight, one value a block); see [`Numbers::of_kinds`].
    pub fn new(n_blocks: usize, series: Vec<(f64, Vec<Value>)>) -> Result<Numbers, Refused> {
        let plain = |(weight, values)| (weight, Kind::Number, values);
        Numbers::of_kinds(n_blocks, series.into_iter().map(plain).collect())
    }

    /// Takes series as (weight, what its values are, one value a block). A weight is the prior
    /// importance of a series, declared before the session; only the ratios count. No series at all
    /// is fine: nothing will be bet.
    pub fn of_kinds(
        n_blocks: usize,
        series: Vec<(f64, Kind, Vec<Value>)>,
    ) -> Result<Numbers, Refused> {
        let mut numbers = Numbers {
            n_blocks,
            weights: Vec::with_capacity(series.len()),
            kinds: Vec::with_capacity(series.len()),
            values: Vec::with_capacity(series.len()),
        };
        for (idx, (weight, kind, values)) in series.into_iter().enumerate() {
            check_weight(idx, weight)?;
            if values.len() != n_blocks {
                let found = values.len();
                return Err(Refused::Length {
                    series: idx,
                    found,
                    expected: n_blocks,
                });
            }
            if let Some(block) = values.iter().position(|&v| !kind.admits(v)) {
                return Err(Refused::NotUsable { series: idx, block });
            }
            numbers.weights.push(weight);
            numbers.kinds.push(kind);
            numbers.values.push(values);
        }
        Ok(numbers)
    }

    /// Number of blocks.
    pub fn n_blocks(&self) -> usize {
        self.n_blocks
    }

    /// Number of series.
    pub fn n_series(&self) -> usize {
        self.values.len()
    }
}

/// Refuses what is no weight.
pub(crate) fn check_weight(series: usize, weight: f64) -> Result<(), Refused> {
    match weight.is_finite() && weight >= 0.0 {
        true => Ok(()),
        false => Err(Refused::Weight { series }),
    }
}

/// Weights that add up to 1; equal ones where all are 0.
pub(crate) fn normalised(weights: &[f64]) -> Vec<f64> {
    // Relative to the largest first, so that the sum of large ones stays finite.
    let largest = weights.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 {
        return vec![1.0 / weights.len().max(1) as f64; weights.len()];
    }
    let total: f64 = weights.iter().map(|w| w / largest).sum();
    weights.iter().map(|w| w / largest / total).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused_with_its_place() {
        let number = |y| vec![Value::Number(0.0), Value::Number(y)];
        for bad in [f64::NAN, f64::INFINITY, 1e101] {
            let refused = Numbers::new(2, vec![(1.0, number(1.0)), (1.0, number(bad))]);
            assert_eq!(
                refused,
                Err(Refused::NotUsable {
                    series: 1,
                    block: 1
                })
            );
        }
        let refused = Numbers::new(3, vec![(1.0, number(1.0))]);
        assert_eq!(
            refused,
            Err(Refused::Length {
                series: 0,
                found: 2,
                expected: 3
            })
        );
        let refused = Numbers::new(2, vec![(-1.0, number(1.0))]);
        assert_eq!(refused, Err(Refused::Weight { series: 0 }));
        assert!(Numbers::new(0, vec![]).is_ok());
    }
}
