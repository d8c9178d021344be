//! One expert: a Bayesian regression of a series on the symbol's level.
//!
//! Before block k's coin is shown it states for each symbol how likely the value it saw would be
//! (a Student-t density, from a normal-inverse-gamma prior), which by Bayes and the fair coin is
//! its bet. The scale of the prior comes from all values seen so far, the present one included:
//! allowed, as it does not use the coin, and it makes a constant series and an outlier harmless.
//!
//! The model need not hold for the test to be valid; it only decides how fast a leak is found.

use crate::wealth::{Stakes, Wealth};
use crate::{Missing, Settings};

/// Prior precisions of offset and slope, in units of 1/variance, and the share of the series'
/// variance that the prior takes for noise. Tuned, together with the stakes, on the real leaks of
/// `calibrate` with dice of another seed: with 0.05, 0.3 and 0.05 of the first sketch 5.6 % of them
/// took more than 22 minutes, with these 3.6 %.
const OFFSET_PRECISION: f64 = 0.05;
const SLOPE_PRECISION: f64 = 0.6;
const NOISE_SHARE: f64 = 0.1;

/// What an expert is given.
pub(crate) struct Feed<'a> {
    /// One number a block; NaN where there is none.
    pub(crate) z: &'a [f64],
    /// For differences: the block that was subtracted.
    pub(crate) before: Option<&'a [u32]>,
    /// Centre and variance where they are known from construction (ranks).
    pub(crate) known: Option<(f64, f64)>,
    /// Blocks that were lost, where those are charged.
    pub(crate) lost: Option<&'a [bool]>,
    /// How many blocks later the value is seen.
    pub(crate) lag: usize,
}

/// Runs one expert over the session, starting with `stake`; returns what it ends with. `logits`
/// (two levels only) receives what it thought of symbol 1 against 0, block by block.
pub(crate) fn run(
    feed: &Feed,
    positions: &[f64],
    symbols: &[u8],
    settings: &Settings,
    stake: f64,
    stakes: &mut Stakes,
    mut logits: Option<&mut [f32]>,
) -> Wealth {
    let levels = positions.len();
    let uniform = [1.0 / levels as f64; 16];
    let worst = [settings.clip / levels as f64; 16];
    let mut q = [0.0; 16];
    let mut wealth = Wealth::new(stake);
    let mut spread = Spread::default();
    let mut past = Regression::default();
    let n_blocks = feed.z.len();
    for &z in &feed.z[..feed.lag.min(n_blocks)] {
        spread.see(z);
    }
    for (k, &symbol) in symbols.iter().enumerate() {
        let Some(&z) = feed.z.get(k + feed.lag) else {
            // The end: what would be seen later is not there, so nothing is staked on any side.
            stakes.add(k, wealth, &uniform[..levels]);
            continue;
        };
        if settings.missing == Missing::Charge && feed.lost.is_some_and(|lost| lost[k]) {
            stakes.add(k, wealth, &worst[..levels]);
            wealth.times(settings.clip);
            continue;
        }
        spread.see(z);
        // A difference depends on two coins, of which the earlier one is known by now.
        let base = match feed.before {
            None => Some(0.0),
            Some(before) => (before[k + feed.lag] as usize)
                .checked_sub(feed.lag)
                .and_then(|idx| symbols[..k].get(idx))
                .map(|&s| positions[usize::from(s)]),
        };
        let (true, Some(base)) = (z.is_finite(), base) else {
            stakes.add(k, wealth, &uniform[..levels]);
            continue;
        };
        let (centre, variance) = feed.known.unwrap_or((spread.mean, spread.variance()));
        let own = positions[usize::from(symbol)] - base;
        let shifted = z - spread.origin;
        if settings.learn_first() {
            past.learn(shifted, own);
        }
        let opinion = if past.n > 0.0 && variance > 0.0 {
            past.predict(
                shifted,
                centre - spread.origin,
                variance,
                base,
                positions,
                &mut q,
            )
        } else {
            None
        };
        match opinion {
            Some(logit) => {
                q[..levels].iter_mut().for_each(|q| {
                    *q = (1.0 - settings.clip) * *q + settings.clip / levels as f64;
                });
                stakes.add(k, wealth, &q[..levels]);
                wealth.times(levels as f64 * q[usize::from(symbol)]);
                if let Some(logits) = logits.as_deref_mut() {
                    logits[k] = logit as f32;
                }
            }
            None => stakes.add(k, wealth, &uniform[..levels]),
        }
        if !settings.learn_first() {
            past.learn(shifted, own);
        }
    }
    wealth
}

