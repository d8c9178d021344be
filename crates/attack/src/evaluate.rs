//! How often the attacker is right about sounds that it has never heard.

use crate::classify::{Model, Settings, calibration, likeliest};
use crate::intervals::{Count, macro_mean};
use dice::Dice;

use crate::{Error, Features, Folds, Interval};

/// Folds inside of what is learnt from, to calibrate on.
const INNER: usize = 3;

/// Trees of the forests that only calibration is made with.
const INNER_TREES: usize = 40;

/// What was said about each window by an attacker that had not heard its recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The classes' names.
    pub classes: Vec<String>,
    /// One a window.
    pub said: Vec<Said>,
}

/// What was said about one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Which series it is of.
    pub series: usize,
    /// Cluster of recordings that it is of.
    pub cluster: usize,
    /// What went on.
    pub class: usize,
    /// How probable each class was called.
    pub probabilities: Vec<f64>,
    /// Whether it was called one of the classes at all.
    pub known: bool,
}

impl Said {
    /// Whether the likeliest class was the one.
    pub fn right(&self) -> bool {
        likeliest(&self.probabilities) == self.class
    }
}

/// Two attackers on the same windows and folds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paired {
    /// How much better the second one is (macro accuracy), with its interval.
    pub better: Interval,
}

/// What a split by window would have claimed: no figure about an attacker, since it has heard the
/// very recording that it is tried on. Printed as a warning, and without an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WindowSplit {
    /// The macro accuracy that such a split claims.
    pub claimed: f64,
}

/// What becomes of sounds that are none of the classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OpenSet {
    /// Share of windows of the classes that were called none of them.
    pub known_refused: f64,
    /// Share of the others' windows that were called none of them.
    pub unknown_refused: f64,
    /// Chance that a window of the classes is held for likelier than one of the others: 0.5 is blind.
    pub told_apart: f64,
}

/// Learns from all folds but one and tries that one, each in turn; `calibrated` also tunes how sure
/// it may be, by folds inside of what is learnt from.
pub fn evaluate(
    features: &Features,
    folds: &Folds,
    settings: Settings,
    calibrated: bool,
) -> Result<Outcome, Error> {
    let mut said: Vec<(usize, Said)> = Vec::new();
    for held_out in 0..folds.count() {
        let (model, tried) = fold(features, folds, held_out, settings, calibrated)?;
        let rows: Vec<&[f64]> = tried.iter().map(|&i| &*features.rows[i]).collect();
        let each = tried.iter().zip(model.probabilities(&rows)?);
        said.extend(each.map(|(&i, probabilities)| {
            let series = features.of_series[i];
            let one = Said {
                series,
                cluster: folds.cluster(series),
                class: folds.class(series),
                known: model.named(&probabilities).is_some(),
                probabilities,
            };
            (i, one)
        }));
    }
    said.sort_by_key(|(i, _)| *i);
    Ok(Outcome {
        classes: folds.classes().to_vec(),
        said: said.into_iter().map(|(_, said)| said).collect(),
    })
}

/// The attacker of one fold, and the windows that it is tried on.
fn fold(
    features: &Features,
    folds: &Folds,
    held_out: usize,
    settings: Settings,
    calibrated: bool,
) -> Result<(Model, Vec<usize>), Error> {
    let windows = 0..features.rows.len();
    let (tried, learnt): (Vec<usize>, Vec<usize>) =
        windows.partition(|&i| folds.fold(features.of_series[i]) == held_out);
    let mut model = learn(features, folds, &learnt, settings)?;
    if calibrated {
        let inner = folds.inner(held_out, INNER);
        let (mut said, mut of) = (Vec::new(), Vec::new());
        let few = Settings {
            trees: settings.trees.min(INNER_TREES),
            ..settings
        };
        for part in 0..INNER {
            let (heard, unheard): (Vec<usize>, Vec<usize>) = learnt
                .iter()
                .partition(|&&i| inner[features.of_series[i]] != Some(part));
            let all = |list: &[usize]| {
                let has = |class| {
                    list.iter()
                        .any(|&i| folds.class(features.of_series[i]) == class)
                };
                (0..folds.classes().len()).all(has)
            };
            if unheard.is_empty() || !all(&heard) {
                continue;
            }
            let model = learn(features, folds, &heard, few)?;
            let rows: Vec<&[f64]> = unheard.iter().map(|&i| &*features.rows[i]).collect();
            said.extend(model.probabilities(&rows)?);
            of.extend(unheard.iter().map(|&i| folds.class(features.of_series[i])));
        }
        let count = |class: usize| of.iter().filter(|c| **c == class).count() as f64;
        let counts: Vec<f64> = (0..folds.classes().len()).map(count).collect();
        let weights: Vec<f64> = of.iter().map(|&class| 1.0 / counts[class]).collect();
        if !said.is_empty() {
            let (sharpness, limit) = calibration(&said, &of, &weights);
            model.calibrate(sharpness, limit);
        }
    }
    Ok((model, tried))
}

