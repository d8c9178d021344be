//! Rank correlation.

/// Ranks with ties shared, brought to mean 0 and power 1; all 0 if nothing differs.
pub(crate) fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut from = 0;
    while from < order.len() {
        let same = |i: &&usize| (values[**i] - values[order[from]]).abs() < 1e-9;
        let to = from + order[from..].iter().take_while(same).count().max(1);
        order[from..to]
            .iter()
            .for_each(|&i| ranks[i] = (from + to) as f64 / 2.0);
        from = to;
    }
    let mean = ranks.iter().sum::<f64>() / ranks.len().max(1) as f64;
    ranks.iter_mut().for_each(|r| *r -= mean);
    let power = ranks.iter().map(|r| r * r).sum::<f64>().sqrt();
    if power > 0.0 {
        ranks.iter_mut().for_each(|r| *r /= power);
    }
    ranks
}

/// Correlation of standardised ranks, the first ones rotated by `shift`.
pub(crate) fn correlation(a: &[f64], b: &[f64], shift: usize) -> f64 {
    let (head, tail) = a.split_at(shift.min(a.len()));
    let (front, back) = b.split_at(tail.len().min(b.len()));
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    dot(tail, front) + dot(head, back)
}
