//! From a cosine to a chance. The constants are made by `cargo xtask export-table --others 2
//! --calibrate` on voices and rooms that no table of docs/export-check.md is measured on.
//!
//! The cosine of a piece to the expected voice is spread around a mean that grows with its length: as
//! Student's distribution for that voice itself, because a bad moment is not so rare as the normal one says,
//! and as the normal distribution for others. How an export's own pieces lie, a little higher or closer
//! together than those that the constants were made of, is learned from the export ([`Fit`]).

use crate::constants::{OTHERS_MEAN, OTHERS_SPREAD, OWN_MEAN, OWN_SPREAD, SHAPE};

/// Shortest speech that the formula was fitted to, seconds.
pub(crate) const LEAST_S: f64 = 0.3;
/// Longest; a piece is not longer.
const MOST_S: f64 = 5.0;
/// Chances are said no surer than this, in log odds, however clear the numbers are: a thousand to one. What
/// nobody measured (a clone, a twin, a voice after surgery) is rarer, but not so rare as the formula says.
const SUREST: f64 = 6.9;
/// A single piece moves the odds by no more than this.
const STRONGEST: f64 = 12.0;
/// So many pieces of an export's own weigh as much as the constants do.
const KNOWN: f64 = 20.0;

/// How the odds follow from the densities of both kinds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Degrees of freedom of Student's distribution, as which own pieces are spread.
    pub freedom: f64,
    /// Log odds of the densities at which both kinds were equally likely indeed: own pieces lie less far out than
    /// their density says, which is set by where most of them lie.
    pub even: f64,
    /// How much faster than those of the densities the odds change there.
    pub steepness: f64,
}

impl Shape {
    /// As the densities say.
    pub const PLAIN: Shape = Shape {
        freedom: 5.0,
        even: 0.0,
        steepness: 1.0,
    };
}

/// How an export's own pieces lie, and what share of all is of other voices.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fit {
    /// How far the own ones lie above the usual mean, in usual spreads.
    shift: f64,
    /// Their spread, in usual ones.
    spread: f64,
    /// Share of pieces of other voices.
    pub share: f64,
    shape: Shape,
    /// The logarithm of the density of Student's distribution at its middle.
    middle: f64,
}

impl Default for Fit {
    /// Two sounds of which nothing else is known: as the densities say; even odds.
    fn default() -> Fit {
        Fit::usual(Shape::PLAIN)
    }
}

/// Mean and spread at so much speech: a line over the logarithm, and for the spread its exponent.
fn at(mean: [f64; 2], spread: [f64; 2], speech_s: f64) -> (f64, f64) {
    let t = speech_s.clamp(LEAST_S, MOST_S).ln();
    (mean[0] + mean[1] * t, (spread[0] + spread[1] * t).exp())
}

impl Fit {
    fn usual(shape: Shape) -> Fit {
        let freedom = shape.freedom;
        Fit {
            shift: 0.0,
            spread: 1.0,
            share: 0.5,
            shape,
            middle: libm::lgamma((freedom + 1.0) / 2.0)
                - libm::lgamma(freedom / 2.0)
                - (freedom * std::f64::consts::PI).ln() / 2.0,
        }
    }

    /// By expectation and maximisation over pieces, each with its cosine and its seconds of speech. The share
    /// is never less than half a piece of all, nor all but that.
    pub fn new(pieces: &[(f64, f64)]) -> Fit {
        Fit::shaped(pieces, SHAPE)
    }

    /// As [`Fit::new`], with another shape than the constants have: to find out which is best.
    pub fn shaped(pieces: &[(f64, f64)], shape: Shape) -> Fit {
        let n = pieces.len() as f64;
        let least = 0.5 / (n + 1.0);
        let mut fit = Fit::usual(shape);
        for _ in 0..100 {
            let (mut weight, mut linear, mut weighed, mut squares, mut others) =
                (0.0, 0.0, 0.0, 0.0, 0.0);
            for (cosine, speech_s) in pieces {
                // Without the limit of what is said: a thousand sure pieces are not one foreign one.
                let foreign = posterior(fit.log_odds(*cosine, *speech_s), fit.share);
                let (mean, spread) = at(OWN_MEAN, OWN_SPREAD, *speech_s);
                let z = (cosine - mean) / spread;
                let off = (z - fit.shift) / fit.spread;
                let own = (1.0 - foreign) * (shape.freedom + 1.0) / (shape.freedom + off * off);
                weight += 1.0 - foreign;
                linear += own;
                weighed += own * z;
                squares += own * (z - fit.shift).powi(2);
                others += foreign;
            }
            let next = Fit {
                shift: (weighed / (linear + KNOWN)).clamp(-2.0, 2.0),
                spread: ((squares + KNOWN) / (weight + KNOWN))
                    .sqrt()
                    .clamp(0.4, 2.0),
                share: (others / n.max(1.0)).clamp(least, 1.0 - least),
                ..fit
            };
            let moved = (next.share - fit.share).abs() + (next.shift - fit.shift).abs();
            fit = next;
            if moved < 1e-7 {
                break;
            }
        }
        fit
    }

