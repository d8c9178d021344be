//! One learner over all series: it adds up what the experts think.
//!
//! The mixture of experts believes that one of them is right; a leak that shows a little in many
//! series is found sooner by adding their opinions. The weights are learned by exponentiated
//! gradient descent on the log loss, whose price grows only with the logarithm of the number of
//! series. Strictly predictive: block k is bet on with the weights that blocks before k gave.
//! Two levels only.

use crate::wealth::{Stakes, Wealth};

/// An expert's opinion counts at most this much a block (ln odds): one wild block of one series
/// must not decide.
const LOUDEST: f64 = 3.0;

/// How strongly opinions are added up, and how fast weights move.
pub(crate) const STYLES: [(f64, f64); 2] = [(1.2, 0.7), (4.0, 1.0)];

/// `logits[expert * n_blocks + k]`; returns what it ends with.
#[allow(clippy::too_many_arguments)]
pub(crate) fn run(
    logits: &[f32],
    priors: &[f64],
    lost: Option<&[bool]>,
    symbols: &[u8],
    clip: f64,
    (strength, rate): (f64, f64),
    stake: f64,
    stakes: &mut Stakes,
) -> Wealth {
    let n_blocks = symbols.len();
    let mut wealth = Wealth::new(stake);
    let mut weights = priors.to_vec();
    let mut column = vec![0.0; weights.len()];
    for (k, &symbol) in symbols.iter().enumerate() {
        if lost.is_some_and(|lost| lost[k]) {
            stakes.add(k, wealth, &[clip / 2.0; 2]);
            wealth.times(clip);
            continue;
        }
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        for (j, opinion) in column.iter_mut().enumerate() {
            *opinion = f64::from(logits[j * n_blocks + k]).clamp(-LOUDEST, LOUDEST);
            sum += weights[j] * *opinion;
        }
        let opinion = if total > 0.0 {
            strength * sum / total
        } else {
            0.0
        };
        let q1 = 1.0 / (1.0 + (-opinion).exp());
        let q1_clipped = (1.0 - clip) * q1 + clip / 2.0;
        let q = [1.0 - q1_clipped, q1_clipped];
        stakes.add(k, wealth, &q);
        wealth.times(2.0 * q[usize::from(symbol.min(1))]);
        let step = rate * (f64::from(symbol) - q1);
        let inv_total = if total > 0.0 { 1.0 / total } else { 1.0 };
        for (weight, opinion) in weights.iter_mut().zip(&column) {
            // The floor lets a series that begins to leak late come back.
            *weight = (*weight * inv_total * (step * opinion).exp()).max(1e-12);
        }
    }
    wealth
}
