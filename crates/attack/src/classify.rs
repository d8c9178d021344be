//! The attacker: forests that say how probable each activity is.
//!
//! One forest of extremely randomised trees a class, which estimates the share of windows like this
//! one that are of the class; `smartcore` grows them, and the same seed gives the same trees. Which
//! learner is taken was measured (`docs/attack.md`).

use smartcore::ensemble::extra_trees_regressor::{
    ExtraTreesRegressor, ExtraTreesRegressorParameters,
};
use smartcore::ensemble::random_forest_regressor::{
    RandomForestRegressor, RandomForestRegressorParameters,
};
use smartcore::linalg::basic::matrix::DenseMatrix;
use smartcore::xgboost::{XGRegressor, XGRegressorParameters};

use crate::Error;

/// Which learner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Learner {
    /// Trees whose cuts are drawn by chance, on all rows.
    ExtraTrees,
    /// Trees with the best cuts, on rows drawn anew for each.
    Forest,
    /// Small trees, each of which mends what those before it left (gradient boosting).
    Boosted,
}

/// How it learns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Which learner.
    pub learner: Learner,
    /// Trees a class.
    pub trees: usize,
    /// Fewest windows in a leaf.
    pub leaf: usize,
    /// What the trees are drawn from.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            learner: Learner::ExtraTrees,
            trees: 100,
            leaf: 2,
            seed: 1,
        }
    }
}

/// Share of known activities that may be called unknown by the limit of [`Model::named`].
pub const REFUSED: f64 = 0.1;

type Matrix = DenseMatrix<f64>;

enum Forest {
    Extra(ExtraTreesRegressor<f64, f64, Matrix, Vec<f64>>),
    Best(RandomForestRegressor<f64, f64, Matrix, Vec<f64>>),
    Boosted(XGRegressor<f64, f64, Matrix, Vec<f64>>),
}

/// A trained attacker.
pub struct Model {
    forests: Vec<Forest>,
    /// How much surer it may be than the forests' shares say; 1 before calibration.
    pub(crate) sharpness: f64,
    /// Below this probability of the likeliest activity it says "none of these"; 0 before calibration.
    pub(crate) limit: f64,
}

impl Model {
    /// Learns from rows and their classes, 0..`classes`; each class counts as much as any other.
    pub fn learn(
        rows: &[&[f64]],
        of: &[usize],
        classes: usize,
        settings: Settings,
    ) -> Result<Model, Error> {
        let x = matrix(rows)?;
        let mut count = vec![0usize; classes];
        of.iter().for_each(|&class| count[class] += 1);
        let weights: Vec<f64> = of
            .iter()
            .map(|&class| rows.len() as f64 / (classes * count[class]) as f64)
            .collect();
        // Half again the customary square root: many of the features say the same.
        let m = rows
            .first()
            .map_or(1, |r| (1.5 * (r.len() as f64).sqrt()) as usize);
        let m = m.clamp(1, rows.first().map_or(1, |r| r.len()));
        let forest = |class: usize| {
            let y: Vec<f64> = of
                .iter()
                .map(|&c| f64::from(u8::from(c == class)))
                .collect();
            let seed = settings
                .seed
                .wrapping_mul(1_000_003)
                .wrapping_add(class as u64 * 7_919);
            let grown = match settings.learner {
                Learner::ExtraTrees => {
                    let parameters = ExtraTreesRegressorParameters::default()
                        .with_n_trees(settings.trees)
                        .with_min_samples_leaf(settings.leaf)
                        .with_m(m)
                        .with_seed(seed);
                    ExtraTreesRegressor::fit_with_weights(&x, &y, &weights, parameters)
                        .map(Forest::Extra)
                }
                Learner::Forest => {
                    let parameters = RandomForestRegressorParameters::default()
                        .with_n_trees(settings.trees)
                        .with_min_samples_leaf(settings.leaf)
                        .with_m(m)
                        .with_seed(seed);
                    RandomForestRegressor::fit_with_weights(&x, &y, &weights, parameters)
                        .map(Forest::Best)
                }
                Learner::Boosted => {
                    let parameters = XGRegressorParameters::default()
                        .with_n_estimators(settings.trees)
                        .with_max_depth(4)
                        .with_learning_rate(0.15)
                        .with_subsample(0.7)
                        .with_min_child_weight(settings.leaf)
                        .with_base_score(1.0 / classes as f64)
                        .with_seed(seed);
                    XGRegressor::fit(&x, &y, parameters).map(Forest::Boosted)
                }
            };
            grown.map_err(|e| Error::Classifier(e.to_string()))
        };
        Ok(Model {
            forests: (0..classes).map(forest).collect::<Result<_, _>>()?,
            sharpness: 1.0,
            limit: 0.0,
        })
    }