    /// Log odds that a piece is of another voice, before anything is known of how many are.
    pub fn log_odds(&self, cosine: f64, speech_s: f64) -> f64 {
        let (mean, spread) = at(OWN_MEAN, OWN_SPREAD, speech_s);
        let (own_mean, own_spread) = (mean + self.shift * spread, spread * self.spread);
        let (mean, spread) = at(OTHERS_MEAN, OTHERS_SPREAD, speech_s);
        // Between the two means the odds fall all the way; beyond them a formula says nothing.
        let cosine = cosine.clamp(mean.min(own_mean), own_mean);
        let (own, other) = ((cosine - own_mean) / own_spread, (cosine - mean) / spread);
        let own = self.middle
            - (self.shape.freedom + 1.0) / 2.0 * (1.0 + own * own / self.shape.freedom).ln()
            - own_spread.ln();
        let other = -other * other / 2.0 - (std::f64::consts::TAU.sqrt() * spread).ln();
        let odds = self.shape.steepness * (other - own - self.shape.even);
        odds.clamp(-STRONGEST, STRONGEST)
    }

    /// The chance that a piece is of another voice.
    pub fn chance(&self, cosine: f64, speech_s: f64) -> f64 {
        let least = 1.0 / (1.0 + SUREST.exp());
        posterior(self.log_odds(cosine, speech_s), self.share).clamp(least, 1.0 - least)
    }

    /// How likely a piece of another voice is found: a chance of at least `threshold`.
    pub fn found(&self, speech_s: f64, threshold: f64) -> f64 {
        let (mut low, mut high) = (-1.0, 1.0);
        if self.chance(low, speech_s) < threshold {
            return 0.0;
        }
        for _ in 0..40 {
            let middle = f64::midpoint(low, high);
            match self.chance(middle, speech_s) >= threshold {
                true => low = middle,
                false => high = middle,
            }
        }
        let (mean, spread) = at(OTHERS_MEAN, OTHERS_SPREAD, speech_s);
        normal((low - mean) / spread)
    }
}

/// The chance, where a share `prior` of all pieces is of other voices.
fn posterior(log_odds: f64, prior: f64) -> f64 {
    1.0 / (1.0 + (-log_odds - (prior / (1.0 - prior)).ln()).exp())
}

/// The normal distribution (Abramowitz and Stegun 26.2.17, error below 1e-7).
fn normal(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let series = [
        0.319_381_530,
        -0.356_563_782,
        1.781_477_937,
        -1.821_255_978,
        1.330_274_429,
    ];
    let sum = series.iter().rev().fold(0.0, |sum, c| (sum + c) * t);
    let tail = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum;
    if z > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_odds_follow_the_cosine() {
        let fit = Fit::default();
        for speech in [0.1, 1.0, 3.0, 60.0] {
            let odds: Vec<f64> = (-10..=10)
                .map(|i| fit.log_odds(f64::from(i) / 10.0, speech))
                .collect();
            assert!(odds.is_sorted_by(|a, b| a >= b), "{odds:?}");
        }
        assert!(fit.log_odds(0.8, 2.0) < -3.0 && fit.log_odds(0.1, 2.0) > 3.0);
    }

    /// With five degrees of freedom the density in the middle is 8 / (3 √5 π), with one it is that of Cauchy.
    #[test]
    fn the_middle_of_student_s_distribution_is_known() {
        let of = |freedom| {
            let shape = Shape {
                freedom,
                ..Shape::PLAIN
            };
            Fit::usual(shape).middle.exp()
        };
        let pi = std::f64::consts::PI;
        assert!((of(5.0) - 8.0 / (3.0 * 5f64.sqrt() * pi)).abs() < 1e-12);
        assert!((of(1.0) - 1.0 / pi).abs() < 1e-12);
    }

    #[test]
    fn the_share_is_what_the_odds_say() {
        let pieces: Vec<(f64, f64)> = (0..100)
            .map(|i| (if i < 7 { 0.1 } else { 0.7 }, 2.0))
            .collect();
        let fit = Fit::new(&pieces);
        assert!((fit.share - 0.07).abs() < 0.01, "{fit:?}");
        assert!(Fit::new(&[(0.75, 2.0); 1_000]).share < 0.001);
        assert!(Fit::new(&[]).share > 0.0);
    }

    /// Pieces that lie closer together than usual make one in the middle suspicious.
    #[test]
    fn how_own_pieces_lie_is_learned() {
        let close: Vec<(f64, f64)> = (0..300)
            .map(|i| (0.72 + f64::from(i % 10) * 0.005, 2.0))
            .collect();
        let wide: Vec<(f64, f64)> = (0..300)
            .map(|i| (0.45 + f64::from(i % 30) * 0.012, 2.0))
            .collect();
        let odds = |pieces: &[(f64, f64)]| Fit::new(pieces).log_odds(0.45, 2.0);
        assert!(odds(&close) > odds(&wide) + 1.0);
    }

    #[test]
    fn more_speech_is_found_more_often() {
        let fit = Fit {
            share: 0.01,
            ..Fit::default()
        };
        let at = |speech| fit.found(speech, 0.5);
        assert!(at(1.0) < at(2.0) && at(2.0) < at(4.0));
        assert!(at(2.0) > 0.8, "{}", at(2.0));
        assert!((normal(0.0) - 0.5).abs() < 1e-6 && (normal(1.959_964) - 0.975).abs() < 1e-6);
    }
}
