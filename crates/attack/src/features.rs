//! Numbers of a window that tell activities apart, whatever the rate of what leaked.
//!
//! From a value a minute up to one every 20 ms the same questions are asked, as far as the window
//! answers them: how loud, how spread, how it jumps over times from one value to a quarter of the
//! window, how often something sets in and how regularly, how long it lasts, which rhythms it has.
//! Everything but the level itself is taken against the window's own median, so that distance and
//! gain do not matter to it.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

use crate::{Error, Series};

/// Which features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Level, spread and quantiles alone: what a first attempt would take, to compare with.
    Plain,
    /// All of them.
    Full,
    /// All but those that depend on the level itself.
    LevelFree,
}

/// Shares of the values that quantiles are taken at.
const QUANTILES: [f64; 9] = [0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0];

/// Edges of the modulation bands, Hz: half octaves from 20 s to 40 ms.
const BANDS: usize = 18;
const LOWEST_HZ: f64 = 0.05;

/// Longest jump, as a power of two of values.
const JUMPS: usize = 12;

/// Time in which an onset rises.
const ONSET_S: f64 = 0.08;

/// The features of windows, their names beside them.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// What each column is.
    pub names: Vec<String>,
    /// Values row by row, a row a window.
    pub rows: Vec<Vec<f64>>,
    /// Which series each row is of.
    pub of_series: Vec<usize>,
    /// Length of a window.
    pub window_s: f64,
}

/// Features of every whole window of every series, one beside the other, at most `most` a series
/// (evenly spread over it).
pub fn of(series: &[Series], window_s: f64, most: usize, set: Set) -> Result<Features, Error> {
    if !(window_s.is_finite() && window_s > 0.0) {
        let what = "a window";
        return Err(Error::NoTime {
            what,
            seconds: window_s,
        });
    }
    let Some(first) = series.first() else {
        return Err(Error::Empty("the data".to_owned()));
    };
    if let Some(other) = series.iter().find(|s| s.kind() != first.kind()) {
        return Err(Error::Mixed {
            source_id: other.sources().concat(),
            found: other.kind(),
            expected: first.kind(),
        });
    }
    let mut maker = Maker::new(first, window_s, set);
    let (mut rows, mut of_series) = (Vec::new(), Vec::new());
    for (i, s) in series.iter().enumerate() {
        let whole = s.len() / maker.n;
        let taken = whole.min(most.max(1));
        for k in 0..taken {
            let at = k * whole / taken * maker.n;
            rows.push(maker.window(s, at));
            of_series.push(i);
        }
    }
    if rows.is_empty() {
        return Err(Error::NoWindow(window_s));
    }
    Ok(Features {
        names: maker.names,
        rows,
        of_series,
        window_s,
    })
}

/// Makes rows of one shape.
struct Maker {
    n: usize,
    set: Set,
    every_s: f64,
    step: f64,
    names: Vec<String>,
    spectrum: Option<Spectrum>,
    sorted: Vec<f64>,
    centred: Vec<f64>,
}

struct Spectrum {
    fft: Arc<dyn RealToComplex<f64>>,
    input: Vec<f64>,
    output: Vec<realfft::num_complex::Complex<f64>>,
    scratch: Vec<realfft::num_complex::Complex<f64>>,
    taper: Vec<f64>,
    /// Band of each frequency.
    band: Vec<Option<usize>>,
}

/// A row while it is made; names are written down with the first one.
struct Row<'a> {
    values: Vec<f64>,
    names: Option<&'a mut Vec<String>>,
    channel: &'a str,
}

impl Row<'_> {
    fn push(&mut self, name: impl FnOnce() -> String, value: f64) {
        // Nothing to divide by gives 0: the question has no answer in this window.
        self.values
            .push(if value.is_finite() { value } else { 0.0 });
        if let Some(names) = &mut self.names {
            names.push(format!("{} {}", self.channel, name()));
        }
    }
}

