//! How likely a value is under each symbol, by what was learned from earlier blocks: one model for
//! each kind of series. By Bayes and the fair coin that is a bet.
//!
//! No model need hold for the test to be valid; it only decides how fast a leak is found. Whatever
//! is learned blind (scales, means, which labels there are) includes the present value, which is
//! allowed, as it does not use the coin.

use crate::numbers::MOST_LEVELS;

/// A number for each symbol.
pub(crate) type Law = [f64; MOST_LEVELS];

/// Prior precisions of offset and slope, in units of 1/variance, and the share of the series'
/// variance that the prior takes for noise. Tuned, together with the stakes and the learner, on the
/// real leaks of `calibrate` with dice of another seed (docs/statistics.md, "What is not promised").
const OFFSET_PRECISION: f64 = 0.05;
const SLOPE_PRECISION: f64 = 0.6;
const NOISE_SHARE: f64 = 0.4;

/// Running mean and variance of what was seen, blind to the coins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spread {
    n: f64,
    /// The first value: sums are taken relative to it, so that a large offset costs no digits.
    pub(crate) origin: f64,
    pub(crate) mean: f64,
    m2: f64,
}

impl Spread {
    #[inline]
    pub(crate) fn see(&mut self, z: f64) {
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
    pub(crate) fn variance(&self) -> f64 {
        let variance = self.m2 / (self.n - 1.0).max(1.0);
        let rounding = 1e-13 * self.mean;
        if variance > rounding * rounding {
            variance
        } else {
            0.0
        }
    }
}

/// Numbers: a Bayesian regression z = a + b x on the symbol's level, with a normal-inverse-gamma
/// prior whose scale is the running variance: a Student-t density for each symbol.
#[derive(Debug, Clone, Default)]
pub(crate) struct Regression {
    pub(crate) n: f64,
    pub(crate) x: f64,
    pub(crate) xx: f64,
    pub(crate) z: f64,
    pub(crate) xz: f64,
    pub(crate) zz: f64,
}

/// Square of the number of standard errors by which the past has to speak for a dependence before those bet
/// that have little to bet with: most series depend on nothing, and are then passed by for nearly nothing.
pub(crate) const SPEAKS: f64 = 3.0;

impl Regression {
    /// Whether what was learned speaks for a slope at all: n r^2 of at least [`SPEAKS`].
    #[inline]
    pub(crate) fn speaks(&self) -> bool {
        let n = self.n;
        let xz = n * self.xz - self.x * self.z;
        let xx = n * self.xx - self.x * self.x;
        let zz = n * self.zz - self.z * self.z;
        n >= 6.0 && n * xz * xz >= SPEAKS * xx * zz
    }

    /// n r^2; 0 where nothing varies.
    pub(crate) fn dependence(&self) -> f64 {
        let n = self.n;
        let xz = n * self.xz - self.x * self.z;
        let spread = (n * self.xx - self.x * self.x) * (n * self.zz - self.z * self.z);
        if spread > 0.0 {
            n * xz * xz / spread
        } else {
            0.0
        }
    }

    #[inline]
    pub(crate) fn learn(&mut self, z: f64, x: f64) {
        self.n += 1.0;
        self.x += x;
        self.xx += x * x;
        self.z += z;
        self.xz += x * z;
        self.zz += z * z;
    }

