use crate::expert::{self, Feed};
use crate::learner;
use crate::wealth::{Stakes, Wealth};
use crate::{Missing, Numbers, Refused, Settings, Value};

/// The experts of every series: what they look at, with what lag, and their share of its stake.
/// Declared before any session; the lag-0 ones come first, as the learner listens to those.
const EXPERTS: [(Look, usize, f64); 7] = [
    (Look::Raw, 0, 0.48),
    (Look::Difference, 0, 0.20),
    (Look::Rank, 0, 0.16),
    (Look::Raw, 1, 0.06),
    (Look::Difference, 1, 0.04),
    (Look::Raw, 2, 0.03),
    (Look::Difference, 2, 0.03),
];

/// How many of [`EXPERTS`] have lag 0.
const N_PROMPT: usize = 3;

/// Longest lag of an expert, blocks.
const LONGEST_LAG: usize = 2;

/// The learners' share of the whole stake (two levels only); the rest is the series'.
pub const LEARNERS_SHARE: f64 = 0.3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// The value itself.
    Raw,
    /// Its difference to the last value seen: for what drifts.
    Difference,
    /// Its rank among the values so far: for heavy tails.
    Rank,
}

/// What the test says about one sequence of coins.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// ln W after each block; W is an e-process under "the numbers do not depend on the coins".
    pub path: Vec<f64>,
    /// ln W at the end; 0 without blocks.
    pub log_e: f64,
    /// Highest ln W on the way, at least 0: what Ville's inequality bounds.
    pub max_log_e: f64,
    /// ln of the part of W after each block that needs nothing later: a lower bound of `path` that
    /// is known at once, so an early stop may rest on it without waiting for `settled`.
    pub prompt_path: Vec<f64>,
    /// Likewise of each series' own e-value at the end: a lower bound of what it will be there.
    pub prompt_series_log_e: Vec<f64>,
    /// Number of blocks.
    pub n: usize,
    /// Entries of `path` that no later block will change: lagged experts have settled them. Look
    /// at these alone when deciding *when to stop*; the whole path is for a run whose length was
    /// not chosen by looking.
    pub settled: usize,
    /// ln of each series' own e-value at the end, in the order of the input.
    pub series_log_e: Vec<f64>,
    /// What the mixture would have guessed for each block before seeing its coin.
    pub guesses: Vec<u8>,
    /// How many of those were right.
    pub n_right: usize,
}

/// Numbers with everything computed that does not depend on the coins.
#[derive(Debug, Clone)]
pub struct Prepared {
    n_blocks: usize,
    settings: Settings,
    /// Normalised prior weights of the series.
    weights: Vec<f64>,
    series: Vec<Blind>,
}

/// One series, seen without coins; NaN where there is no number.
#[derive(Debug, Clone)]
struct Blind {
    raw: Vec<f64>,
    differences: Vec<f64>,
    before: Vec<u32>,
    ranks: Vec<f64>,
    /// Where blocks are charged; `None` if none is.
    lost: Option<Vec<bool>>,
    /// Nothing can be learned from a series that never moves.
    constant: bool,
}

impl Prepared {
    /// Prepares; O(blocks log blocks) a series.
    pub fn new(numbers: Numbers, settings: Settings) -> Prepared {
        let total: f64 = numbers.weights.iter().sum();
        let n = numbers.weights.len().max(1) as f64;
        let weigh = |w: &f64| if total > 0.0 { w / total } else { 1.0 / n };
        let charge = settings.missing == Missing::Charge;
        Prepared {
            n_blocks: numbers.n_blocks,
            weights: numbers.weights.iter().map(weigh).collect(),
            series: numbers
                .values
                .iter()
                .map(|v| Blind::new(v, charge))
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
        let empty = || Stakes::new(self.n_blocks, usize::from(self.settings.levels));
        let (mut prompt, mut later) = (empty(), empty());
        let own = self.bet(symbols, &mut prompt, &mut later);
        Ok(self.settle(symbols, prompt, &later, own))
    }

    fn check(&self, symbols: &[u8]) -> Result<(), Refused> {
        let levels = self.settings.levels;
        if symbols.len() != self.n_blocks {
            return Err(Refused::Symbols {
                found: symbols.len(),
                expected: self.n_blocks,
            });
        }
        let bad = symbols.iter().position(|&s| s >= levels);
        if let Some(block) = bad.or((!(2..=16).contains(&levels)).then_some(0)) {
            let symbol = symbols.get(block).copied().unwrap_or(0);
            return Err(Refused::Symbol {
                block,
                symbol,
                levels,
            });
        }
        Ok(())
    }

    /// Those of [`EXPERTS`] that may bet.
    fn experts(&self) -> &'static [(Look, usize, f64)] {
        match self.settings.missing {
            // Charging a lost block is only valid for experts that see nothing later (`Missing`).
            Missing::Charge => &EXPERTS[..N_PROMPT],
            Missing::Drop => &EXPERTS,
        }
    }