impl Maker {
    fn new(first: &Series, window_s: f64, set: Set) -> Maker {
        let n = first.per_window(window_s);
        let mut maker = Maker {
            n,
            set,
            every_s: first.every_s(),
            step: first.step(),
            names: Vec::new(),
            spectrum: (n >= 16 && set != Set::Plain).then(|| Spectrum::new(n, first.every_s())),
            sorted: Vec::with_capacity(n),
            centred: Vec::with_capacity(n),
        };
        // A series shorter than the window has no row and no names.
        if first.len() >= n {
            let mut names = Vec::new();
            maker.make(first, 0, Some(&mut names));
            maker.names = names;
        }
        maker
    }

    fn window(&mut self, series: &Series, at: usize) -> Vec<f64> {
        if self.names.is_empty() {
            let mut names = Vec::new();
            let row = self.make(series, at, Some(&mut names));
            self.names = names;
            return row;
        }
        self.make(series, at, None)
    }

    fn make<'a>(
        &mut self,
        series: &'a Series,
        at: usize,
        names: Option<&'a mut Vec<String>>,
    ) -> Vec<f64> {
        let mut row = Row {
            values: Vec::new(),
            names,
            channel: "",
        };
        let mut medians: Vec<(&str, f64)> = Vec::new();
        for channel in series.channels() {
            row.channel = &channel.name;
            let values = &channel.values[at..at + self.n];
            self.sorted.clear();
            self.sorted.extend_from_slice(values);
            self.sorted.sort_unstable_by(f64::total_cmp);
            self.centred.clear();
            let median = quantile(&self.sorted, 0.5);
            self.centred.extend(values.iter().map(|v| v - median));
            medians.push((&channel.name, median));
            self.level(&mut row);
            if self.set == Set::Plain || self.n < 2 {
                continue;
            }
            self.shape(&mut row);
            self.jumps(&mut row);
            if self.n >= 16 {
                self.onsets(&mut row);
                self.runs(&mut row);
                if let Some(spectrum) = &mut self.spectrum {
                    spectrum.rhythms(&self.centred, &mut row);
                }
            }
        }
        if self.set != Set::Plain {
            between(series, at, self.n, &medians, &mut row);
        }
        row.values
    }

    /// How loud it is, as it is.
    fn level(&self, row: &mut Row) {
        if self.set == Set::LevelFree {
            return;
        }
        if self.n == 1 {
            row.push(|| "value".to_owned(), self.sorted[0]);
            return;
        }
        let mean = mean(&self.sorted);
        row.push(|| "mean".to_owned(), mean);
        row.push(|| "SD".to_owned(), deviation(&self.sorted, mean));
        for share in QUANTILES {
            let value = quantile(&self.sorted, share);
            row.push(|| format!("quantile {share}"), value);
        }
    }

    /// How the values lie around their median.
    fn shape(&self, row: &mut Row) {
        let median = quantile(&self.sorted, 0.5);
        let (mean, n) = (mean(&self.sorted), self.n as f64);
        let sd = deviation(&self.sorted, mean);
        if self.set == Set::LevelFree {
            row.push(|| "SD".to_owned(), sd);
        }
        for share in QUANTILES.into_iter().filter(|s| *s != 0.5) {
            let value = quantile(&self.sorted, share) - median;
            row.push(|| format!("quantile {share} from median"), value);
        }
        row.push(|| "mean from median".to_owned(), mean - median);
        let moment = |power: i32| {
            let sum: f64 = self
                .sorted
                .iter()
                .map(|v| ((v - mean) / sd).powi(power))
                .sum();
            sum / n
        };
        row.push(|| "skewness".to_owned(), moment(3));
        row.push(|| "kurtosis".to_owned(), moment(4));
        let floor = quantile(&self.sorted, 0.05);
        for steps in [0.5, 1.0, 2.0, 4.0] {
            let over = self
                .sorted
                .partition_point(|v| *v <= floor + steps * self.step);
            let share = 1.0 - over as f64 / n;
            row.push(|| format!("share {steps} steps above the floor"), share);
        }
        let top = quantile(&self.sorted, 0.95);
        let under = self.sorted.partition_point(|v| *v < top - self.step);
        row.push(
            || "share within a step of the top".to_owned(),
            1.0 - under as f64 / n,
        );
    }

    /// How much it changes over which time, and whether it rises faster than it falls.
    fn jumps(&self, row: &mut Row) {
        let values = &self.centred;
        let power: f64 = values.iter().map(|v| v * v).sum::<f64>() / self.n as f64;
        for lag in (0..JUMPS).map(|p| 1usize << p) {
            if lag * 4 > self.n && lag > 1 {
                break;
            }
            let pairs = (self.n - lag) as f64;
            let (mut size, mut square, mut cube, mut product, mut large) = (0.0, 0.0, 0.0, 0.0, 0);
            for (a, b) in values.iter().zip(&values[lag..]) {
                let d = b - a;
                size += d.abs();
                square += d * d;
                cube += d * d * d;
                product += a * b;
                large += usize::from(d.abs() > self.step);
            }
            let square = square / pairs;
            row.push(|| format!("jump over {lag}"), size / pairs);
            row.push(|| format!("large jumps over {lag}"), large as f64 / pairs);
            row.push(
                || format!("rise against fall over {lag}"),
                cube / pairs / square.powf(1.5),
            );
            row.push(
                || format!("autocorrelation at {lag}"),
                product / pairs / power,
            );
        }
    }

    /// How often something sets in, and how regularly.
    fn onsets(&self, row: &mut Row) {
        let lag = ((ONSET_S / self.every_s).round() as usize).clamp(1, self.n / 4);
        let seconds = self.n as f64 * self.every_s;
        for (name, steps) in [("small", 0.7), ("large", 1.5)] {
            let mut at: Vec<usize> = Vec::new();
            let mut strength = 0.0;
            let mut i = lag;
            while i < self.n {
                let rise = self.centred[i] - self.centred[i - lag];
                if rise > steps * self.step {
                    at.push(i);
                    strength += rise;
                    // The same rise is not counted again.
                    i += 2 * lag;
                } else {
                    i += 1;
                }
            }
            row.push(
                || format!("{name} onsets a second"),
                at.len() as f64 / seconds,
            );
            row.push(
                || format!("{name} onsets' rise"),
                strength / at.len() as f64,
            );
            let mut gaps: Vec<f64> = at
                .windows(2)
                .map(|w| (w[1] - w[0]) as f64 * self.every_s)
                .collect();
            gaps.sort_unstable_by(f64::total_cmp);
            let mean = mean(&gaps);
            row.push(
                || format!("{name} onsets' irregularity"),
                deviation(&gaps, mean) / mean,
            );
            for share in [0.1, 0.5, 0.9] {
                let gap = if gaps.is_empty() {
                    seconds
                } else {
                    quantile(&gaps, share)
                };
                row.push(
                    || format!("time between {name} onsets, quantile {share}"),
                    gap,
                );
            }
        }
    }

    /// How long it is loud and how long quiet at a time.
    fn runs(&self, row: &mut Row) {
        let (low, high) = (quantile(&self.sorted, 0.1), quantile(&self.sorted, 0.95));
        let middle = (low + high) / 2.0 - quantile(&self.sorted, 0.5);
        let (mut loud, mut quiet): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        let mut begun = 0;
        for i in 1..=self.n {
            let was = self.centred[i - 1] > middle;
            if i == self.n || (self.centred[i] > middle) != was {
                let length = (i - begun) as f64 * self.every_s;
                if was { &mut loud } else { &mut quiet }.push(length);
                begun = i;
            }
        }
        for (name, runs) in [("loud", &mut loud), ("quiet", &mut quiet)] {
            runs.sort_unstable_by(f64::total_cmp);
            let total: f64 = runs.iter().sum();
            let mean = mean(runs);
            row.push(
                || format!("share {name}"),
                total / (self.n as f64 * self.every_s),
            );
            row.push(|| format!("{name} runs' mean length"), mean);
            row.push(
                || format!("{name} runs' irregularity"),
                deviation(runs, mean) / mean,
            );
            row.push(
                || format!("longest {name} run"),
                runs.last().copied().unwrap_or(0.0),
            );
            let half = if runs.is_empty() {
                0.0
            } else {
                quantile(runs, 0.5)
            };
            row.push(|| format!("{name} runs' median length"), half);
        }
    }
}

