//! The evidence of all codes together.

use crate::model::Test;

/// What one code brings.
pub(crate) struct Part<'a> {
    /// Its share of the stake.
    pub(crate) share: f64,
    /// ln W after each of its blocks, and their ends in seconds.
    pub(crate) path: &'a [f64],
    pub(crate) ends_s: &'a [f64],
    /// Series that were bet on.
    pub(crate) series: usize,
}

/// All codes together: the mean of their wealth, by their shares of the stake, at each moment at
/// which a block ends. The codes' coins are independent, so given all that was recorded each code's
/// wealth is a martingale in the coins, and so is the mean.
pub(crate) struct Mixture {
    pub(crate) max_log_e: f64,
    pub(crate) log_e: f64,
    pub(crate) log_needed: f64,
    /// ln W at the ends of the fast code's blocks.
    path: Vec<f64>,
    ends_s: Vec<f64>,
    series: usize,
    /// Blocks of the fast code.
    pub(crate) n: usize,
}

impl Mixture {
    /// The mixture of the fast code's part and, behind it, those of the others.
    pub(crate) fn new<'t>(parts: impl Iterator<Item = Part<'t>>, log_needed: f64) -> Mixture {
        let parts: Vec<Part> = parts.collect();
        let code = |part: &Part<'t>| stats::Code {
            weight: part.share,
            ends_s: part.ends_s,
            path: part.path,
        };
        let codes: Vec<stats::Code> = parts.iter().map(code).collect();
        // Evidence is finite and blocks end in order; a refusal is a bug there and must not be an
        // accusation.
        let merged = stats::over_codes(&codes).ok();
        let ends_s = parts.first().map_or(&[][..], |part| part.ends_s);
        let path = merged.as_ref().map_or(&[][..], |merged| &merged.path);
        let at = |end: &f64| path.partition_point(|(t, _)| t <= end).checked_sub(1);
        let log_w = |end| at(end).map_or(0.0, |i| path[i].1);
        Mixture {
            max_log_e: merged.as_ref().map_or(0.0, |merged| merged.max_log_e),
            log_e: merged.as_ref().map_or(0.0, |merged| merged.log_e),
            log_needed,
            n: ends_s.len(),
            path: ends_s.iter().map(log_w).collect(),
            ends_s: ends_s.to_vec(),
            series: parts.iter().map(|part| part.series).sum(),
        }
    }

    pub(crate) fn crossed(&self) -> bool {
        self.max_log_e >= self.log_needed
    }

    /// End of the fast code's block in which the threshold was first reached, or of the last one if it was
    /// reached behind it, seconds; nothing if it never was.
    pub(crate) fn crossed_s(&self) -> Option<f64> {
        let crossing = self.path.iter().position(|&l| l >= self.log_needed);
        let last = || self.crossed().then(|| self.ends_s.last().copied());
        crossing
            .map(|k| self.ends_s[k])
            .or_else(|| last().flatten())
    }

    /// W at its highest, as a number for a reason or a note.
    pub(crate) fn w_max(&self) -> f64 {
        self.max_log_e.exp().min(f64::MAX)
    }

    pub(crate) fn test(&self) -> Test {
        let (n, series) = (self.n as u32, self.series as u32);
        let mut path = self.path.clone();
        // What a slower code settled after the last fast block belongs to the end.
        if let Some(last) = path.last_mut() {
            *last = self.log_e;
        }
        test(
            &path,
            self.max_log_e,
            self.log_needed,
            &self.ends_s,
            n,
            series,
        )
    }
}

pub(crate) fn test(
    path: &[f64],
    max: f64,
    needed: f64,
    ends_s: &[f64],
    blocks: u32,
    series: u32,
) -> Test {
    let log10 = |ln: f64| ln / std::f64::consts::LN_10;
    let crossing = path.iter().position(|&l| l >= needed);
    Test {
        blocks,
        log10_w: log10(path.last().copied().unwrap_or(0.0)),
        log10_w_max: log10(max),
        log10_needed: log10(needed),
        path: path.iter().map(|&l| log10(l)).collect(),
        series,
        crossed_after_s: crossing.and_then(|k| ends_s.get(k).copied()),
    }
}
