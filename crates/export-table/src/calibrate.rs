//! The constants of `voices::calibration`, fitted to voices and rooms that no table is measured on.

use dice::Dice;
use voices::{DIMENSIONS, Embedding};

use crate::places::Place;
use crate::pool::Item;

/// One comparison: whether the voice is another one, its cosine, the seconds of speech.
pub struct Trial {
    /// Another voice than the main one.
    pub other: bool,
    /// Cosine of the angle to the main voice.
    pub cosine: f64,
    /// Speech, seconds.
    pub speech_s: f64,
}

/// Comparisons in exports of each of `speakers`, whose foreign clips are of the others of them.
pub fn trials(pool: &[Item], speakers: &[usize], seed: u64) -> Vec<Trial> {
    let mut dice = Dice::new(seed, 2, 0);
    let mut trials = Vec::new();
    for &owner in speakers {
        for place in [Place::Clean, Place::Far, Place::Hard] {
            let of = |item: &&Item| item.place == place && !item.heard.pieces.is_empty();
            let own: Vec<&Item> = pool
                .iter()
                .filter(of)
                .filter(|item| item.speaker == owner)
                .collect();
            let others: Vec<&Item> = pool
                .iter()
                .filter(of)
                .filter(|item| item.speaker != owner && speakers.contains(&item.speaker))
                .collect();
            let others = dice.some_of(others, 3 * own.len());
            let units: Vec<([f32; DIMENSIONS], f64)> = own.iter().flat_map(|i| voiced(i)).collect();
            let mut sum = [0.0f32; DIMENSIONS];
            for (unit, _) in units.iter().filter(|(_, speech)| *speech >= 1.0) {
                sum.iter_mut().zip(unit).for_each(|(sum, v)| *sum += v);
            }
            for (unit, speech_s) in &units {
                let mut rest = sum;
                if *speech_s >= 1.0 {
                    rest.iter_mut().zip(unit).for_each(|(rest, v)| *rest -= v);
                }
                let cosine = cosine(&rest, unit);
                trials.push(Trial {
                    other: false,
                    cosine,
                    speech_s: *speech_s,
                });
            }
            for (unit, speech_s) in others.iter().flat_map(|item| voiced(item)) {
                trials.push(Trial {
                    other: true,
                    cosine: cosine(&sum, &unit),
                    speech_s,
                });
            }
        }
    }
    trials
}

/// Directions of the pieces of a clip, and their speech.
pub fn voiced(item: &Item) -> Vec<([f32; DIMENSIONS], f64)> {
    let each = item
        .heard
        .pieces
        .iter()
        .filter(|piece| piece.speech_s >= 0.3);
    each.filter_map(|p| {
        Some((
            p.voice.as_ref().map(Embedding::unit)?,
            f64::from(p.speech_s),
        ))
    })
    .collect()
}

/// Cosine of two directions.
pub fn cosine(a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(1e-12)
}

/// Logistic regression with both kinds weighing the same, by Newton's method.
pub fn fitted(trials: &[Trial]) -> [f64; 4] {
    let n = trials.len() as f64;
    let others = trials.iter().filter(|trial| trial.other).count() as f64;
    let mut odds = [0.0f64; 4];
    for _ in 0..30 {
        let (mut slope, mut curve) = ([0.0; 4], [[0.0; 4]; 4]);
        for trial in trials {
            let x = features(trial);
            let sum: f64 = x.iter().zip(&odds).map(|(x, b)| x * b).sum();
            let chance = 1.0 / (1.0 + (-sum).exp());
            let weight = 0.5 * n / if trial.other { others } else { n - others };
            let off = f64::from(u8::from(trial.other)) - chance;
            for i in 0..4 {
                slope[i] += weight * off * x[i];
                for j in 0..4 {
                    curve[i][j] += weight * chance * (1.0 - chance) * x[i] * x[j];
                }
            }
        }
        for i in 0..4 {
            slope[i] -= 1e-3 * odds[i];
            curve[i][i] += 1e-3;
        }
        let step = solved(curve, slope);
        odds.iter_mut().zip(step).for_each(|(b, step)| *b += step);
    }
    odds
}

fn features(trial: &Trial) -> [f64; 4] {
    let t = trial.speech_s.clamp(0.3, 5.0).ln();
    [1.0, trial.cosine, t, trial.cosine * t]
}

/// Gauss and Jordan; the matrix is positive definite.
fn solved(mut a: [[f64; 4]; 4], mut b: [f64; 4]) -> [f64; 4] {
    for i in 0..4 {
        let pivot = a[i][i];
        a[i].iter_mut().for_each(|v| *v /= pivot);
        b[i] /= pivot;
        let (row, of) = (a[i], b[i]);
        for j in (0..4).filter(|j| *j != i) {
            let factor = a[j][i];
            a[j].iter_mut().zip(row).for_each(|(v, r)| *v -= factor * r);
            b[j] -= factor * of;
        }
    }
    b
}

/// Mean and standard deviation of the cosines of other voices.
pub fn others(trials: &[Trial]) -> (f64, f64) {
    let cosines: Vec<f64> = trials
        .iter()
        .filter(|t| t.other)
        .map(|t| t.cosine)
        .collect();
    let n = cosines.len() as f64;
    let mean = cosines.iter().sum::<f64>() / n;
    let squares: f64 = cosines.iter().map(|c| (c - mean).powi(2)).sum();
    (mean, (squares / n).sqrt())
}