impl Spectrum {
    fn new(n: usize, every_s: f64) -> Spectrum {
        let fft = RealFftPlanner::new().plan_fft_forward(n);
        let hz = |i: usize| i as f64 / (n as f64 * every_s);
        let band = |i: usize| {
            let at = ((hz(i) / LOWEST_HZ).log2() * 2.0).floor();
            (i > 0 && at >= 0.0 && at < BANDS as f64).then_some(at as usize)
        };
        let output = fft.make_output_vec();
        Spectrum {
            input: fft.make_input_vec(),
            scratch: fft.make_scratch_vec(),
            taper: (0..n)
                .map(|i| {
                    (std::f64::consts::PI * (i as f64 + 0.5) / n as f64)
                        .sin()
                        .powi(2)
                })
                .collect(),
            band: (0..output.len()).map(band).collect(),
            output,
            fft,
        }
    }

    /// Which share of the change has which rhythm, and how sharp the strongest one is.
    fn rhythms(&mut self, centred: &[f64], row: &mut Row) {
        let mean = mean(centred);
        let each = self.input.iter_mut().zip(centred).zip(&self.taper);
        each.for_each(|((to, from), taper)| *to = (from - mean) * taper);
        let done =
            self.fft
                .process_with_scratch(&mut self.input, &mut self.output, &mut self.scratch);
        debug_assert!(done.is_ok(), "lengths are the plan's own");
        let (mut power, mut peak, mut count) = ([0.0; BANDS], [0.0f64; BANDS], [0u32; BANDS]);
        for (bin, band) in self.output.iter().zip(&self.band) {
            if let Some(band) = *band {
                let p = bin.norm_sqr();
                power[band] += p;
                peak[band] = peak[band].max(p);
                count[band] += 1;
            }
        }
        let total: f64 = power.iter().sum();
        let (mut centre, mut spread) = (0.0, 0.0);
        for band in (0..BANDS).filter(|b| count[*b] > 0) {
            let share = power[band] / total;
            let from = LOWEST_HZ * 2f64.powf(band as f64 / 2.0);
            row.push(|| format!("rhythm from {from:.2} Hz"), (share + 1e-6).ln());
            if count[band] >= 4 {
                let sharp = peak[band] * f64::from(count[band]) / power[band];
                row.push(
                    || format!("sharpness of rhythm from {from:.2} Hz"),
                    sharp.ln(),
                );
            }
            centre += share * band as f64;
            spread += share * (band as f64).powi(2);
        }
        row.push(|| "rhythm's centre".to_owned(), centre);
        row.push(|| "rhythm's spread".to_owned(), spread - centre * centre);
    }
}