fn learn(
    features: &Features,
    folds: &Folds,
    windows: &[usize],
    settings: Settings,
) -> Result<Model, Error> {
    let rows: Vec<&[f64]> = windows.iter().map(|&i| &*features.rows[i]).collect();
    let of: Vec<usize> = windows
        .iter()
        .map(|&i| folds.class(features.of_series[i]))
        .collect();
    Model::learn(&rows, &of, folds.classes().len(), settings)
}

/// An attacker that learnt from everything there is, to be let loose on something else.
pub fn attacker(features: &Features, folds: &Folds, settings: Settings) -> Result<Model, Error> {
    // No fold has this number: nothing is held out.
    fold(features, folds, usize::MAX, settings, true).map(|(model, _)| model)
}

/// What carries it: every feature's name and its share in telling the classes apart, most first.
pub fn carriers(
    features: &Features,
    folds: &Folds,
    settings: Settings,
) -> Result<Vec<(String, f64)>, Error> {
    let all: Vec<usize> = (0..features.rows.len()).collect();
    let shares = learn(features, folds, &all, settings)?.carried_by()?;
    let mut carriers: Vec<(String, f64)> = features.names.iter().cloned().zip(shares).collect();
    carriers.sort_by(|a, b| b.1.total_cmp(&a.1));
    Ok(carriers)
}

/// What a split by window claims, for the warning beside the real figure.
pub fn window_split(
    features: &Features,
    folds: &Folds,
    settings: Settings,
) -> Result<WindowSplit, Error> {
    let mut order: Vec<usize> = (0..features.rows.len()).collect();
    Dice::new(settings.seed, u64::from(u32::from_be_bytes(*b"wind")), 0).shuffle(&mut order);
    let parts = folds.count().min(4);
    let classes = folds.classes().len();
    let (mut right, mut tried) = (vec![0.0; classes], vec![0.0; classes]);
    for part in 0..parts {
        let mine = |(at, _): &(usize, &usize)| at % parts == part;
        let test: Vec<usize> = order
            .iter()
            .enumerate()
            .filter(mine)
            .map(|(_, i)| *i)
            .collect();
        let rest = order.iter().enumerate().filter(|at| !mine(at));
        let rest: Vec<usize> = rest.map(|(_, i)| *i).collect();
        let model = learn(features, folds, &rest, settings)?;
        let rows: Vec<&[f64]> = test.iter().map(|&i| &*features.rows[i]).collect();
        for (i, p) in test.iter().zip(model.probabilities(&rows)?) {
            let class = folds.class(features.of_series[*i]);
            tried[class] += 1.0;
            right[class] += f64::from(u8::from(likeliest(&p) == class));
        }
    }
    let shares = right.iter().zip(&tried).filter(|(_, t)| **t > 0.0);
    let shares: Vec<f64> = shares.map(|(r, t)| r / t).collect();
    Ok(WindowSplit {
        claimed: shares.iter().sum::<f64>() / shares.len() as f64,
    })
}

