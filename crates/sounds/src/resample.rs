use attack::scene::RATE_HZ;

/// Half the width of the filter, in samples of the lower rate.
const WIDTH: f64 = 12.0;
/// The filter is looked up: a sine for each product would take minutes for an hour of music.
const STEPS: f64 = 256.0;

/// To the rate of the scenes by a windowed sinc, piece by piece: nothing that the lower rate cannot hold
/// is folded into it.
pub(crate) struct Resampler {
    /// Samples that go in for one that comes out.
    step: f64,
    stretch: f64,
    table: Vec<f32>,
    /// What later samples still need, and the number of its first one.
    kept: Vec<f32>,
    first: usize,
    /// Number of the next sample that comes out.
    next: usize,
}

impl Resampler {
    /// From `rate` samples a second; nothing where nothing is to be done.
    pub(crate) fn new(rate: u32) -> Option<Resampler> {
        if rate == RATE_HZ || rate == 0 {
            return None;
        }
        let step = f64::from(rate) / f64::from(RATE_HZ);
        let stretch = step.max(1.0);
        let weight = |i: usize| {
            let x = i as f64 / STEPS;
            let sinc = match x {
                0.0 => 1.0,
                x => (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x),
            };
            let window = (std::f64::consts::FRAC_PI_2 * (x / WIDTH).min(1.0))
                .cos()
                .powi(2);
            (sinc * window / stretch) as f32
        };
        Some(Resampler {
            step,
            stretch,
            table: (0..=(WIDTH * STEPS) as usize + 1).map(weight).collect(),
            kept: Vec::new(),
            first: 0,
            next: 0,
        })
    }

    /// Takes the next samples and appends what they complete to `out`.
    pub(crate) fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.kept.extend_from_slice(samples);
        let reach = WIDTH * self.stretch;
        let there = self.first + self.kept.len();
        // The last sample that this one needs has to be there.
        while self.next as f64 * self.step + reach < there as f64 - 1.0 {
            out.push(self.sample());
        }
        let from = (self.next as f64 * self.step - reach).ceil().max(0.0) as usize;
        let past = from.saturating_sub(self.first).min(self.kept.len());
        self.kept.drain(..past);
        self.first += past;
    }

    /// The rest, as if silence followed.
    pub(crate) fn finish(&mut self, out: &mut Vec<f32>) {
        let n = ((self.first + self.kept.len()) as f64 / self.step) as usize;
        while self.next < n {
            out.push(self.sample());
        }
    }

    fn sample(&mut self) -> f32 {
        let centre = self.next as f64 * self.step;
        self.next += 1;
        let reach = WIDTH * self.stretch;
        let from = (centre - reach).ceil().max(0.0) as usize;
        let last = (self.first + self.kept.len()).saturating_sub(1);
        let to = ((centre + reach) as usize).min(last);
        let within = &self.kept[from - self.first..=to - self.first];
        let each = within.iter().enumerate().map(|(k, sample)| {
            let x = ((from + k) as f64 - centre).abs() / self.stretch * STEPS;
            sample * self.table.get(x as usize).copied().unwrap_or(0.0)
        });
        each.sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(pieces: &[&[f32]], rate: u32) -> Vec<f32> {
        let mut resampler = Resampler::new(rate).expect("another rate");
        let mut out = Vec::new();
        for piece in pieces {
            resampler.push(piece, &mut out);
        }
        resampler.finish(&mut out);
        out
    }

    fn tone(hz: f64) -> Vec<f32> {
        let sample = |i: usize| (std::f64::consts::TAU * hz * i as f64 / 44_100.0).sin();
        (0..44_100).map(|i| sample(i) as f32).collect()
    }

    /// A tone keeps its level, and one above what the lower rate holds is gone.
    #[test]
    fn resampling_keeps_what_fits_and_drops_the_rest() {
        let rms = |samples: &[f32]| {
            let power: f32 = samples.iter().map(|s| s * s).sum();
            (power / samples.len() as f32).sqrt()
        };
        for (hz, expected) in [(440.0, 0.707), (5_000.0, 0.707), (12_000.0, 0.0)] {
            let made = resampled(&[&tone(hz)], 44_100);
            assert_eq!(made.len(), 16_000);
            let level = rms(&made[100..15_900]);
            assert!((level - expected).abs() < 0.02, "{hz} Hz: {level}");
        }
        assert!(Resampler::new(RATE_HZ).is_none());
        assert!(resampled(&[], 44_100).is_empty());
    }

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let whole = tone(440.0);
        for rate in [8_000, 44_100, 48_000] {
            let pieces: Vec<&[f32]> = whole.chunks(777).collect();
            assert_eq!(resampled(&pieces, rate), resampled(&[&whole], rate));
        }
    }
}
