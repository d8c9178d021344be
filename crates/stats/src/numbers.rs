/// One series' value in one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A number, finite and at most [`LARGEST`] in size.
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

/// How to bet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Number of symbols M, at least 2.
    pub levels: u8,
    /// Share of the uniform law in every bet: the worst bet multiplies the wealth by this.
    pub clip: f64,
    /// What to do about lost blocks.
    pub missing: Missing,
    /// A mistake built in on purpose, for the simulations that have to catch it.
    #[cfg(any(test, feature = "mutants"))]
    pub learn_first: bool,
}

impl Default for Settings {
    /// A fair coin, clip 0.02, lost blocks dropped.
    fn default() -> Settings {
        Settings {
            levels: 2,
            clip: 0.02,
            missing: Missing::Drop,
            #[cfg(any(test, feature = "mutants"))]
            learn_first: false,
        }
    }
}

impl Settings {
    /// The mutant that the null simulation has to catch; never in a build that is shipped.
    pub(crate) fn learn_first(&self) -> bool {
        #[cfg(any(test, feature = "mutants"))]
        return self.learn_first;
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
    /// A value is not a number, infinite or larger than [`LARGEST`].
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
    /// A symbol is none of the M levels, or M is below 2 or above 16.
    #[error("block {block}: symbol {symbol} is none of {levels} levels (2 to 16)")]
    Symbol {
        /// Index of the block.
        block: usize,
        /// The symbol found.
        symbol: u8,
        /// The number of levels M.
        levels: u8,
    },
}

/// The numbers of one session: series by blocks, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    pub(crate) n_blocks: usize,
    pub(crate) weights: Vec<f64>,
    pub(crate) values: Vec<Vec<Value>>,
}

impl Numbers {
    /// Takes series as (weight, one value a block). A weight is the prior importance of a series,
    /// declared before the session; only the ratios count. No series at all is fine: nothing will
    /// be bet.
    pub fn new(n_blocks: usize, series: Vec<(f64, Vec<Value>)>) -> Result<Numbers, Refused> {
        for (idx, (weight, values)) in series.iter().enumerate() {
            if !(weight.is_finite() && *weight >= 0.0) {
                return Err(Refused::Weight { series: idx });
            }
            if values.len() != n_blocks {
                let found = values.len();
                return Err(Refused::Length {
                    series: idx,
                    found,
                    expected: n_blocks,
                });
            }
            let usable = |v: &Value| match v {
                Value::Number(y) => y.abs() <= LARGEST,
                Value::Absent | Value::Lost => true,
            };
            if let Some(block) = values.iter().position(|v| !usable(v)) {
                return Err(Refused::NotUsable { series: idx, block });
            }
        }
        let (weights, values) = series.into_iter().unzip();
        Ok(Numbers {
            n_blocks,
            weights,
            values,
        })
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