/// What becomes of windows of something else, said by each fold's attacker beside those that it was
/// not taught.
pub fn open_set(
    features: &Features,
    folds: &Folds,
    others: &Features,
    settings: Settings,
) -> Result<OpenSet, Error> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    let (mut known_refused, mut unknown_refused) = (0, 0);
    for held_out in 0..folds.count() {
        let (model, tried) = fold(features, folds, held_out, settings, true)?;
        let tried: Vec<&[f64]> = tried.iter().map(|&i| &*features.rows[i]).collect();
        let others: Vec<&[f64]> = others.rows.iter().map(|r| &**r).collect();
        let sides = [
            (tried, &mut known, &mut known_refused),
            (others, &mut unknown, &mut unknown_refused),
        ];
        for (rows, best, refused) in sides {
            for p in model.probabilities(&rows)? {
                *refused += usize::from(model.named(&p).is_none());
                best.push(p.into_iter().fold(0.0, f64::max));
            }
        }
    }
    known.sort_unstable_by(f64::total_cmp);
    let below = |u: &f64| known.len() - known.partition_point(|k| k <= u);
    let pairs = (known.len() * unknown.len()) as f64;
    Ok(OpenSet {
        known_refused: known_refused as f64 / known.len() as f64,
        unknown_refused: unknown_refused as f64 / unknown.len() as f64,
        told_apart: unknown.iter().map(below).sum::<usize>() as f64 / pairs,
    })
}

impl Outcome {
    /// Mean over the classes of the share that was named right, with its interval over recordings.
    pub fn accuracy(&self) -> Interval {
        let right = |said: &Said| f64::from(u8::from(said.right()));
        macro_mean(&self.counts(right), self.classes.len(), 1)
    }

    /// What guessing gives.
    pub fn chance(&self) -> f64 {
        1.0 / self.classes.len() as f64
    }

    /// Windows that were tried.
    pub fn windows(&self) -> usize {
        self.said.len()
    }

    /// Clusters of recordings that they are of.
    pub fn clusters(&self) -> usize {
        let mut clusters: Vec<usize> = self.said.iter().map(|s| s.cluster).collect();
        clusters.sort_unstable();
        clusters.dedup();
        clusters.len()
    }

    /// Row by class that went on, column by class that was named: shares of the row.
    pub fn confusion(&self) -> Vec<Vec<f64>> {
        let n = self.classes.len();
        let mut counts = vec![vec![0.0; n]; n];
        for said in &self.said {
            counts[said.class][likeliest(&said.probabilities)] += 1.0;
        }
        for row in &mut counts {
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|c| *c /= total.max(1.0));
        }
        counts
    }

    /// How far the probability of the named class lies from the share that is right, on average over
    /// ten grades of sureness: 0 is honest.
    pub fn miscalibration(&self) -> f64 {
        let mut grades = [(0.0, 0.0, 0.0); 10];
        for said in &self.said {
            let p = said.probabilities.iter().copied().fold(0.0, f64::max);
            let grade = &mut grades[((p * 10.0) as usize).min(9)];
            grade.0 += 1.0;
            grade.1 += p;
            grade.2 += f64::from(u8::from(said.right()));
        }
        let apart: f64 = grades.iter().map(|(_, p, right)| (p - right).abs()).sum();
        apart / self.said.len().max(1) as f64
    }

    /// How much better `other` is on the same windows and folds.
    pub fn against(&self, other: &Outcome) -> Result<Paired, Error> {
        let same = |a: &Said, b: &Said| (a.series, a.class) == (b.series, b.class);
        let mut both = self.said.iter().zip(&other.said);
        if self.said.len() != other.said.len() || !both.all(|(a, b)| same(a, b)) {
            return Err(Error::NotPaired);
        }
        let right = |said: &Said| f64::from(u8::from(said.right()));
        let mut at = 0;
        let counts = self.counts(|said| {
            at += 1;
            right(&other.said[at - 1]) - right(said)
        });
        Ok(Paired {
            better: macro_mean(&counts, self.classes.len(), 1),
        })
    }

    fn counts(&self, mut of: impl FnMut(&Said) -> f64) -> Vec<Count> {
        let n = self.said.iter().map(|s| s.cluster + 1).max().unwrap_or(0);
        let mut counts = vec![Count::default(); n];
        for said in &self.said {
            let value = of(said);
            let count = &mut counts[said.cluster];
            count.class = said.class;
            count.sum += value;
            count.windows += 1.0;
        }
        counts
    }
}
