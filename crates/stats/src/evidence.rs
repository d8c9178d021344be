//! What the test says about one sequence of coins.

/// Share of the whole stake that bets on more than a shift of the mean get, of all series together.
pub(crate) const WIDE_SHARE: f64 = 0.1;

/// The learner's share of the whole stake (two levels only): half of what the other bets have. The rest
/// is the series'.
pub const LEARNERS_SHARE: f64 = 0.5 * (1.0 - WIDE_SHARE);

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
