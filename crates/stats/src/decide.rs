/// ln of the threshold that an e-process crosses with probability at most `alpha` under the null,
/// at any time (Ville 1939).
pub fn log_threshold(alpha: f64) -> f64 {
    -alpha.ln()
}

/// ln of the weighted mean of e-values given as (weight, ln e), which is an e-value again,
/// whatever their dependence. 0 (no evidence) if there is none or no weight.
pub fn mixture_log_e(e_values: &[(f64, f64)]) -> f64 {
    let total: f64 = e_values.iter().map(|(w, _)| w).sum();
    let highest = e_values.iter().filter(|(w, _)| *w > 0.0).map(|(_, l)| *l);
    let highest = highest.fold(f64::NEG_INFINITY, f64::max);
    if total.is_nan() || total <= 0.0 || !highest.is_finite() {
        return 0.0;
    }
    let sum: f64 = e_values
        .iter()
        .map(|(w, l)| w / total * (l - highest).exp())
        .sum();
    highest + sum.ln()
}

/// The e-BH procedure (Wang & Ramdas 2022): indices of the hypotheses rejected at false discovery
/// rate `fdr`, strongest first. The e-values must be those of one common stopping time, never
/// running maxima; their dependence does not matter.
pub fn e_bh(log_e: &[f64], fdr: f64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..log_e.len()).collect();
    order.sort_by(|&a, &b| log_e[b].total_cmp(&log_e[a]));
    order.retain(|&i| !log_e[i].is_nan());
    let n = log_e.len() as f64;
    let passes = |rank: usize| log_e[order[rank - 1]] >= (n / (fdr * rank as f64)).ln();
    let rejected = (1..=order.len())
        .rev()
        .find(|&rank| passes(rank))
        .unwrap_or(0);
    order.truncate(rejected);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e_bh_matches_the_definition() {
        // Four e-values, FDR 0.1: thresholds 40, 20, 13.3, 10 for ranks 1 to 4.
        let ln = |e: [f64; 4]| e.map(f64::ln);
        assert_eq!(e_bh(&ln([30.0, 1.0, 25.0, 0.5]), 0.1), [0, 2]);
        assert_eq!(e_bh(&ln([39.0, 1.0, 1.0, 0.5]), 0.1), [] as [usize; 0]);
        assert_eq!(e_bh(&ln([10.0, 10.0, 10.0, 10.0]), 0.1).len(), 4);
        assert!(e_bh(&[], 0.1).is_empty());
        assert!(e_bh(&[f64::NAN], 0.1).is_empty());
    }

    #[test]
    fn mixtures_average_e_values() {
        let e = mixture_log_e(&[(1.0, 9f64.ln()), (2.0, 3f64.ln())]);
        assert!((e.exp() - 5.0).abs() < 1e-12);
        assert_eq!(mixture_log_e(&[]), 0.0);
        assert!((mixture_log_e(&[(1.0, 5_000.0), (1.0, -5_000.0)]) - 5_000.0).abs() < 1.0);
    }
}