/// Running mean and variance of what was seen, blind to the coins.
#[derive(Default)]
struct Spread {
    n: f64,
    /// The first value: sums are taken relative to it, so that a large offset costs no digits.
    origin: f64,
    mean: f64,
    m2: f64,
}

impl Spread {
    #[inline]
    fn see(&mut self, z: f64) {
        if !z.is_finite() {
            return;
        }
        if self.n == 0.0 {
            self.origin = z;
        }
        self.n += 1.0;
        let d = z - self.mean;
        self.mean += d / self.n;
        self.m2 += d * (z - self.mean);
    }

    /// 0 where the values do not differ by more than rounding.
    #[inline]
    fn variance(&self) -> f64 {
        let variance = self.m2 / (self.n - 1.0).max(1.0);
        let rounding = 1e-13 * self.mean;
        if variance > rounding * rounding {
            variance
        } else {
            0.0
        }
    }
}

/// Sums for the regression z = a + b x.
#[derive(Default)]
struct Regression {
    n: f64,
    x: f64,
    xx: f64,
    z: f64,
    xz: f64,
    zz: f64,
}

impl Regression {
    #[inline]
    fn learn(&mut self, z: f64, x: f64) {
        self.n += 1.0;
        self.x += x;
        self.xx += x * x;
        self.z += z;
        self.xz += x * z;
        self.zz += z * z;
    }

    /// Writes the probability of each symbol given `z` into `q`; returns ln(q1/q0), or nothing if
    /// the numbers gave out.
    #[inline]
    fn predict(
        &self,
        z: f64,
        centre: f64,
        variance: f64,
        base: f64,
        positions: &[f64],
        q: &mut [f64; 16],
    ) -> Option<f64> {
        // Normal equations with the prior's precisions added, about the centre.
        let a00 = self.n + OFFSET_PRECISION;
        let a11 = self.xx + SLOPE_PRECISION;
        let inv_det = 1.0 / (a00 * a11 - self.x * self.x);
        let b0 = self.z - self.n * centre;
        let b1 = self.xz - self.x * centre;
        let zz = self.zz - 2.0 * centre * self.z + self.n * centre * centre;
        let offset = (a11 * b0 - self.x * b1) * inv_det;
        let slope = (a00 * b1 - self.x * b0) * inv_det;
        let residual = (zz - (offset * b0 + slope * b1)).max(0.0);
        let df = 1.0 + self.n;
        let scale = (NOISE_SHARE * variance + residual) / df;
        let inv_scale_df = 1.0 / (scale * df);
        let power = (df + 1.0) / 2.0;
        // Width factor and 1 + t^2/df of a symbol at x.
        let at = |x: f64| {
            let width = 1.0 + (a11 - 2.0 * self.x * x + a00 * x * x) * inv_det;
            let miss = z - centre - offset - slope * x;
            (width, 1.0 + miss * miss * inv_scale_df / width)
        };
        if let [low, high] = positions {
            let ((w0, t0), (w1, t1)) = (at(low - base), at(high - base));
            let logit = 0.5 * (w0 / w1).ln() + power * (t0 / t1).ln();
            if !logit.is_finite() {
                return None;
            }
            let logit = logit.clamp(-40.0, 40.0);
            q[1] = 1.0 / (1.0 + (-logit).exp());
            q[0] = 1.0 - q[1];
            return Some(logit);
        }
        let mut highest = f64::NEG_INFINITY;
        for (q, position) in q.iter_mut().zip(positions) {
            let (width, t) = at(position - base);
            *q = -0.5 * width.ln() - power * t.ln();
            highest = highest.max(*q);
        }
        let q = &mut q[..positions.len()];
        let sum: f64 = q.iter().map(|l| (l - highest).exp()).sum();
        let logit = q[1] - q[0];
        q.iter_mut().for_each(|l| *l = (*l - highest).exp() / sum);
        (sum.is_finite() && sum > 0.0).then_some(logit)
    }
}
