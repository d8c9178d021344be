//! Which pieces of speech are of one voice: agglomerative grouping by the mean cosine of all pairs.

use kodama::{Method, linkage};

use crate::{DIMENSIONS, Embedding};

/// Most pieces whose pairs are all looked at; 4,000 have 8 million pairs. Of more, so many are taken at
/// equal steps, and the others go to the nearest group.
const MOST: usize = 4_000;

/// The groups of pieces, the largest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// For each piece the number of its group.
    pub of: Vec<usize>,
    /// For each group the mean direction, of length one.
    pub centres: Vec<[f32; DIMENSIONS]>,
    /// How many pieces each has.
    pub sizes: Vec<usize>,
}

/// Groups `voices` once for each of `apart`: two groups are one as long as the mean cosine between their
/// pieces is above it.
pub fn groups<const N: usize>(voices: &[&Embedding], apart: [f32; N]) -> [Groups; N] {
    let step = voices.len().div_ceil(MOST).max(1);
    let some: Vec<&Embedding> = voices.iter().step_by(step).copied().collect();
    let joined = joined(&some);
    apart.map(|apart| {
        let labels = cut(&joined, some.len(), apart);
        let n = labels.iter().max().map_or(0, |most| most + 1);
        let mut centres = centres(&some, &labels, n);
        let mut of = Vec::with_capacity(voices.len());
        for (i, voice) in voices.iter().enumerate() {
            if i % step == 0 {
                of.push(labels[i / step]);
                continue;
            }
            let unit = voice.unit();
            let near = centres.iter().map(|centre| dot(centre, &unit));
            let best = near.enumerate().max_by(|a, b| a.1.total_cmp(&b.1));
            match best {
                Some((group, cosine)) if cosine > apart => of.push(group),
                _ => {
                    of.push(centres.len());
                    centres.push(unit);
                }
            }
        }
        by_size(voices, &of, centres.len())
    })
}

/// Which clusters are joined step by step, and the mean cosine between them; the cluster of step s is called
/// n + s.
fn joined(voices: &[&Embedding]) -> Vec<(usize, usize, f32)> {
    let n = voices.len();
    let units: Vec<[f32; DIMENSIONS]> = voices.iter().map(|voice| voice.unit()).collect();
    let mut distances = Vec::with_capacity(n * n.saturating_sub(1) / 2);
    for (i, one) in units.iter().enumerate() {
        distances.extend(units[i + 1..].iter().map(|other| 1.0 - dot(one, other)));
    }
    let tree = linkage(&mut distances, n, Method::Average);
    tree.steps()
        .iter()
        .map(|s| (s.cluster1, s.cluster2, 1.0 - s.dissimilarity))
        .collect()
}

/// A label for each of `n`: what is joined above `apart` has the same.
fn cut(joined: &[(usize, usize, f32)], n: usize, apart: f32) -> Vec<usize> {
    let mut parent: Vec<usize> = (0..n + joined.len()).collect();
    for (s, (one, other, cosine)) in joined.iter().enumerate() {
        if *cosine > apart {
            parent[*one] = n + s;
            parent[*other] = n + s;
        }
    }
    let mut numbers = std::collections::HashMap::new();
    let label = |i: usize| {
        let mut at = i;
        while parent[at] != at {
            at = parent[at];
        }
        let next = numbers.len();
        *numbers.entry(at).or_insert(next)
    };
    (0..n).map(label).collect()
}

/// The mean direction of each group.
pub(crate) fn centres(voices: &[&Embedding], of: &[usize], n: usize) -> Vec<[f32; DIMENSIONS]> {
    let mut sums = vec![[0.0; DIMENSIONS]; n];
    for (voice, group) in voices.iter().zip(of) {
        let sum = &mut sums[*group];
        sum.iter_mut()
            .zip(voice.unit())
            .for_each(|(sum, v)| *sum += v);
    }
    sums.iter().map(unit).collect()
}

/// The same direction, of length one.
pub(crate) fn unit(values: &[f32; DIMENSIONS]) -> [f32; DIMENSIONS] {
    let length = dot(values, values).sqrt().max(f32::MIN_POSITIVE);
    values.map(|v| v / length)
}

/// In parts that are added side by side: all pairs of thousands of pieces go through here.
pub(crate) fn dot(a: &[f32; DIMENSIONS], b: &[f32; DIMENSIONS]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (a, b) in a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// Numbers the groups by their sizes.
fn by_size(voices: &[&Embedding], of: &[usize], n: usize) -> Groups {
    let mut sizes = vec![0; n];
    of.iter().for_each(|group| sizes[*group] += 1);
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by_key(|group| (std::cmp::Reverse(sizes[*group]), *group));
    let mut number = vec![0; n];
    order
        .iter()
        .enumerate()
        .for_each(|(new, old)| number[*old] = new);
    let of: Vec<usize> = of.iter().map(|group| number[*group]).collect();
    let centres = centres(voices, &of, n);
    sizes.sort_by_key(|size| std::cmp::Reverse(*size));
    Groups { of, centres, sizes }
}
