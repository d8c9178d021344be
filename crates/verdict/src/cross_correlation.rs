//! Does a decoded payload carry the stimulus' waveform?

/// Both sides are compared at this rate: the voice's pitch and lower formants survive it, and the
/// search over lags stays cheap.
pub(crate) const COMPARED_HZ: u32 = 2_000;

/// Correlation from which a payload is called the stimulus. Another voice's pitch
/// reaches 0.5 at the best of some thousand lags (the test below prints it), a copy in 7-bit steps
/// keeps 0.95.
pub(crate) const SAME_WAVE: f64 = 0.7;

/// Averages and picks samples down (or interpolates up) to [`COMPARED_HZ`].
pub(crate) fn resample(samples: &[f32], rate_hz: u32) -> Vec<f32> {
    let step = f64::from(rate_hz) / f64::from(COMPARED_HZ);
    if samples.is_empty() || step <= 0.0 {
        return Vec::new();
    }
    let n_out = (samples.len() as f64 / step) as usize;
    let piece = |i: usize| {
        let from = ((i as f64 * step) as usize).min(samples.len() - 1);
        let to = (((i + 1) as f64 * step) as usize).clamp(from + 1, samples.len());
        samples[from..to].iter().sum::<f32>() / (to - from) as f32
    };
    (0..n_out).map(piece).collect()
}

/// Highest |correlation| of `template` with any stretch of `heard` of its length; 0 if `heard` is
/// shorter. O(template x heard).
pub(crate) fn best_correlation(template: &[f32], heard: &[f32]) -> f64 {
    let n = template.len();
    if n == 0 || heard.len() < n {
        return 0.0;
    }
    let mean = template.iter().sum::<f32>() / n as f32;
    let template: Vec<f32> = template.iter().map(|x| x - mean).collect();
    let power: f64 = template.iter().map(|&x| f64::from(x).powi(2)).sum();
    let (mut sum, mut squares) = (0.0f64, 0.0f64);
    for &y in &heard[..n] {
        sum += f64::from(y);
        squares += f64::from(y).powi(2);
    }
    let mut best = 0.0f64;
    for lag in 0..=heard.len() - n {
        if lag > 0 {
            let (old, new) = (f64::from(heard[lag - 1]), f64::from(heard[lag + n - 1]));
            sum += new - old;
            squares += new * new - old * old;
        }
        let spread = squares - sum * sum / n as f64;
        let dot: f32 = template
            .iter()
            .zip(&heard[lag..lag + n])
            .map(|(a, b)| a * b)
            .sum();
        let scale = (power * spread).sqrt();
        // Silence on either side correlates with nothing.
        if scale > 1e-9 {
            best = best.max((f64::from(dot) / scale).abs());
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{Phase, Player};

    fn played(seed: u8, range: std::ops::Range<u64>) -> Vec<f32> {
        let protocol = stimulus::profile("smoke").unwrap();
        let flat = record::Protocol {
            low_dbfs: protocol.high_dbfs,
            ..protocol
        };
        let seed = stimulus::Seed([seed; 32]);
        stimulus::reference(&seed, &flat, Player::Mic, Phase::Muted, range)
    }

    #[test]
    fn the_threshold_lies_far_above_chance_and_below_a_companded_copy() {
        let mut chance = 0.0f64;
        for seed in 1..6 {
            let template = resample(&played(0, 20_000..44_000), 48_000);
            let other = resample(&played(seed, 0..144_000), 48_000);
            chance = chance.max(best_correlation(&template, &other));
        }
        // A copy at 8 kHz in 8-bit steps, delayed, among other sound.
        let copy: Vec<f32> = played(0, 0..96_000)
            .chunks(6)
            .map(|c| (c.iter().sum::<f32>() / 6.0 * 64.0).round() / 64.0)
            .collect();
        let template = resample(&played(0, 20_000..44_000), 48_000);
        let same = best_correlation(&template, &resample(&copy, 8_000));
        println!("correlation: best of chance {chance:.2}, copy {same:.2}");
        assert!(chance < 0.6 && same > 0.8);
    }

    #[test]
    fn silence_and_shortage_correlate_with_nothing() {
        assert_eq!(best_correlation(&[0.0; 10], &[1.0; 100]), 0.0);
        assert_eq!(best_correlation(&[0.0, 1.0], &[0.5]), 0.0);
        assert!(resample(&[], 8_000).is_empty());
        assert!(resample(&[1.0], 0).is_empty());
    }
}
