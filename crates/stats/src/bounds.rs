//! Bounds: how often a guesser is right, and how many bits that is.

use statrs::function::beta::ln_beta;

use crate::decide::mixture_log_e;

/// Clip of the bets that [`bits_at_least`] certifies with: a larger one narrows the range of the
/// gains, and the bound's price is proportional to that range.
pub const LEARNED_CLIP: f64 = 0.2;

/// Upper end of the time-uniform confidence sequence for the rate at which a guesser is right,
/// after `n_right` right guesses out of `n`: with probability at least 1 - `alpha` it holds for
/// all n at once (beta-binomial mixture with prior Beta(`a`, `b`)). 1 without guesses.
pub fn theta_upper(n: u64, n_right: u64, alpha: f64, a: f64, b: f64) -> f64 {
    let usable = alpha > 0.0 && alpha < 1.0 && a > 0.0 && b > 0.0 && n_right <= n;
    if n == 0 || n_right == n || !usable {
        return 1.0;
    }
    let (s, f) = (n_right as f64, (n - n_right) as f64);
    let evidence = ln_beta(a + s, b + f) - ln_beta(a, b);
    let refuted = |theta: f64| {
        let wins = if s > 0.0 { s * theta.ln() } else { 0.0 };
        evidence - wins - f * (1.0 - theta).ln() >= -alpha.ln()
    };
    // Above the observed rate the evidence against theta only grows.
    let (mut low, mut high) = (s / n as f64, 1.0);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if refuted(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// The count that a binomial variable (`n` tries at rate `p`) exceeds with probability at most
/// 1 - `sure`. `n` where the numbers are none of a binomial variable.
pub fn binomial_limit(n: u64, p: f64, sure: f64) -> u64 {
    let mut mass = (n as f64 * (-p).ln_1p()).exp();
    if !(0.0..1.0).contains(&p) || mass == 0.0 {
        return n;
    }
    let (mut sum, mut count) = (mass, 0);
    while sum < sure && count < n {
        mass *= (n - count) as f64 / (count + 1) as f64 * p / (1.0 - p);
        sum += mass;
        count += 1;
    }
    count
}

/// Bits a block that an accuracy of `theta` on a fair coin is compatible with: 2 theta - 1
/// (Hellman & Raviv; an erasure channel reaches it), at least 0.
pub fn bits_at_most(theta: f64) -> f64 {
    (2.0 * theta - 1.0).clamp(0.0, 1.0)
}

/// Lower end of a time-uniform confidence sequence for the mean, over the blocks so far, of the
/// expected bits that the bets gained a block, from the ln-wealth `path` of a test over `levels`
/// symbols. With probability at least 1 - `alpha` the leak carries at least this. At least 0.
///
/// The gain of a block, log2(M q(S)), is a lower bound of the information in expectation for any
/// law q; q is mixed with the uniform one at [`LEARNED_CLIP`]. The bound is an empirical Bernstein
/// one: exp(l sum(X - mean) - psi(l) V) is a supermartingale (Howard et al. 2021, theorem 4, from
/// Fan et al. 2015), mixed over a grid of l. It needs no constant mean, so learning does not hurt.
pub fn bits_at_least(path: &[f64], levels: u8, alpha: f64) -> f64 {
    let m = f64::from(levels.max(2));
    let (floor, ceiling) = (
        LEARNED_CLIP.log2(),
        (m + LEARNED_CLIP - m * LEARNED_CLIP).log2(),
    );
    let range = ceiling - floor;
    let (mut sum, mut before) = (0.0, 0.0);
    let mut units = Vec::with_capacity(path.len());
    for (k, &log_w) in path.iter().enumerate() {
        let ratio = (log_w - before).exp();
        before = log_w;
        if !ratio.is_finite() {
            return 0.0;
        }
        let gain = ((1.0 - LEARNED_CLIP) * ratio + LEARNED_CLIP)
            .log2()
            .clamp(floor, ceiling);
        // Any prediction from the past will do; the mean so far with one imagined zero.
        let expected = sum / (k + 1) as f64;
        units.push(((gain - floor) / range, (expected - floor) / range));
        sum += gain;
    }
    if path.is_empty() {
        return 0.0;
    }
    let grid: Vec<f64> = (1..=12).map(|i| 0.75f64.powi(i)).chain([0.95]).collect();
    (floor + range * mean_at_least(&units, &grid, alpha)).max(0.0)
}

/// Lower end of the confidence sequence for the mean of numbers in 0..1, given as (number, what
/// was expected of it beforehand), by the mixture over `grid`. Below 0 where it says nothing.
fn mean_at_least(units: &[(f64, f64)], grid: &[f64], alpha: f64) -> f64 {
    let sum: f64 = units.iter().map(|(x, _)| x).sum();
    let squares: f64 = units
        .iter()
        .map(|(x, expected)| (x - expected).powi(2))
        .sum();
    // How far the sum may be above its mean.
    let log_mixture = |excess: f64| {
        let share = 1.0 / grid.len() as f64;
        let each = grid
            .iter()
            .map(|&l| (share, l * excess - (-(1.0 - l).ln() - l) * squares));
        mixture_log_e(&each.collect::<Vec<_>>())
    };
    let (mut low, mut high) = (0.0, 2.0 * units.len() as f64 + 1e3);
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if log_mixture(middle) >= -alpha.ln() {
            high = middle;
        } else {
            low = middle;
        }
    }
    (sum - high) / units.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::e_bh;

    /// Reference: `ucl` of a sketch in Python, written before this crate.
    #[test]
    fn theta_matches_the_reference() {
        for (n, percent) in [(60, 66.5), (240, 59.0), (1_000, 54.8), (3_600, 52.7)] {
            let theta = 100.0 * theta_upper(n, n / 2, 0.05, 20.0, 20.0);
            assert!((theta - percent).abs() < 0.06, "{n}: {theta}");
        }
    }

    /// Reference: PyPI `confseq` and `ville`, recorded by `tests/data/reference.py`.
    #[test]
    fn sequences_match_confseq_and_ville() {
        let table = include_str!("../tests/data/reference.csv");
        let mut checked = 0;
        for line in table.lines().skip(1) {
            let (kind, numbers) = line.split_once(',').unwrap();
            let row: Vec<f64> = numbers.split(',').map(|n| n.parse().unwrap()).collect();
            let [n, right, alpha, a, b, value] = row[..] else {
                panic!("{line}")
            };
            let e = |k: u32| (f64::from(k) * right * 37.0 + right) % 101.0;
            let e = |k: u32| (e(k).powi(3) / 400.0).ln();
            let found = match kind {
                "theta" | "mixture" => theta_upper(n as u64, right as u64, alpha, a, b),
                "bernstein" => {
                    let mut sum = 0.0;
                    let unit = |k: u32| {
                        let x = 0.3 + 0.7 * f64::from(k * 7_919 % 1_000) / 1_000.0;
                        let expected = sum / f64::from(k + 1);
                        sum += x;
                        (x, expected)
                    };
                    let units: Vec<_> = (0..n as u32).map(unit).collect();
                    mean_at_least(&units, &[a], alpha).max(0.0)
                }
                "ebh" => {
                    let e: Vec<f64> = (0..10).map(e).collect();
                    e_bh(&e, alpha).iter().map(|&i| f64::from(1 << i)).sum()
                }
                "mean" => {
                    let e: Vec<_> = (0..10).map(|k| (f64::from(k + 1), e(k))).collect();
                    mixture_log_e(&e).exp()
                }
                other => panic!("{other}"),
            };
            let allowed = 1e-6 * value.abs().max(1.0);
            assert!((found - value).abs() < allowed, "{line}: {found}");
            checked += 1;
        }
        println!("{checked} values agree to 1e-6");
        assert!(checked > 90);
    }

    /// Reference: `scipy.stats.binom.ppf(sure, n, p)`.
    #[test]
    fn limits_are_binomial() {
        assert_eq!(binomial_limit(4_000, 0.01, 0.99), 55);
        assert_eq!(binomial_limit(4_000, 0.05, 0.99), 233);
        assert_eq!(binomial_limit(150, 0.05, 0.99), 14);
        assert_eq!(binomial_limit(1_000, 0.01, 0.999), 21);
        assert_eq!(binomial_limit(0, 0.05, 0.99), 0);
        assert_eq!(binomial_limit(7, 1.0, 0.99), 7);
        assert_eq!(binomial_limit(7, f64::NAN, 0.99), 7);
    }

    #[test]
    fn theta_of_odd_input_is_one() {
        assert_eq!(theta_upper(0, 0, 0.05, 20.0, 20.0), 1.0);
        assert_eq!(theta_upper(5, 5, 0.05, 20.0, 20.0), 1.0);
        assert_eq!(theta_upper(5, 9, 0.05, 20.0, 20.0), 1.0);
        assert!(theta_upper(100, 0, 0.05, 20.0, 20.0) < 0.5);
    }

    /// An erasure channel: the coin is seen in a share of the blocks, else nothing. The guesser is
    /// right in (1 + share) / 2, and `bits_at_most` of that is exactly the share.
    #[test]
    fn an_erasure_leak_reaches_the_bound() {
        for share in [0.0, 0.1, 0.5, 1.0] {
            assert!((bits_at_most((1.0 + share) / 2.0) - share).abs() < 1e-12);
        }
    }

    #[test]
    fn certain_bits_come_near_what_was_gained() {
        let win = 1.98f64.ln();
        let path: Vec<f64> = (1..=60).map(|k| f64::from(k) * win).collect();
        let bits = bits_at_least(&path, 2, 0.05);
        println!("60 sure blocks certify {bits:.2} bit a block");
        assert!(bits > 0.4 && bits < 0.86);
        let long: Vec<f64> = (1..=3_600).map(|k| f64::from(k) * win).collect();
        assert!(bits_at_least(&long, 2, 0.05) > 0.8);
        assert_eq!(bits_at_least(&[0.0; 60], 2, 0.05), 0.0);
        assert_eq!(bits_at_least(&[], 2, 0.05), 0.0);
        assert_eq!(bits_at_least(&[f64::NAN, f64::INFINITY], 2, 0.05), 0.0);
    }
}