    /// Writes the probability of each symbol given `z` into `q`; returns ln(q1/q0), or nothing if
    /// the numbers gave out. `base`: level of the symbol whose value was subtracted.
    #[inline]
    pub(crate) fn predict(
        &self,
        z: f64,
        centre: f64,
        variance: f64,
        base: f64,
        positions: &[f64],
        q: &mut Law,
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
        let inv_noise = 1.0 / (NOISE_SHARE * variance + residual);
        // Of a symbol at x: the factor w by which not knowing the line widens the noise, and
        // w (1 + t^2/df). The density is w^(df/2) (w (1 + t^2/df))^(-(df+1)/2).
        let at = |x: f64| {
            let width = 1.0 + (a11 - 2.0 * self.x * x + a00 * x * x) * inv_det;
            let miss = z - centre - offset - slope * x;
            (width, width + miss * miss * inv_noise)
        };
        let (of_width, of_both) = (0.5 * df, 0.5 * (df + 1.0));
        if let [low, high] = positions {
            let ((w0, b0), (w1, b1)) = (at(low - base), at(high - base));
            return of_two(of_both * (b0 / b1).ln() - of_width * (w0 / w1).ln(), q);
        }
        for (q, position) in q.iter_mut().zip(positions) {
            let (width, both) = at(position - base);
            *q = of_width * width.ln() - of_both * both.ln();
        }
        of_many(&mut q[..positions.len()])
    }
}

/// Prior of a symbol's rate, worth so many blocks of the mean.
const RATE_BLOCKS: f64 = 1.5;

/// Beyond this a count is as good as a number, and the logarithms below lose their digits.
const COUNT_MOST: f64 = 1e6;

/// Counts: Poisson with a gamma prior for each symbol's rate, hence a negative binomial law. Real
/// counts vary more than that (or less, if a timer sends), so they are divided by their dispersion
/// about what was expected first; a wild count then says little.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    n: Law,
    sum: Law,
    /// How many values were compared with what was expected, and the sum of squared misses in
    /// units of the Poisson law's variance.
    compared: f64,
    misses: f64,
}

impl Counts {
    fn rate(&self, symbol: usize, mean: f64) -> f64 {
        (RATE_BLOCKS * mean + self.sum[symbol]) / (RATE_BLOCKS + self.n[symbol])
    }

    pub(crate) fn learn(&mut self, y: f64, mean: f64, symbol: usize) {
        let expected = self.rate(symbol, mean);
        let width = 1.0 + 1.0 / (RATE_BLOCKS + self.n[symbol]);
        if expected > 0.0 && self.n[symbol] > 0.0 {
            self.compared += 1.0;
            self.misses += (y - expected).powi(2) / (expected * width);
        }
        self.n[symbol] += 1.0;
        self.sum[symbol] += y;
    }

    pub(crate) fn predict(&self, y: f64, mean: f64, levels: usize, q: &mut Law) -> Option<f64> {
        // As if eight values had missed as a Poisson law would.
        let dispersion = ((8.0 + self.misses) / (8.0 + self.compared)).max(0.02);
        let scale = 1.0 / dispersion;
        let (y, mean) = (y * scale, mean * scale);
        if self.n[..levels].iter().all(|n| *n == 0.0) || y.max(mean) > COUNT_MOST {
            return None;
        }
        for (symbol, q) in q[..levels].iter_mut().enumerate() {
            let shape = RATE_BLOCKS * mean + self.sum[symbol] * scale;
            let blocks = RATE_BLOCKS + self.n[symbol];
            *q = ln_gamma(shape + y)
                - ln_gamma(shape)
                - shape * (1.0 / blocks).ln_1p()
                - y * (blocks + 1.0).ln();
        }
        of_many(&mut q[..levels])
    }
}

/// ln of the gamma function for x > 0, by Stirling's series from 8 up.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    let (mut x, mut product) = (x, 1.0);
    while x < 8.0 {
        product *= x;
        x += 1.0;
    }
    let (inv, half_ln_tau) = (1.0 / x, 0.918_938_533_204_672_8);
    let inv2 = inv * inv;
    let series = inv * (1.0 / 12.0 - inv2 * (1.0 / 360.0 - inv2 * (1.0 / 1260.0 - inv2 / 1680.0)));
    let shift = if product == 1.0 { 0.0 } else { product.ln() };
    (x - 0.5) * x.ln() - x + half_ln_tau + series - shift
}

/// Each label is imagined seen so often under each symbol beforehand (Krichevsky & Trofimov 1981).
const IMAGINED: f64 = 0.5;

/// Categories: Dirichlet-multinomial for each class (a symbol, or a symbol after another).
#[derive(Debug, Clone, Default)]
pub(crate) struct Labels {
    /// How many different labels were seen.
    n_labels: usize,
    /// `[label * classes + class]`.
    counts: Vec<f64>,
    totals: Vec<f64>,
}

impl Labels {
    /// A label that was never seen before is one more that there may be.
    pub(crate) fn see(&mut self, label: f64) {
        self.n_labels = self.n_labels.max(label as usize + 1);
    }

