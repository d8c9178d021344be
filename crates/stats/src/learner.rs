//! One learner over all series: it adds up what the experts think.
//!
//! The mixture of experts believes that one of them is right; a leak that shows a little in many
//! series is found sooner by adding their opinions. The weights are learned by exponentiated
//! gradient descent on the log loss, whose price grows only with the logarithm of the number of
//! series. Strictly predictive: block k is bet on with the weights that blocks before k gave.
//! Two levels only.

use crate::wealth::Wealth;

/// An expert's opinion counts at most this much a block (ln odds): one wild block of one series
/// must not decide.
const LOUDEST: f32 = 6.0;

/// How strongly opinions are added up.
const STRENGTH: f64 = 3.0;

/// How fast weights move.
const RATE: f64 = 0.7;

/// Weights never fall below this, so that a series that begins to leak late can come back.
const FLOOR: f64 = 1e-12;

#[derive(Debug, Clone)]
pub(crate) struct Learner {
    pub(crate) wealth: Wealth,
    weights: Vec<f64>,
    total: f64,
}

impl Learner {
    pub(crate) fn new(priors: &[f64]) -> Learner {
        Learner {
            wealth: Wealth::new(1.0),
            weights: priors.to_vec(),
            total: priors.iter().sum(),
        }
    }

    /// Probability of symbol 1, before the clip, from what the experts think (ln odds).
    pub(crate) fn bet(&self, opinions: &[f32]) -> f64 {
        let each = self.weights.iter().zip(opinions);
        let sum: f64 = each.map(|(w, o)| w * f64::from(heard(*o))).sum();
        let opinion = match self.total > 0.0 {
            true => STRENGTH * sum / self.total,
            false => 0.0,
        };
        1.0 / (1.0 + (-opinion).exp())
    }

    /// The coin is shown: weights move towards those who were right. `q1`: what [`bet`](Self::bet)
    /// said.
    pub(crate) fn learn(&mut self, opinions: &[f32], symbol: u8, q1: f64) {
        let step = RATE * (f64::from(symbol) - q1);
        let inv_total = match self.total > 0.0 {
            true => 1.0 / self.total,
            false => 1.0,
        };
        self.total = 0.0;
        for (weight, opinion) in self.weights.iter_mut().zip(opinions) {
            let opinion = f64::from(heard(*opinion));
            // Those without an opinion are many, and their factor is 1.
            let factor = if opinion == 0.0 {
                1.0
            } else {
                (step * opinion).exp()
            };
            *weight = (*weight * inv_total * factor).max(FLOOR);
            self.total += *weight;
        }
    }
}

fn heard(opinion: f32) -> f32 {
    opinion.clamp(-LOUDEST, LOUDEST)
}
