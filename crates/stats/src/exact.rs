//! The second opinion: would an order of sounds that was never played have fitted as well?
//!
//! For sessions that ran their full length only: whoever stops when it looks good has no exact test.

use crate::numbers::{Kind, MOST_LEVELS, Numbers, Refused, Value};

/// What the exact test says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exact {
    /// Probability, if nothing depends on the coins, of a fit as good as the real one; at least
    /// 1 / (1 + redraws).
    pub p: f64,
    /// The statistic of the real order: standard deviations of the series that fits best.
    pub statistic: f64,
    /// The series that fits best; none if no series moves.
    pub series: Option<usize>,
    /// How many orders were redrawn.
    pub redraws: u32,
}

/// Orders that are worked on together: as many as keep the processor's vectors full.
const LANES: usize = 32;

/// How many of a category's labels are looked at one by one, commonest first.
const LABELS: usize = 4;

/// Tests by redrawing the whole order `redraws` times (10,000 is usual): `redraw` fills a slice, one
/// symbol of `levels` a block, independent and uniform, from dice of the caller's that know nothing
/// of the session's. p is exact, whatever the numbers: given them, the real order is one of
/// 1 + `redraws` equally likely ones. O(series x blocks x redraws), about a nanosecond for ten.
///
/// The statistic is the largest, over all series and the forms below, of |sum of r_k x_k| in units of
/// its standard deviation over all orders, where x_k is the level of block k (from -1 to 1) and r_k
///
/// - the value's rank among the series' values, centred: no outlier counts much;
/// - or, for what drifts, the rank of the step from the value before minus that of the step to the
///   value after;
/// - or, for a category, whether the block has a label, centred, for the commonest four.
///
/// A missing value has r = 0, so that it says nothing, whatever its symbol.
pub fn exact(
    numbers: &Numbers,
    levels: u8,
    symbols: &[u8],
    redraws: u32,
    mut redraw: impl FnMut(&mut [u8]),
) -> Result<Exact, Refused> {
    if !(2..=MOST_LEVELS as u8).contains(&levels) {
        return Err(Refused::Levels(levels));
    }
    if symbols.len() != numbers.n_blocks {
        return Err(Refused::Symbols {
            found: symbols.len(),
            expected: numbers.n_blocks,
        });
    }
    let rows: Vec<(usize, Vec<f32>)> = (0..numbers.n_series())
        .flat_map(|idx| rows(numbers.kinds[idx], &numbers.values[idx]).map(move |row| (idx, row)))
        .collect();
    let top = f64::from(levels - 1);
    // Uniform on the levels from -1 to 1.
    let deviation = ((top + 2.0) / (3.0 * top)).sqrt();
    let level = |s: u8| ((2.0 * f64::from(s) / top - 1.0) / deviation) as f32;

    // The real order is the first of its lanes: all orders go through the same arithmetic, so that
    // equal ones are equal to the last bit.
    let mut order = symbols.to_vec();
    let mut orders = vec![[0f32; LANES]; order.len()];
    let (mut real, mut as_good, mut left) = (None, 0u32, u64::from(redraws) + 1);
    while left > 0 {
        let lanes = left.min(LANES as u64) as usize;
        for lane in 0..lanes {
            if real.is_some() || lane > 0 {
                redraw(&mut order);
            }
            let blocks = order.iter().zip(&mut orders).enumerate();
            for (block, (&symbol, levels_of)) in blocks {
                if symbol >= levels {
                    return Err(Refused::Symbol {
                        block,
                        symbol,
                        levels,
                    });
                }
                levels_of[lane] = level(symbol);
            }
        }
        let best = largest(&rows, &orders);
        let (statistic, _) = *real.get_or_insert(best[0]);
        // The real one is as good as itself: that is the 1 of the numerator.
        as_good += best[..lanes].iter().filter(|b| b.0 >= statistic).count() as u32;
        left -= lanes as u64;
    }
    let (statistic, series) = real.unwrap_or((0.0, usize::MAX));
    Ok(Exact {
        p: f64::from(as_good) / (f64::from(redraws) + 1.0),
        statistic: f64::from(statistic),
        series: Some(series).filter(|s| *s < numbers.n_series()),
        redraws,
    })
}

