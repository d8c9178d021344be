//! A regression that does not fix beforehand how much of a series is noise.

use crate::models::{Law, Regression, of_many};

/// Shares of the series' variance that may be noise, all as likely beforehand: from a leak as clean as can
/// be to hardly any.
pub(crate) const SHARES: [f64; 4] = [0.02, 0.1, 0.3, 0.8];

/// Prior precision of the offset, in units of 1/variance of the noise.
pub(crate) const OFFSET_PRECISION: f64 = 0.05;

/// Sums over values and where their symbols lie, about the centre of the series.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sums {
    pub(crate) n: f64,
    pub(crate) x: f64,
    pub(crate) xx: f64,
    pub(crate) z: f64,
    pub(crate) xz: f64,
    pub(crate) zz: f64,
}

impl Sums {
    /// With one more value.
    #[inline]
    pub(crate) fn and(self, z: f64, x: f64) -> Sums {
        Sums {
            n: self.n + 1.0,
            x: self.x + x,
            xx: self.xx + x * x,
            z: self.z + z,
            xz: self.xz + x * z,
            zz: self.zz + z * z,
        }
    }

    /// About another centre.
    pub(crate) fn about(self, centre: f64) -> Sums {
        Sums {
            z: self.z - self.n * centre,
            xz: self.xz - self.x * centre,
            zz: self.zz - 2.0 * centre * self.z + self.n * centre * centre,
            ..self
        }
    }

    /// ln of the density of all these values where all of the series' `variance` is noise, up to the same constant as
    /// that of [`ln_density`](Self::ln_density).
    #[inline]
    pub(crate) fn ln_density_flat(&self, variance: f64) -> f64 {
        let a00 = self.n + OFFSET_PRECISION;
        let prior = 2.0 * variance;
        let scale = prior + (self.zz - self.z * self.z / a00).max(0.0);
        let widths = OFFSET_PRECISION / a00;
        0.5 * (widths * prior * prior).ln() - (1.0 + 0.5 * self.n) * scale.ln()
    }

    /// ln of the density of all these values where `share` of the series' `variance` is noise and the slope the rest,
    /// up to a constant that only hangs on n. `spread`: variance of where symbols lie. In closed form (O'Hagan &
    /// Forster, "Bayesian Inference", 2004, chapter 11): a line z = a + b x with a normal-inverse-gamma prior of two
    /// degrees of freedom.
    #[inline]
    pub(crate) fn ln_density(&self, share: f64, variance: f64, spread: f64) -> f64 {
        let precision = share / (1.0 - share) * spread;
        let (a00, a11) = (self.n + OFFSET_PRECISION, self.xx + precision);
        let det = a00 * a11 - self.x * self.x;
        let (b0, b1) = (self.z, self.xz);
        let explained = (a11 * b0 * b0 - 2.0 * self.x * b0 * b1 + a00 * b1 * b1) / det;
        let prior = 2.0 * share * variance;
        let scale = prior + (self.zz - explained).max(0.0);
        let widths = OFFSET_PRECISION * precision / det;
        0.5 * (widths * prior * prior).ln() - (1.0 + 0.5 * self.n) * scale.ln()
    }
}

/// For each share a line; what was seen decides how much each counts. Writes the probability of each symbol given
/// `z` into `q`; returns ln(q1/q0). `centre`, `variance`: of the series, blind.
pub(crate) fn predict(
    past: &Regression,
    z: f64,
    centre: f64,
    variance: f64,
    positions: &[f64],
    q: &mut Law,
) -> Option<f64> {
    let spread = positions.iter().map(|x| x * x).sum::<f64>() / positions.len() as f64;
    let past = Sums {
        n: past.n,
        x: past.x,
        xx: past.xx,
        z: past.z,
        xz: past.xz,
        zz: past.zz,
    };
    let past = past.about(centre);
    for (q, &position) in q.iter_mut().zip(positions) {
        let all = past.and(z - centre, position);
        *q = ln_sum(&SHARES.map(|share| all.ln_density(share, variance, spread)));
    }
    of_many(&mut q[..positions.len()])
}

/// ln of the sum of numbers given by their logarithms.
#[inline]
pub(crate) fn ln_sum(logs: &[f64]) -> f64 {
    let highest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = logs.iter().map(|log| (log - highest).exp()).sum();
    highest + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbers::MOST_LEVELS;

    /// Reference: the same four posteriors step by step, each value's Student-t density after the other
    /// multiplied up, instead of the closed form.
    #[test]
    fn the_closed_form_is_the_product_of_predictive_densities() {
        let (centre, variance) = (1.5, 4.0);
        let seen = [
            (0.2, -1.0),
            (3.4, 1.0),
            (-0.4, -1.0),
            (2.9, 1.0),
            (3.1, 1.0),
        ];
        let mut past = Regression::default();
        for (z, x) in seen {
            past.learn(z, x);
        }
        let mut q = [0.0; MOST_LEVELS];
        let logit = predict(&past, 2.0, centre, variance, &[-1.0, 1.0], &mut q).unwrap();
        let product = |last: f64, share: f64| {
            let precision = share / (1.0 - share);
            let (mut l, mut m) = ([[0.05, 0.0], [0.0, precision]], [0.0, 0.0]);
            let (mut df, mut squares) = (2.0, 2.0 * share * variance);
            let mut log = 0.0;
            for (z, x) in seen.into_iter().chain([(2.0, last)]) {
                let det = l[0][0] * l[1][1] - l[0][1] * l[0][1];
                let width = 1.0 + (l[1][1] - 2.0 * l[0][1] * x + l[0][0] * x * x) / det;
                let miss = z - centre - m[0] - m[1] * x;
                let scale = squares * width;
                // Student-t; gamma functions are the same for every share.
                log += -0.5 * scale.ln() - 0.5 * (df + 1.0) * (miss * miss / scale).ln_1p();
                let h = [
                    l[0][0] * m[0] + l[0][1] * m[1] + z - centre,
                    l[0][1] * m[0] + l[1][1] * m[1] + x * (z - centre),
                ];
                l = [[l[0][0] + 1.0, l[0][1] + x], [l[0][1] + x, l[1][1] + x * x]];
                let det = l[0][0] * l[1][1] - l[0][1] * l[0][1];
                m = [
                    (l[1][1] * h[0] - l[0][1] * h[1]) / det,
                    (l[0][0] * h[1] - l[0][1] * h[0]) / det,
                ];
                df += 1.0;
                squares += miss * miss / width;
            }
            log
        };
        let density = |last: f64| {
            SHARES
                .iter()
                .map(|&share| product(last, share).exp())
                .sum::<f64>()
        };
        let expected = (density(1.0) / density(-1.0)).ln();
        assert!((logit - expected).abs() < 1e-9, "{logit} {expected}");
    }
}
