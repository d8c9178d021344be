//! Evidence of several tests taken together: codes of one session, or sessions.

use crate::decide::mixture_log_e;
use crate::numbers::{Refused, check_weight, normalised};

/// What the test of one code said: its share of the stake, when each of its blocks ended, and ln W
/// after each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Code<'a> {
    /// Its share of the stake; declared before the session, only the ratios count.
    pub weight: f64,
    /// End of each block, seconds, not falling.
    pub ends_s: &'a [f64],
    /// ln W after each block: `Evidence::path`, or `Evidence::prompt_path` for what is known at once.
    pub path: &'a [f64],
}

/// ln of the mean wealth of all codes, from each block's end on.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// (seconds, ln W) at each end of a block of any code, rising in time.
    pub path: Vec<(f64, f64)>,
    /// The last of them; 0 without blocks.
    pub log_e: f64,
    /// The highest of them, at least 0.
    pub max_log_e: f64,
}

/// Puts the codes of one session together: the weighted mean of their wealth at every moment, a code
/// counting with 1 until its first block ends.
///
/// All codes look at the same traffic Y. Given all of Y, each code's wealth is a martingale in the
/// order in which its blocks end, driven by its own coins; the coins of the codes are independent,
/// so each is one as well in the order in which the blocks of *all* codes end, and so is their mean.
/// It starts at 1 and is an e-process: it may be looked at at any moment. Of prompt paths, which are
/// lower bounds of W, it is a lower bound. (The product would be one too; but a leak mostly shows on
/// one time scale, and what the other codes lose on it would eat up what that one wins.)
pub fn over_codes(codes: &[Code]) -> Result<Merged, Refused> {
    for (idx, code) in codes.iter().enumerate() {
        check_weight(idx, code.weight)?;
        let fits = code.ends_s.len() == code.path.len()
            && code.ends_s.iter().all(|t| t.is_finite())
            && code.ends_s.is_sorted()
            && code.path.iter().all(|&l| is_log_e(l));
        if !fits {
            return Err(Refused::Evidence(idx));
        }
    }
    let weights: Vec<f64> = codes.iter().map(|code| code.weight).collect();
    let weights = normalised(&weights);
    let mut ends: Vec<(f64, usize, f64)> = Vec::new();
    for (idx, code) in codes.iter().enumerate() {
        let each = code.ends_s.iter().zip(code.path);
        ends.extend(each.map(|(&t, &l)| (t, idx, l)));
    }
    // Stable: blocks of one code that end at once stay in their order.
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut now: Vec<(f64, f64)> = weights.iter().map(|&w| (w, 0.0)).collect();
    let mut path: Vec<(f64, f64)> = Vec::with_capacity(ends.len());
    for (i, &(t, idx, log_w)) in ends.iter().enumerate() {
        now[idx].1 = log_w;
        // What ends at the same moment is known at the same moment.
        if ends.get(i + 1).is_none_or(|next| next.0 > t) {
            path.push((t, mixture_log_e(&now)));
        }
    }
    Ok(Merged {
        log_e: path.last().map_or(0.0, |last| last.1),
        max_log_e: path.iter().map(|p| p.1).fold(0.0, f64::max),
        path,
    })
}

/// ln of the product of e-values of *independent* sessions (coins of their own, and nothing carried
/// from one to the next by whoever decided to go on): an e-value again. Each has to be that of the
/// moment at which its session was stopped, never a highest one. For sessions that may depend on
/// each other take their mean, [`mixture_log_e`].
pub fn over_independent(log_e: &[f64]) -> Result<f64, Refused> {
    match log_e.iter().position(|&l| !is_log_e(l)) {
        Some(idx) => Err(Refused::Evidence(idx)),
        None => Ok(log_e.iter().sum()),
    }
}

/// An e-value is from 0 up and finite.
fn is_log_e(log_e: f64) -> bool {
    log_e < f64::INFINITY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_averaged_at_every_moment() {
        let (fast, slow) = ([2f64.ln(), 4f64.ln(), 1f64.ln()], [9f64.ln()]);
        let codes = [
            Code {
                weight: 3.0,
                ends_s: &[1.0, 2.0, 3.0],
                path: &fast,
            },
            Code {
                weight: 1.0,
                ends_s: &[2.0],
                path: &slow,
            },
        ];
        let merged = over_codes(&codes).unwrap();
        let expected = [(1.0, 1.75), (2.0, 5.25), (3.0, 3.0)];
        for ((t, l), (at, w)) in merged.path.iter().zip(expected) {
            assert!(*t == at && (l.exp() - w).abs() < 1e-12, "{t}: {l}");
        }
        assert_eq!(merged.path.len(), 3);
        assert!((merged.max_log_e - 5.25f64.ln()).abs() < 1e-12);
        assert!((merged.log_e - 3f64.ln()).abs() < 1e-12);
        assert_eq!(over_codes(&[]).unwrap().log_e, 0.0);
    }

    #[test]
    fn what_fits_no_code_is_refused() {
        let refused = |weight, ends_s: &[f64], path: &[f64]| {
            over_codes(&[Code {
                weight,
                ends_s,
                path,
            }])
            .unwrap_err()
        };
        assert_eq!(refused(-1.0, &[1.0], &[0.0]), Refused::Weight { series: 0 });
        for (ends_s, path) in [
            (&[1.0][..], &[][..]),
            (&[2.0, 1.0], &[0.0, 0.0]),
            (&[f64::NAN], &[0.0]),
            (&[1.0], &[f64::NAN]),
            (&[1.0], &[f64::INFINITY]),
        ] {
            assert_eq!(refused(1.0, ends_s, path), Refused::Evidence(0));
        }
    }

    #[test]
    fn independent_sessions_multiply() {
        let product = over_independent(&[10f64.ln(), 20f64.ln(), 0.5f64.ln()]).unwrap();
        assert!((product - 100f64.ln()).abs() < 1e-12);
        assert_eq!(over_independent(&[]), Ok(0.0));
        // An e-value of 0 is possible, and stays.
        assert_eq!(
            over_independent(&[f64::NEG_INFINITY, 5.0]),
            Ok(f64::NEG_INFINITY)
        );
        assert_eq!(
            over_independent(&[0.0, f64::NAN]),
            Err(Refused::Evidence(1))
        );
        assert_eq!(
            over_independent(&[f64::INFINITY]),
            Err(Refused::Evidence(0))
        );
    }
}
