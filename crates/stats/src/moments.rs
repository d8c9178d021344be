//! Numbers whose mean *and* spread may hang on the symbol: a normal law of its own for each.

use crate::models::{Law, SPEAKS, Spread, ln_gamma, of_many};

/// Prior of a symbol's mean, worth so many values at the mean of all.
const MEAN_VALUES: f64 = 0.3;

/// Prior of a symbol's variance, worth so many values with the variance of all. Small, as the variance
/// of all says nothing of that of the quietest symbol.
const SPREAD_VALUES: f64 = 0.3;

/// Factor between two variances from which they speak for a dependence.
const SPREAD: f64 = 4.0;

/// For each class (a symbol, or a symbol after another) a normal law with unknown mean and variance, under a normal-inverse-gamma prior about
/// what was seen of all: Student-t densities (Murphy, "Conjugate Bayesian analysis of the Gaussian
/// distribution", 2007, section 6).
#[derive(Debug, Clone, Default)]
pub(crate) struct Moments {
    n: Law,
    mean: Law,
    /// Sum of squared distances from the class's mean.
    m2: Law,
}

impl Moments {
    /// Classes beyond what there is room for are not learned.
    pub(crate) fn learn(&mut self, z: f64, class: usize) {
        if class >= self.n.len() {
            return;
        }
        self.n[class] += 1.0;
        let d = z - self.mean[class];
        self.mean[class] += d / self.n[class];
        self.m2[class] += d * (z - self.mean[class]);
    }

    /// Whether the classes of two neighbouring symbols differ, in what was learned, by their means or by
    /// their spread.
    fn speak(&self, first: usize, levels: usize) -> bool {
        (first..first + levels - 1).any(|a| {
            let b = a + 1;
            if self.n[a] < 3.0 || self.n[b] < 3.0 {
                return false;
            }
            let variance = |class: usize| self.m2[class] / (self.n[class] - 1.0);
            let (of_a, of_b) = (variance(a), variance(b));
            let off = self.mean[a] - self.mean[b];
            let shifted = off * off >= SPEAKS * (of_a / self.n[a] + of_b / self.n[b]);
            (shifted && off != 0.0) || of_a > SPREAD * of_b || of_b > SPREAD * of_a
        })
    }

    /// Writes the probability of each symbol given `z` into `q`; returns ln(q1/q0). `all`: what was seen
    /// blind. `first`: the class of symbol 0; those of the others follow. Nothing where nothing was
    /// learned, or nothing moved.
    pub(crate) fn predict(
        &self,
        z: f64,
        all: &Spread,
        first: usize,
        levels: usize,
        q: &mut Law,
    ) -> Option<f64> {
        let variance = all.variance();
        if variance == 0.0 || first + levels > self.n.len() || !self.speak(first, levels) {
            return None;
        }
        for (class, q) in (first..).zip(&mut q[..levels]) {
            let n = self.n[class];
            let values = MEAN_VALUES + n;
            let off = self.mean[class] - all.mean;
            let centre = all.mean + n * off / values;
            let squares =
                SPREAD_VALUES * variance + self.m2[class] + MEAN_VALUES * n * off * off / values;
            let df = SPREAD_VALUES + n;
            // df times the squared scale.
            let scale = squares * (values + 1.0) / values;
            let miss = (z - centre) * (z - centre) / scale;
            *q = ln_half_step(0.5 * df) - 0.5 * scale.ln() - 0.5 * (df + 1.0) * miss.ln_1p();
        }
        of_many(&mut q[..levels])
    }
}

/// ln of gamma(x + 1/2) / gamma(x).
fn ln_half_step(x: f64) -> f64 {
    if x < 6.0 {
        return ln_gamma(x + 0.5) - ln_gamma(x);
    }
    // Abramowitz & Stegun 6.1.47, to the third order: exact to 1e-7 from 6 up.
    let inv = 1.0 / x;
    0.5 * x.ln() - inv * (1.0 / 8.0 - inv * inv / 192.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_steps_of_the_gamma_function() {
        for i in 1..400 {
            let x = f64::from(i) * 0.05;
            let own = ln_half_step(x);
            let reference =
                statrs::function::gamma::ln_gamma(x + 0.5) - statrs::function::gamma::ln_gamma(x);
            assert!((own - reference).abs() < 2e-7, "{x}: {own} {reference}");
        }
    }

    /// Reference: scipy.stats.t.logpdf(z, df, loc, scale) of the posterior predictive.
    #[test]
    fn a_symbol_of_less_spread_is_told_by_it() {
        let (mut moments, mut all, mut q) = (Moments::default(), Spread::default(), [0.0; 16]);
        let sample = |k: i32| f64::from(k * 7919 % 13 - 6);
        for k in 0..60 {
            let (symbol, z) = match k % 2 {
                0 => (0, 0.02 * sample(k)),
                _ => (1, sample(k)),
            };
            all.see(z);
            moments.learn(z, symbol);
        }
        let opinion = |z: f64, q: &mut Law| moments.predict(z, &all, 0, 2, q).unwrap();
        assert!(opinion(5.0, &mut q) > 5.0);
        assert!(opinion(-5.0, &mut q) > 5.0);
        assert!(opinion(0.01, &mut q) < -2.0);
    }
}
