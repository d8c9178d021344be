//! What the test says about one sequence of coins.

use crate::fine::Won;
use crate::noise_shares::ln_sum;

/// Share of the whole stake that bets on more than a shift of the mean get, of all series together.
pub(crate) const WIDE_SHARE: f64 = 0.1;

/// The learner's share of the whole stake (two levels only): half of what the other bets have. The rest
/// is the series'.
pub const LEARNERS_SHARE: f64 = 0.5 * (1.0 - WIDE_SHARE);

/// What the test says about one sequence of coins.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// ln W after each block; W is an e-process under "the numbers do not depend on the coins". It stays at 0
    /// until the opening's bets are settled, all at once.
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
    /// ln W as it was won coin by coin, the opening's too: what each block gained. For bounds on gains, never for
    /// deciding when to stop: until the opening's end these numbers do not exist. Empty until then.
    pub coin_path: Vec<f64>,
    /// Likewise of `prompt_path`.
    pub prompt_coin_path: Vec<f64>,
    /// Number of blocks.
    pub n: usize,
    /// Entries of `path` that no later block will change: lagged experts have settled them. Look
    /// at these alone when deciding *when to stop*; the whole path is for a run whose length was
    /// not chosen by looking.
    pub settled: usize,
    /// ln of each series' own e-value at the end, in the order of the input.
    pub series_log_e: Vec<f64>,
    /// What the mixture would have guessed for each block before seeing its coin. Empty until the opening's end.
    pub guesses: Vec<u8>,
    /// How many of those were right.
    pub n_right: usize,
}

impl Evidence {
    /// What there is to say of `n` blocks before the first bets are settled.
    pub fn waiting(n: usize, n_series: usize) -> Evidence {
        Evidence {
            path: vec![0.0; n],
            log_e: 0.0,
            max_log_e: 0.0,
            prompt_path: vec![0.0; n],
            prompt_series_log_e: vec![0.0; n_series],
            coin_path: Vec::new(),
            prompt_coin_path: Vec::new(),
            n,
            settled: 0,
            series_log_e: vec![0.0; n_series],
            guesses: Vec::new(),
            n_right: 0,
        }
    }

    /// With a share of the wealth multiplied by what was won on fine coins, from the opening's end on. `late`: whether
    /// what is known at once is what was settled with the block before.
    pub(crate) fn times(
        mut self,
        fine: &Won,
        share: f64,
        (opening, late): (usize, bool),
    ) -> Evidence {
        let factor = |log: &f64| ln_sum(&[(1.0 - share).ln(), share.ln() + log]);
        let factors: Vec<f64> = fine.path.iter().map(factor).collect();
        if self.n >= opening {
            // What is won on the last block counts for a series when all others know of it.
            let own = fine.by_series.iter().map(factor);
            let each = self
                .series_log_e
                .iter_mut()
                .zip(&mut self.prompt_series_log_e);
            for ((log, prompt), factor) in each.zip(own) {
                *log += factor;
                if !late {
                    *prompt += factor;
                }
            }
        }
        let settled = opening.saturating_sub(1);
        let late = usize::from(late);
        for (path, from, late) in [
            (&mut self.path, settled, 0),
            (&mut self.coin_path, 0, 0),
            (&mut self.prompt_path, settled, late),
            (&mut self.prompt_coin_path, 0, late),
        ] {
            let both = path.iter_mut().skip(late).zip(&factors).skip(from);
            both.for_each(|(log, factor)| *log += factor);
        }
        Evidence {
            log_e: self.path.last().copied().unwrap_or(0.0),
            max_log_e: self.path.iter().copied().fold(0.0, f64::max),
            ..self
        }
    }

    /// This one's wealth with half of the stake, the other's with the other half.
    pub(crate) fn halved_with(self, other: &Evidence) -> Evidence {
        let mean = |a: &[f64], b: &[f64]| -> Vec<f64> {
            let half = |(a, b): (&f64, &f64)| {
                let highest = a.max(*b);
                match highest > f64::NEG_INFINITY {
                    true => highest + (0.5 * ((a - highest).exp() + (b - highest).exp())).ln(),
                    false => highest,
                }
            };
            a.iter().zip(b).map(half).collect()
        };
        let path = mean(&self.path, &other.path);
        Evidence {
            log_e: path.last().copied().unwrap_or(0.0),
            max_log_e: path.iter().copied().fold(0.0, f64::max),
            prompt_path: mean(&self.prompt_path, &other.prompt_path),
            prompt_series_log_e: mean(&self.prompt_series_log_e, &other.prompt_series_log_e),
            coin_path: mean(&self.coin_path, &other.coin_path),
            prompt_coin_path: mean(&self.prompt_coin_path, &other.prompt_coin_path),
            series_log_e: mean(&self.series_log_e, &other.series_log_e),
            path,
            ..self
        }
    }

    /// A stake that was forfeited when its first bets, on so many blocks, were to be settled; it guessed as
    /// `other` did.
    pub(crate) fn forfeited(opening: usize, other: &Evidence) -> Evidence {
        let n_series = other.series_log_e.len();
        if other.n < opening {
            return Evidence::waiting(other.n, n_series);
        }
        let nothing = f64::NEG_INFINITY;
        let mut path = vec![nothing; other.n];
        path[..opening.saturating_sub(1)].fill(0.0);
        Evidence {
            log_e: nothing,
            max_log_e: 0.0,
            prompt_path: path.clone(),
            prompt_series_log_e: vec![nothing; n_series],
            coin_path: vec![nothing; other.n],
            prompt_coin_path: vec![nothing; other.n],
            series_log_e: vec![nothing; n_series],
            path,
            ..other.clone()
        }
    }
}
