//! Series that go together, taken together: a loudness that is reported as its highest, its mean and its lowest has
//! noise of its own in each, which a mean of the three has less of.

use std::collections::{BTreeMap, BTreeSet};

use crate::numbers::Value;
use crate::weights::Looks;

/// Correlation from which two series go together.
const TOGETHER: f64 = 0.7;

/// No value counts for more than this in a group, standard deviations.
const LARGEST: f64 = 4.0;

/// Groups that are bet on, those that look most like a switched field: what they cost is bounded.
const MOST: usize = 16;

/// Series that went together, whose mean is one more series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    members: Vec<Member>,
    /// Mean of its members' weights.
    pub(crate) weight: f64,
    pub(crate) looks: Looks,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Member {
    series: usize,
    mean: f64,
    /// 1/standard deviation, with the sign of the correlation.
    scale: f64,
}

impl Group {
    /// The group's value where its members have these; NaN where none has one.
    pub(crate) fn value(&self, of: impl Fn(usize) -> f64) -> f64 {
        let scores = self
            .members
            .iter()
            .map(|m| (of(m.series) - m.mean) * m.scale);
        let scores = scores.filter(|z| z.is_finite());
        let (sum, n) = scores.fold((0.0, 0.0), |(sum, n), z| {
            (sum + z.clamp(-LARGEST, LARGEST), n + 1.0)
        });
        sum / n
    }

    /// The same as a value of a series. `lost`: whether that of a member was.
    pub(crate) fn of_row(&self, lost: bool, of: impl Fn(usize) -> f64) -> Value {
        match self.value(of) {
            _ if lost => Value::Lost,
            z if z.is_finite() => Value::Number(z),
            _ => Value::Absent,
        }
    }

    /// Indices of its members.
    pub(crate) fn members(&self) -> impl Iterator<Item = usize> {
        self.members.iter().map(|m| m.series)
    }
}

/// Standard scores of a series' first values; absent ones lie at its mean.
struct Scores {
    series: usize,
    weight: f64,
    mean: f64,
    sd: f64,
    z: Vec<f64>,
}

impl Scores {
    /// Nothing where it did not move or hardly has values.
    fn of(series: usize, weight: f64, values: &[f64]) -> Option<Scores> {
        let seen = || values.iter().filter(|y| y.is_finite());
        let n = seen().count();
        let mean = seen().sum::<f64>() / n as f64;
        let squares: f64 = seen().map(|y| (y - mean).powi(2)).sum();
        let sd = (squares / n as f64).sqrt();
        let moves = 2 * n >= values.len() && sd > 1e-12 * mean.abs() && sd.is_finite();
        let z = |y: &f64| if y.is_finite() { (y - mean) / sd } else { 0.0 };
        moves.then(|| Scores {
            series,
            weight,
            mean,
            sd,
            z: values.iter().map(z).collect(),
        })
    }
}

/// The groups among series given as (index, weight, first values); O(series^2).
pub(crate) fn groups(series: &[(usize, f64, Vec<f64>)]) -> Vec<Group> {
    let scores = series.iter().filter(|(_, weight, _)| *weight > 0.0);
    let scores: Vec<Scores> = scores
        .filter_map(|(idx, weight, values)| Scores::of(*idx, *weight, values))
        .collect();
    let n = series.first().map_or(0, |(.., values)| values.len());
    let mut partners: Vec<Vec<(usize, f64)>> = (0..scores.len()).map(|a| vec![(a, 1.0)]).collect();
    for a in 0..scores.len() {
        for b in a + 1..scores.len() {
            let product: f64 = scores[a]
                .z
                .iter()
                .zip(&scores[b].z)
                .map(|(a, b)| a * b)
                .sum();
            let r = product / n as f64;
            if r.abs() > TOGETHER {
                partners[a].push((b, r.signum()));
                partners[b].push((a, r.signum()));
            }
        }
    }
    let by_series: BTreeMap<usize, &[f64]> = series.iter().map(|s| (s.0, &s.2[..])).collect();
    let mut known = BTreeSet::new();
    let mut groups = Vec::new();
    for mut partners in partners.into_iter().filter(|partners| partners.len() > 1) {
        partners.sort_by_key(|(at, _)| *at);
        if !known.insert(partners.iter().map(|(at, _)| *at).collect::<Vec<_>>()) {
            continue;
        }
        let member = |&(at, sign): &(usize, f64)| Member {
            series: scores[at].series,
            mean: scores[at].mean,
            scale: sign / scores[at].sd,
        };
        let weights = partners.iter().map(|(at, _)| scores[*at].weight);
        let weight = weights.sum::<f64>() / partners.len() as f64;
        let mut group = Group {
            members: partners.iter().map(member).collect(),
            weight,
            looks: Looks::of(&[]),
        };
        let first = |idx: usize| by_series.get(&idx);
        let of = |k: usize| group.value(|idx| first(idx).map_or(f64::NAN, |values| values[k]));
        let values: Vec<f64> = (0..n).map(of).collect();
        group.looks = Looks::of(&values);
        groups.push(group);
    }
    // Stable: of equals the earlier ones.
    groups.sort_by(|a, b| (b.weight * b.looks.factor).total_cmp(&(a.weight * a.looks.factor)));
    groups.truncate(MOST);
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_together_is_found_with_its_sign() {
        let base = [1., 9., 8., 1., 9., 2., 1., 9., 2., 8., 9., 1.];
        let up: Vec<f64> = base.iter().map(|y| 3.0 * y + 100.0).collect();
        let down: Vec<f64> = base.iter().map(|y| -y).collect();
        let other: Vec<f64> = (0..12).map(|k| f64::from(k * k % 5)).collect();
        let still = vec![4.0; 12];
        let series = vec![
            (0, 1.0, base.to_vec()),
            (1, 1.0, other),
            (3, 1.0, up),
            (4, 2.0, down),
            (5, 1.0, still),
        ];
        let groups = groups(&series);
        assert_eq!(groups.len(), 1);
        assert_eq!(groups[0].members().collect::<Vec<_>>(), [0, 3, 4]);
        assert!((groups[0].weight - 4.0 / 3.0).abs() < 1e-12);
        let high = groups[0].value(|idx| [9.0, 0.0, 0.0, 127.0, -9.0][idx]);
        let low = groups[0].value(|idx| [1.0, 0.0, 0.0, 103.0, -1.0][idx]);
        assert!(high > 0.9 && low < -0.9, "{high} {low}");
        assert!(groups[0].value(|_| f64::NAN).is_nan());
        // No value counts for more than four standard deviations.
        assert_eq!(
            groups[0].value(|idx| if idx == 0 { 1e9 } else { f64::NAN }),
            LARGEST
        );
    }
}