    /// How probable each class is, per row; each row's add up to 1.
    pub fn probabilities(&self, rows: &[&[f64]]) -> Result<Vec<Vec<f64>>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let x = matrix(rows)?;
        let mut shares = Vec::new();
        for forest in &self.forests {
            let said = match forest {
                Forest::Extra(forest) => forest.predict(&x),
                Forest::Best(forest) => forest.predict(&x),
                Forest::Boosted(trees) => trees.predict(&x),
            };
            shares.push(said.map_err(|e| Error::Classifier(e.to_string()))?);
        }
        let row = |i: usize| {
            let raw: Vec<f64> = shares.iter().map(|s| s[i]).collect();
            sharpened(&raw, self.sharpness)
        };
        Ok((0..rows.len()).map(row).collect())
    }

    /// How much each feature serves to tell the classes apart, by how much the trees' cuts on it part
    /// them; adds up to 1.
    pub(crate) fn carried_by(&self) -> Result<Vec<f64>, Error> {
        let mut sum: Vec<f64> = Vec::new();
        for forest in &self.forests {
            let own = match forest {
                Forest::Extra(forest) => forest.compute_feature_importances(),
                Forest::Best(forest) => forest.compute_feature_importances(),
                Forest::Boosted(_) => {
                    let why = "boosted trees do not say what carries it; take a forest";
                    return Err(Error::Classifier(why.to_owned()));
                }
            };
            let own = own.map_err(|e| Error::Classifier(e.to_string()))?;
            sum.resize(own.len(), 0.0);
            sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += own);
        }
        let total = sum.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        Ok(sum.into_iter().map(|s| s / total).collect())
    }

    /// The class that is named, `None` for "none of these".
    pub fn named(&self, probabilities: &[f64]) -> Option<usize> {
        let best = likeliest(probabilities);
        (probabilities.get(best).copied().unwrap_or(0.0) >= self.limit).then_some(best)
    }

    /// Sets how sure it may be by what it said of windows that it had not learnt from.
    pub(crate) fn calibrate(&mut self, sharpness: f64, limit: f64) {
        (self.sharpness, self.limit) = (sharpness, limit);
    }
}

/// The class with the highest probability; the first of equals.
pub fn likeliest(probabilities: &[f64]) -> usize {
    let each = probabilities.iter().enumerate();
    each.fold((0, f64::NEG_INFINITY), |best, (i, p)| {
        if *p > best.1 { (i, *p) } else { best }
    })
    .0
}

/// Shares to the power of `sharpness`, adding up to 1.
pub(crate) fn sharpened(shares: &[f64], sharpness: f64) -> Vec<f64> {
    let powers: Vec<f64> = shares.iter().map(|s| s.max(1e-3).powf(sharpness)).collect();
    let total: f64 = powers.iter().sum();
    powers.into_iter().map(|p| p / total).collect()
}

/// The sharpness that makes probabilities of unheard windows worth most (log loss), and the limit
/// under which a share [`REFUSED`] of them lies. `said` are probabilities before sharpening, `weights`
/// what each window counts.
pub(crate) fn calibration(said: &[Vec<f64>], of: &[usize], weights: &[f64]) -> (f64, f64) {
    let loss = |sharpness: f64| -> f64 {
        let each = said.iter().zip(of).zip(weights);
        each.map(|((p, &class), weight)| -weight * sharpened(p, sharpness)[class].ln())
            .sum()
    };
    let tries = (0..28).map(|i| 0.5 * 1.1f64.powi(i));
    let sharpness = tries
        .min_by(|a, b| loss(*a).total_cmp(&loss(*b)))
        .unwrap_or(1.0);
    let mut best: Vec<f64> = said
        .iter()
        .map(|p| sharpened(p, sharpness).into_iter().fold(0.0, f64::max))
        .collect();
    best.sort_unstable_by(f64::total_cmp);
    let at = (best.len() as f64 * REFUSED) as usize;
    (sharpness, best.get(at).copied().unwrap_or(0.0))
}

fn matrix(rows: &[&[f64]]) -> Result<Matrix, Error> {
    let (n, width) = (rows.len(), rows.first().map_or(0, |r| r.len()));
    // Column by column, as the trees read them.
    let mut values = Vec::with_capacity(n * width);
    (0..width).for_each(|column| values.extend(rows.iter().map(|r| r[column])));
    DenseMatrix::new(n, width, values, true).map_err(|e| Error::Classifier(e.to_string()))
}