/// For each of the orders the largest |sum of r_k x_k| of all rows, and its series.
fn largest(rows: &[(usize, Vec<f32>)], orders: &[[f32; LANES]]) -> [(f32, usize); LANES] {
    let mut best = [(0f32, usize::MAX); LANES];
    for (idx, row) in rows {
        let mut sums = [0f32; LANES];
        for (r, x) in row.iter().zip(orders) {
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += r * x;
            }
        }
        for (best, sum) in best.iter_mut().zip(sums) {
            if sum.abs() > best.0 {
                *best = (sum.abs(), *idx);
            }
        }
    }
    best
}

/// The rows r of a series, each with sum 0 where it has values and sum of squares 1.
fn rows(kind: Kind, values: &[Value]) -> impl Iterator<Item = Vec<f32>> {
    let number = |v: &Value| match *v {
        Value::Number(y) => y,
        Value::Absent | Value::Lost => f64::NAN,
    };
    let values: Vec<f64> = values.iter().map(number).collect();
    let rows = match kind {
        Kind::Category => labels(&values),
        Kind::Number | Kind::Count => vec![ranks(&values), steps(&values)],
    };
    rows.into_iter().filter_map(scaled)
}

/// Mean ranks, centred; NaN where there is no value.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len())
        .filter(|&k| values[k].is_finite())
        .collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![f64::NAN; values.len()];
    let centre = (order.len() as f64 - 1.0) / 2.0;
    let mut below = 0;
    for ties in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = below as f64 + (ties.len() as f64 - 1.0) / 2.0;
        ties.iter().for_each(|&k| ranks[k] = rank - centre);
        below += ties.len();
    }
    ranks
}

/// The rank of the step to each value minus that of the step to the one after it.
fn steps(values: &[f64]) -> Vec<f64> {
    let seen: Vec<usize> = (0..values.len())
        .filter(|&k| values[k].is_finite())
        .collect();
    let steps: Vec<f64> = seen
        .windows(2)
        .map(|w| values[w[1]] - values[w[0]])
        .collect();
    let ranks = ranks(&steps);
    let mut row = vec![f64::NAN; values.len()];
    for (i, &k) in seen.iter().enumerate() {
        let before = i.checked_sub(1).map_or(0.0, |i| ranks[i]);
        row[k] = before - ranks.get(i).copied().unwrap_or(0.0);
    }
    row
}

/// Where a label is, for the commonest ones.
fn labels(values: &[f64]) -> Vec<Vec<f64>> {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|y| y.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut labels: Vec<(usize, f64)> = sorted
        .chunk_by(|a, b| a == b)
        .map(|same| (same.len(), same[0]))
        .collect();
    labels.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
    let is = |label: f64| {
        let one = |&y: &f64| {
            if y.is_finite() {
                f64::from(u8::from(y == label))
            } else {
                y
            }
        };
        values.iter().map(one).collect()
    };
    labels.iter().take(LABELS).map(|(_, l)| is(*l)).collect()
}

/// Centred and scaled, 0 where there is no value; nothing if it does not move.
fn scaled(row: Vec<f64>) -> Option<Vec<f32>> {
    let seen = || row.iter().filter(|r| r.is_finite());
    let mean = seen().sum::<f64>() / seen().count().max(1) as f64;
    let norm = seen().map(|r| (r - mean).powi(2)).sum::<f64>().sqrt();
    let unit = |r: &f64| {
        if r.is_finite() {
            ((r - mean) / norm) as f32
        } else {
            0.0
        }
    };
    (norm > 1e-9).then(|| row.iter().map(unit).collect())
}