    /// The highest ln W on the way of each series by itself, as if it had the whole stake and no
    /// learner listened. For planted leaks: W of the whole is at least the series' share of this.
    /// Never take the largest of these for a verdict. O(series x blocks).
    pub fn highest_of_each(&self, symbols: &[u8]) -> Result<Vec<f64>, Refused> {
        self.check(symbols)?;
        let levels = usize::from(self.settings.levels);
        let (positions, experts) = (positions(levels), self.experts());
        let whole: f64 = experts.iter().map(|(.., share)| share).sum();
        let highest = |series: &Blind| {
            if series.constant {
                return 0.0;
            }
            let mut stakes = Stakes::new(self.n_blocks, levels);
            for &(look, lag, share) in experts {
                let feed = series.feed(look, lag);
                let (stake, settings) = (share / whole, &self.settings);
                expert::run(
                    &feed,
                    &positions,
                    symbols,
                    settings,
                    stake,
                    &mut stakes,
                    None,
                );
            }
            let ln_levels = (levels as f64).ln();
            let coins = symbols.iter().enumerate();
            coins
                .map(|(k, &s)| ln_levels + stakes.ln(k, s))
                .fold(0.0, f64::max)
        };
        Ok(self.series.iter().map(highest).collect())
    }

    /// Places every bet; returns ln of each series' own e-value, and of its prompt part.
    fn bet(&self, symbols: &[u8], prompt: &mut Stakes, later: &mut Stakes) -> (Vec<f64>, Vec<f64>) {
        let settings = &self.settings;
        let levels = usize::from(settings.levels);
        let (positions, experts) = (positions(levels), self.experts());
        let charge = settings.missing == Missing::Charge;
        let whole: f64 = experts.iter().map(|(.., share)| share).sum();
        let learning = levels == 2 && !self.series.is_empty();
        let for_series = if learning { 1.0 - LEARNERS_SHARE } else { 1.0 };

        let heard = if learning {
            self.series.len() * N_PROMPT
        } else {
            0
        };
        let mut logits = vec![0f32; heard * self.n_blocks];
        let mut priors = Vec::with_capacity(heard);
        let mut series_log_e = Vec::with_capacity(self.series.len());
        let mut prompt_log_e = Vec::with_capacity(self.series.len());
        for (series, weight) in self.series.iter().zip(&self.weights) {
            let mut ends: Vec<(f64, Wealth)> = Vec::with_capacity(experts.len());
            for (idx, &(look, lag, share)) in experts.iter().enumerate() {
                let share = share / whole;
                let stakes = if lag == 0 { &mut *prompt } else { &mut *later };
                let stake = for_series * weight * share;
                let slot = (learning && idx < N_PROMPT).then(|| {
                    let at = priors.len() * self.n_blocks;
                    priors.push(weight * share);
                    &mut logits[at..at + self.n_blocks]
                });
                if series.constant || stake == 0.0 {
                    if stake > 0.0 {
                        abstain(series.lost.as_deref(), settings, stake, stakes);
                    }
                    ends.push((share, Wealth::new(1.0)));
                    continue;
                }
                let feed = series.feed(look, lag);
                let mut end =
                    expert::run(&feed, &positions, symbols, settings, stake, stakes, slot);
                end.mantissa /= stake;
                ends.push((share, end));
            }
            series_log_e.push(sum_ln(&ends));
            prompt_log_e.push(sum_ln(&ends[..N_PROMPT]));
        }
        if learning {
            // A block counts as lost for the learner where any series lost it.
            let lost = charge.then(|| {
                let any = |k| {
                    self.series
                        .iter()
                        .any(|s| s.lost.as_ref().is_some_and(|l| l[k]))
                };
                (0..self.n_blocks).map(any).collect::<Vec<bool>>()
            });
            let stake = LEARNERS_SHARE / learner::STYLES.len() as f64;
            for style in learner::STYLES {
                let lost = lost.as_deref();
                learner::run(
                    &logits,
                    &priors,
                    lost,
                    symbols,
                    settings.clip,
                    style,
                    stake,
                    prompt,
                );
            }
        }
        if self.series.is_empty() {
            abstain(None, settings, 1.0, prompt);
        }
        (series_log_e, prompt_log_e)
    }