/// How channels of one series lie to each other.
fn between<'a>(
    series: &'a Series,
    at: usize,
    n: usize,
    medians: &[(&'a str, f64)],
    row: &mut Row<'a>,
) {
    for (i, (a, median_a)) in medians.iter().enumerate() {
        for (j, (b, median_b)) in medians.iter().enumerate().skip(i + 1) {
            row.channel = a;
            row.push(|| format!("above {b}"), median_a - median_b);
            if n < 4 {
                continue;
            }
            let [x, y] = [i, j].map(|c| &series.channels()[c].values[at..at + n]);
            let (mean_x, mean_y) = (mean(x), mean(y));
            let product: f64 = x
                .iter()
                .zip(y)
                .map(|(x, y)| (x - mean_x) * (y - mean_y))
                .sum();
            let both = deviation(x, mean_x) * deviation(y, mean_y) * n as f64;
            row.push(|| format!("with {b}"), product / both);
            let apart: Vec<f64> = x.iter().zip(y).map(|(x, y)| x - y).collect();
            row.push(
                || format!("apart from {b}, SD"),
                deviation(&apart, mean(&apart)),
            );
        }
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn deviation(values: &[f64], mean: f64) -> f64 {
    let square: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    (square / values.len() as f64).sqrt()
}

/// By linear interpolation; `sorted` has a value at least.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Channel;

    fn series(every_s: f64, values: Vec<f64>) -> Series {
        let name = "level".to_owned();
        Series::new("x", &["1"], every_s, 6.0, vec![Channel { name, values }]).unwrap()
    }

    fn value(features: &Features, name: &str) -> f64 {
        let at = features.names.iter().position(|n| n == name);
        features.rows[0][at.unwrap_or_else(|| panic!("{name}: {:?}", features.names))]
    }

    /// Four clicks a second, as a clock would make them, are found as that.
    #[test]
    fn a_steady_beat_is_seen_in_onsets_and_rhythm() {
        let values = (0..3_000).map(|i| if i % 25 < 3 { -30.0 } else { -60.0 });
        let f = of(&[series(0.02, values.collect())], 60.0, 9, Set::Full).unwrap();
        let onsets = value(&f, "level large onsets a second");
        assert!((onsets - 2.0).abs() < 0.05, "{onsets}");
        assert!(value(&f, "level large onsets' irregularity") < 0.05);
        assert!((value(&f, "level loud runs' mean length") - 0.06).abs() < 1e-9);
        // 2 Hz lies in the band from 1.6 Hz.
        let beat = value(&f, "level rhythm from 1.60 Hz");
        assert!(
            beat > value(&f, "level rhythm from 1.13 Hz") + 1.0,
            "{beat}"
        );
    }

    /// Distance and gain do not change what is asked without the level.
    #[test]
    fn level_free_features_do_not_know_the_gain() {
        let values: Vec<f64> = (0..600).map(|i| f64::from(i * i % 37)).collect();
        let louder = values.iter().map(|v| v + 20.0).collect();
        let of = |values| of(&[series(1.0, values)], 600.0, 9, Set::LevelFree).unwrap();
        let (a, b) = (of(values), of(louder));
        for (name, (a, b)) in a.names.iter().zip(a.rows[0].iter().zip(&b.rows[0])) {
            assert!((a - b).abs() < 1e-6, "{name}: {a} {b}");
        }
    }

    #[test]
    fn rows_are_as_long_as_names_at_every_rate() {
        for (every_s, window_s, n) in [(0.02, 10.0, 1_000), (1.0, 60.0, 120), (60.0, 60.0, 3)] {
            let values = (0..n).map(|i| f64::from(i % 7)).collect();
            let series = [series(every_s, values)];
            for set in [Set::Plain, Set::Full, Set::LevelFree] {
                let f = of(&series, window_s, 9, set).unwrap();
                assert!(f.rows.iter().all(|r| r.len() == f.names.len()));
                assert!(f.rows.iter().flatten().all(|v| v.is_finite()));
            }
        }
    }

    #[test]
    fn bad_input_has_a_line_of_its_own() {
        let short = series(1.0, vec![1.0; 30]);
        let said = |r: Result<Features, Error>| r.unwrap_err().to_string();
        assert!(said(of(std::slice::from_ref(&short), 60.0, 9, Set::Full)).contains("60 s"));
        assert!(said(of(&[], 60.0, 9, Set::Full)).contains("no values"));
        assert!(said(of(std::slice::from_ref(&short), 0.0, 9, Set::Full)).contains("more than 0"));
        let other = series(2.0, vec![1.0; 30]);
        assert!(said(of(&[short, other], 10.0, 9, Set::Full)).contains("every 2 s"));
        let nan = |v| {
            Series::new(
                "x",
                &["dog-1"],
                1.0,
                6.0,
                vec![Channel {
                    name: "level".into(),
                    values: vec![0.0, v],
                }],
            )
        };
        let said = nan(f64::NAN).unwrap_err().to_string();
        assert!(
            said.starts_with("dog-1: value 1 of `level` is NaN"),
            "{said}"
        );
    }
}