    pub(crate) fn learn(&mut self, label: f64, class: usize, classes: usize) {
        self.totals.resize(classes, 0.0);
        self.counts.resize(self.n_labels * classes, 0.0);
        self.counts[label as usize * classes + class] += 1.0;
        self.totals[class] += 1.0;
    }

    /// `first`: the class of symbol 0; those of the others follow.
    pub(crate) fn predict(
        &self,
        label: f64,
        first: usize,
        classes: usize,
        levels: usize,
        q: &mut Law,
    ) -> Option<f64> {
        let at = label as usize * classes + first;
        let known = self.n_labels as f64 * IMAGINED;
        if self.n_labels < 2 || self.totals.is_empty() {
            return None;
        }
        for (symbol, q) in q[..levels].iter_mut().enumerate() {
            let count = self.counts.get(at + symbol).copied().unwrap_or(0.0);
            *q = (count + IMAGINED) / (self.totals[first + symbol] + known);
        }
        let sum: f64 = q[..levels].iter().sum();
        q[..levels].iter_mut().for_each(|q| *q /= sum);
        Some((q[1] / q[0]).ln())
    }
}

/// The law of two symbols from ln(q1/q0).
#[inline]
fn of_two(logit: f64, q: &mut Law) -> Option<f64> {
    if !logit.is_finite() {
        return None;
    }
    let logit = logit.clamp(-40.0, 40.0);
    q[1] = 1.0 / (1.0 + (-logit).exp());
    q[0] = 1.0 - q[1];
    Some(logit)
}

/// The law of many symbols from ln of how likely each is, up to a constant.
pub(crate) fn of_many(q: &mut [f64]) -> Option<f64> {
    let highest = q.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let logit = (q[1] - q[0]).clamp(-40.0, 40.0);
    let sum: f64 = q.iter().map(|l| (l - highest).exp()).sum();
    q.iter_mut().for_each(|l| *l = (*l - highest).exp() / sum);
    (sum.is_finite() && sum > 0.0).then_some(logit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_gamma_agrees_with_statrs() {
        for i in -60..=120 {
            let x = 10f64.powf(f64::from(i) / 20.0);
            let (own, reference) = (ln_gamma(x), statrs::function::gamma::ln_gamma(x));
            let allowed = 1e-9 * reference.abs().max(1.0);
            assert!((own - reference).abs() < allowed, "{x}: {own} {reference}");
        }
    }

    /// Reference: scipy.stats.nbinom(a, b / (b + 1)).pmf(3) for a = 3.5, b = 3.5 and a = 6.5,
    /// b = 2.5, normalised; before any comparison the dispersion is 1.
    #[test]
    fn counts_are_negative_binomial() {
        let mut q = [0.0; MOST_LEVELS];
        let mut counts = Counts::default();
        (counts.n[0], counts.sum[0]) = (2.0, 2.0);
        (counts.n[1], counts.sum[1]) = (1.0, 5.0);
        counts.predict(3.0, 1.0, 2, &mut q).unwrap();
        let law = |a: f64, b: f64| {
            let choose = a * (a + 1.0) * (a + 2.0) / 6.0;
            choose * (b / (b + 1.0)).powf(a) / (b + 1.0).powi(3)
        };
        let (low, high) = (law(3.5, 3.5), law(6.5, 2.5));
        assert!((q[1] - high / (low + high)).abs() < 1e-12, "{q:?}");
    }

    #[test]
    fn labels_are_bet_on_as_often_as_they_came() {
        let (mut labels, mut q) = (Labels::default(), [0.0; MOST_LEVELS]);
        labels.see(0.0);
        labels.learn(0.0, 1, 2);
        assert_eq!(
            labels.predict(0.0, 0, 2, 2, &mut q),
            None,
            "one label says nothing"
        );
        labels.see(1.0);
        // Unseen so far: 0.5 of 1 against 0.5 of 2.
        labels.predict(1.0, 0, 2, 2, &mut q).unwrap();
        assert!((q[0] - 2.0 / 3.0).abs() < 1e-12);
        labels.learn(1.0, 0, 2);
        // 1.5 of 2 against 0.5 of 2.
        labels.predict(0.0, 0, 2, 2, &mut q).unwrap();
        assert!((q[1] - 0.75).abs() < 1e-12);
    }
}