    fn settle(
        &self,
        symbols: &[u8],
        mut stakes: Stakes,
        later: &Stakes,
        (series_log_e, prompt_series_log_e): (Vec<f64>, Vec<f64>),
    ) -> Evidence {
        let ln_levels = f64::from(self.settings.levels).ln();
        let path_of = |stakes: &Stakes| -> Vec<f64> {
            let coins = symbols.iter().enumerate();
            coins.map(|(k, &s)| ln_levels + stakes.ln(k, s)).collect()
        };
        let prompt_path = path_of(&stakes);
        stakes.merge(later);
        let path = path_of(&stakes);
        let guesses: Vec<u8> = (0..self.n_blocks).map(|k| stakes.favourite(k)).collect();
        Evidence {
            log_e: path.last().copied().unwrap_or(0.0),
            max_log_e: path.iter().copied().fold(0.0, f64::max),
            n: self.n_blocks,
            settled: self.n_blocks.saturating_sub(LONGEST_LAG),
            series_log_e,
            prompt_path,
            prompt_series_log_e,
            n_right: guesses.iter().zip(symbols).filter(|(g, s)| g == s).count(),
            guesses,
            path,
        }
    }
}

/// Where the symbols lie, from -1 to 1.
fn positions(levels: usize) -> Vec<f64> {
    let top = (levels - 1) as f64;
    (0..levels).map(|i| 2.0 * i as f64 / top - 1.0).collect()
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

/// Stakes of an expert that has no opinion; lost blocks are charged all the same.
fn abstain(lost: Option<&[bool]>, settings: &Settings, stake: f64, stakes: &mut Stakes) {
    let levels = usize::from(settings.levels);
    let mut wealth = Wealth::new(stake);
    for k in 0..stakes.n_blocks() {
        let kept = if lost.is_some_and(|lost| lost[k]) {
            settings.clip
        } else {
            1.0
        };
        stakes.add(k, wealth, &[kept / levels as f64; 16][..levels]);
        wealth.times(kept);
    }
}

/// ln of the weighted sum of the ends.
fn sum_ln(ends: &[(f64, Wealth)]) -> f64 {
    let mut sum = Stakes::new(1, 1);
    ends.iter()
        .for_each(|&(share, wealth)| sum.add(0, wealth, &[share]));
    sum.ln(0, 0)
}

impl Blind {
    fn new(values: &[Value], charge: bool) -> Blind {
        let number = |v: &Value| match *v {
            Value::Number(y) => y,
            Value::Absent | Value::Lost => f64::NAN,
        };
        let raw: Vec<f64> = values.iter().map(number).collect();
        let lost: Vec<bool> = values.iter().map(|v| charge && *v == Value::Lost).collect();
        let lost = lost.contains(&true).then_some(lost);
        let mut seen = raw.iter().filter(|y| y.is_finite());
        let first = seen.next();
        let constant = first.is_none_or(|first| seen.all(|y| y == first));
        let mut blind = Blind {
            differences: vec![f64::NAN; raw.len()],
            before: vec![u32::MAX; raw.len()],
            ranks: vec![f64::NAN; raw.len()],
            raw,
            lost,
            constant,
        };
        if !constant {
            blind.fill_differences();
            blind.fill_ranks();
        }
        blind
    }

    fn fill_differences(&mut self) {
        let mut last: Option<usize> = None;
        for k in (0..self.raw.len()).filter(|&k| self.raw[k].is_finite()) {
            if let Some(last) = last {
                self.differences[k] = self.raw[k] - self.raw[last];
                self.before[k] = last as u32;
            }
            last = Some(k);
        }
    }

    fn fill_ranks(&mut self) {
        let mut sorted: Vec<f64> = Vec::with_capacity(self.raw.len());
        for (y, rank) in self
            .raw
            .iter()
            .zip(&mut self.ranks)
            .filter(|(y, _)| y.is_finite())
        {
            let below = sorted.partition_point(|v| v < y);
            let upto = sorted.partition_point(|v| v <= y);
            let middle = (below + upto) as f64 / 2.0;
            *rank = (middle + 0.5) / (sorted.len() + 1) as f64;
            sorted.insert(upto, *y);
        }
    }

    fn feed(&self, look: Look, lag: usize) -> Feed<'_> {
        let lost = self.lost.as_deref();
        match look {
            Look::Raw => Feed {
                z: &self.raw,
                before: None,
                known: None,
                lost,
                lag,
            },
            Look::Difference => {
                let before = Some(&self.before[..]);
                Feed {
                    z: &self.differences,
                    before,
                    known: None,
                    lost,
                    lag,
                }
            }
            // Ranks of unrelated values are uniform: mean 1/2, variance 1/12.
            Look::Rank => Feed {
                z: &self.ranks,
                before: None,
                known: Some((0.5, 1.0 / 12.0)),
                lost,
                lag,
            },
        }
    }
}
