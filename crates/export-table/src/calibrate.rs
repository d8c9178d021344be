//! The constants of `voices`, fitted to voices and rooms that no table is measured on.

use dice::Dice;
use voices::calibration::{Fit, Shape};
use voices::{DIMENSIONS, Embedding, Heard};

use crate::places::Place;
use crate::pool::Item;

/// One comparison: of which export, whether the voice is another one, its cosine, the seconds of speech.
pub struct Trial {
    /// Number of the export.
    pub export: usize,
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
    let places = [Place::Clean, Place::Far, Place::Hard];
    let each = speakers
        .iter()
        .flat_map(|owner| places.map(|place| (*owner, place)));
    for (export, (owner, place)) in each.enumerate() {
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
                export,
                other: false,
                cosine,
                speech_s: *speech_s,
            });
        }
        for (unit, speech_s) in others.iter().flat_map(|item| voiced(item)) {
            trials.push(Trial {
                export,
                other: true,
                cosine: cosine(&sum, &unit),
                speech_s,
            });
        }
    }
    trials
}

/// Directions of the pieces of a clip, and their speech.
pub fn voiced(item: &Item) -> Vec<([f32; DIMENSIONS], f64)> {
    pieces(&item.heard)
}

fn pieces(heard: &Heard) -> Vec<([f32; DIMENSIONS], f64)> {
    let each = heard.pieces.iter().filter(|piece| piece.speech_s >= 0.3);
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

/// The constants, as they stand in `voices::constants`.
pub fn constants(
    trials: &[Trial],
    single: &[(usize, [f32; DIMENSIONS])],
    mixed: &[Heard],
) -> String {
    let spread = |other: bool| {
        let of: Vec<(f64, f64)> = trials
            .iter()
            .filter(|trial| trial.other == other)
            .map(|trial| (trial.speech_s.clamp(0.3, 5.0).ln(), trial.cosine))
            .collect();
        lines(&of, other)
    };
    let ([own, own_spread], [others, others_spread]) = (spread(false), spread(true));
    let mixed: Vec<[f32; DIMENSIONS]> = mixed
        .iter()
        .flat_map(pieces)
        .filter(|(_, speech)| *speech >= 1.0)
        .map(|(unit, _)| unit)
        .collect();
    let (bias, weights) = several(single, &mixed);
    let rows: Vec<String> = weights
        .chunks(12)
        .map(|row| row.iter().map(|w| format!("{w:.1}, ")).collect::<String>())
        .collect();
    format!(
        "OWN_MEAN: {own:.3?}\nOWN_SPREAD: {own_spread:.3?}\nOTHERS_MEAN: {others:.3?}\n\
         OTHERS_SPREAD: {others_spread:.3?}\nSHAPE: {:?}\nSEVERAL: {bias:.2}\nSEVERAL_BY: [\n{}\n]",
        shape(trials),
        rows.join("\n"),
    )
}

/// Degrees of freedom that are tried, with the other constants as they stand.
const FREEDOMS: [f64; 4] = [5.0, 10.0, 20.0, 50.0];
/// Log odds of the formula at which both are equally likely indeed, and how much faster than the formula's the odds
/// change there.
const EVENS: [f64; 9] = [0.0, -0.5, -1.0, -1.5, -2.0, -2.5, -3.0, -3.5, -4.0];
/// Likewise.
const STEEPNESSES: [f64; 6] = [0.75, 1.0, 1.5, 2.0, 2.5, 3.0];
/// Of an export that chances are held to so many pieces are foreign, the others its own.
const SHARE: f64 = 0.03;
/// As many pieces has an export; its own ones are drawn again, as those of an owner are alike.
const PIECES: usize = 400;

/// Those under which it is most likely who is foreign: the highest conditional likelihood, which is what makes
/// chances mean what they say. The likelihood of the cosines themselves would be set by where most pieces lie,
/// and not by the few between the two kinds. Each different piece counts once, own and foreign ones by their shares.
fn shape(trials: &[Trial]) -> Shape {
    let exports = trials.iter().map(|trial| trial.export).max().unwrap_or(0);
    let exports: Vec<[Vec<&Trial>; 2]> = (0..=exports)
        .map(|export| {
            let of = |other| {
                let long = trials.iter().filter(|trial| trial.speech_s >= 1.0);
                long.filter(|trial| trial.export == export && trial.other == other)
                    .collect()
            };
            [of(false), of(true)]
        })
        .filter(|of: &[Vec<&Trial>; 2]| of.iter().all(|of| !of.is_empty()))
        .collect();
    let total = |kind: usize| exports.iter().map(|of| of[kind].len()).sum::<usize>();
    let weights = [
        (1.0 - SHARE) / total(0).max(1) as f64,
        SHARE / total(1).max(1) as f64,
    ];
    let foreign = (SHARE * PIECES as f64).round() as usize;
    let mut dice = Dice::new(3, 3, 0);
    let drawn: Vec<Vec<(f64, f64)>> = exports
        .iter()
        .map(|[own, others]| {
            let own = own.iter().copied().cycle().take(PIECES - foreign);
            let strange = (0..foreign).map(|_| others[dice.below(others.len())]);
            own.chain(strange).map(|t| (t.cosine, t.speech_s)).collect()
        })
        .collect();
    let loss = |shape: Shape| -> f64 {
        let of_export = |(of, pieces): (&[Vec<&Trial>; 2], &Vec<(f64, f64)>)| -> f64 {
            let fit = Fit::shaped(pieces, shape);
            let of_trial = |trial: &&Trial| {
                let chance = fit.chance(trial.cosine, trial.speech_s);
                let right = if trial.other { chance } else { 1.0 - chance };
                -right.ln() * weights[usize::from(trial.other)]
            };
            of.iter().flatten().map(of_trial).sum()
        };
        exports.iter().zip(&drawn).map(of_export).sum()
    };
    let mut best = (f64::INFINITY, Shape::PLAIN);
    for freedom in FREEDOMS {
        let mut least = (f64::INFINITY, Shape::PLAIN);
        for even in EVENS {
            for steepness in STEEPNESSES {
                let shape = Shape {
                    freedom,
                    even,
                    steepness,
                };
                let loss = loss(shape);
                if loss < least.0 {
                    least = (loss, shape);
                }
            }
        }
        let plain = Shape {
            freedom,
            ..Shape::PLAIN
        };
        eprintln!(
            "{freedom} degrees of freedom: log loss {:.5} as the formula says, {:.5} by {:?}",
            loss(plain),
            least.0,
            least.1
        );
        if least.0 < best.0 {
            best = least;
        }
    }
    best.1
}

/// Mean and the logarithm of the spread, each as a line over the logarithm of the seconds. The voice itself
/// is spread as Student's distribution with five degrees of freedom, others normally.
fn lines(points: &[(f64, f64)], normal: bool) -> [[f64; 2]; 2] {
    let mut weights = vec![1.0; points.len()];
    let (mut mean, mut spread) = ([0.0; 2], [0.0; 2]);
    for _ in 0..20 {
        mean = line(
            points
                .iter()
                .map(|(t, c)| (*t, *c))
                .zip(weights.iter().copied()),
        );
        let off = |(t, c): &(f64, f64)| c - mean[0] - mean[1] * t;
        // The mean of the logarithm of a number that is spread so.
        let usual = if normal { -0.635 } else { -0.528 };
        let sizes = points
            .iter()
            .map(|p| (p.0, off(p).abs().max(1e-4).ln() - usual));
        spread = line(sizes.map(|p| (p, 1.0)));
        if normal {
            break;
        }
        for (weight, point) in weights.iter_mut().zip(points) {
            let z = off(point) / (spread[0] + spread[1] * point.0).exp();
            *weight = 6.0 / (5.0 + z * z);
        }
    }
    [mean, spread]
}

/// Least squares: where it crosses zero, and how it rises.
fn line(points: impl Iterator<Item = ((f64, f64), f64)>) -> [f64; 2] {
    let mut sums = [0.0; 5];
    for ((x, y), w) in points {
        for (sum, v) in sums.iter_mut().zip([1.0, x, y, x * x, x * y]) {
            *sum += w * v;
        }
    }
    let [n, x, y, xx, xy] = sums;
    let slope = (n * xy - x * y) / (n * xx - x * x).max(1e-12);
    [(y - slope * x) / n, slope]
}

/// Of a voice that is taken for several at once there may be one in a hundred.
const MISTAKEN: f64 = 0.01;
/// Penalties that are tried.
const PENALTIES: [f64; 4] = [0.1, 0.5, 2.0, 8.0];

/// Tells several voices at once from one by the direction of a piece. The penalty, and where the odds cross
/// zero, are set by speakers that the weights were not fitted to: each half of them by the other.
fn several(single: &[(usize, [f32; DIMENSIONS])], mixed: &[[f32; DIMENSIONS]]) -> (f64, Vec<f64>) {
    let all = |half: Option<usize>| -> Vec<(bool, &[f32; DIMENSIONS])> {
        let single = single
            .iter()
            .filter(|(speaker, _)| half.is_none_or(|half| speaker % 2 == half));
        // Mixtures have no speaker; they are parted by their number.
        let mixed = mixed
            .iter()
            .enumerate()
            .filter(|(n, _)| half.is_none_or(|half| n % 2 == half));
        let single = single.map(|(_, unit)| (false, unit));
        single.chain(mixed.map(|(_, unit)| (true, unit))).collect()
    };
    let mut best = (f64::NEG_INFINITY, 0.0, 0.0);
    for penalty in PENALTIES {
        let mut scores: [Vec<f64>; 2] = Default::default();
        for half in 0..2 {
            let weights = logistic(&all(Some(half)), penalty);
            for (mixed, unit) in all(Some(1 - half)) {
                scores[usize::from(mixed)].push(scored(&weights, unit));
            }
        }
        let [one, many] = &mut scores;
        one.sort_by(f64::total_cmp);
        let limit = one[((1.0 - MISTAKEN) * (one.len() - 1) as f64) as usize];
        let found = many.iter().filter(|score| **score > limit).count() as f64;
        let found = found / many.len().max(1) as f64;
        eprintln!(
            "penalty {penalty}: {:.1} % of several at once are found",
            found * 1e2
        );
        if found > best.0 {
            best = (found, penalty, limit);
        }
    }
    let mut weights = logistic(&all(None), best.1);
    let bias = weights.pop().unwrap_or_default() - best.2;
    (bias, weights)
}

/// The last of the weights stands alone.
fn scored(weights: &[f64], unit: &[f32; DIMENSIONS]) -> f64 {
    let sum: f64 = unit
        .iter()
        .zip(weights)
        .map(|(v, w)| f64::from(*v) * w)
        .sum();
    sum + weights[DIMENSIONS]
}

/// Logistic regression with both kinds weighing the same, by Newton's method.
fn logistic(points: &[(bool, &[f32; DIMENSIONS])], penalty: f64) -> Vec<f64> {
    const N: usize = DIMENSIONS + 1;
    let n = points.len() as f64;
    let several = points.iter().filter(|(several, _)| *several).count() as f64;
    let mut weights = vec![0.0f64; N];
    for _ in 0..12 {
        let (mut slope, mut curve) = (vec![0.0; N], vec![0.0; N * N]);
        for (is, unit) in points {
            let chance = 1.0 / (1.0 + (-scored(&weights, unit)).exp());
            let weight = 0.5 * n / if *is { several } else { n - several };
            let off = weight * (f64::from(u8::from(*is)) - chance);
            let bend = weight * chance * (1.0 - chance);
            let x = |i: usize| unit.get(i).map_or(1.0, |v| f64::from(*v));
            for i in 0..N {
                slope[i] += off * x(i);
                let row = &mut curve[i * N..(i + 1) * N];
                let scale = bend * x(i);
                row.iter_mut()
                    .zip(unit.iter())
                    .for_each(|(v, u)| *v += scale * f64::from(*u));
                row[DIMENSIONS] += scale;
            }
        }
        for i in 0..N {
            slope[i] -= penalty * weights[i];
            curve[i * N + i] += penalty;
        }
        let step = solved(curve, slope);
        weights
            .iter_mut()
            .zip(step)
            .for_each(|(w, step)| *w += step);
    }
    weights
}

/// Gauss and Jordan; the matrix is positive definite.
fn solved(mut a: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        let pivot = a[i * n + i];
        a[i * n..(i + 1) * n].iter_mut().for_each(|v| *v /= pivot);
        b[i] /= pivot;
        let (row, of) = (a[i * n..(i + 1) * n].to_vec(), b[i]);
        for j in (0..n).filter(|j| *j != i) {
            let factor = a[j * n + i];
            let line = &mut a[j * n..(j + 1) * n];
            line.iter_mut()
                .zip(&row)
                .for_each(|(v, r)| *v -= factor * r);
            b[j] -= factor * of;
        }
    }
    b
}
