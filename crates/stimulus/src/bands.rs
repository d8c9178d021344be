//! Levels of a few bands of speech over time: enough to tell a sound from something that is only as loud,
//! too little to make a word of it.

use biquad::{Biquad, Coefficients, DirectForm2Transposed, Hertz, Type};
use record::{BANDS_HZ, SILENCE_DBFS};

/// Length of one window, nanoseconds.
pub const BAND_HOP_NS: u64 = 20_000_000;

/// Measures samples as they come.
pub struct BandMeter {
    bands: [Band; BANDS_HZ.len()],
    hop_samples: u64,
    in_hop: u64,
}

/// Two band-passes of second order, one behind the other, and what came out of them in this window.
struct Band {
    filters: [DirectForm2Transposed<f32>; 2],
    inverse_gain: f64,
    sum_squares: f64,
}

impl BandMeter {
    /// `None` for a rate that does not carry all bands.
    pub fn new(rate_hz: u32) -> Option<BandMeter> {
        let rate = Hertz::<f32>::from_hz(rate_hz as f32).ok()?;
        let mut bands = Vec::with_capacity(BANDS_HZ.len());
        for (from, to) in BANDS_HZ {
            let centre = (from * to).sqrt();
            let kind = Type::BandPass;
            let quality = centre / (to - from);
            let coefficients = Hertz::<f32>::from_hz(centre)
                .and_then(|centre_hz| Coefficients::from_params(kind, rate, centre_hz, quality));
            let filter = DirectForm2Transposed::new(coefficients.ok()?);
            bands.push(Band {
                filters: [filter, filter],
                // Each amplifies its centre by its quality.
                inverse_gain: f64::from(1.0 / (quality * quality)),
                sum_squares: 0.0,
            });
        }
        Some(BandMeter {
            bands: bands.try_into().ok()?,
            hop_samples: (u64::from(rate_hz) * BAND_HOP_NS / 1_000_000_000).max(1),
            in_hop: 0,
        })
    }

    /// Takes a sample; gives the levels of all bands, dBFS RMS to half a decibel, when a window is whole.
    pub fn push(&mut self, sample: f32) -> Option<[f32; BANDS_HZ.len()]> {
        for band in &mut self.bands {
            let [first, second] = &mut band.filters;
            let out = band.inverse_gain * f64::from(second.run(first.run(sample)));
            band.sum_squares += out * out;
        }
        self.in_hop += 1;
        (self.in_hop == self.hop_samples).then(|| {
            self.in_hop = 0;
            let mut levels = [SILENCE_DBFS; BANDS_HZ.len()];
            for (level, band) in levels.iter_mut().zip(&mut self.bands) {
                let power = std::mem::take(&mut band.sum_squares) / self.hop_samples as f64;
                let exact = (10.0 * power.log10()).max(f64::from(SILENCE_DBFS));
                *level = ((exact * 2.0).round() / 2.0) as f32;
            }
            levels
        })
    }
}

/// All whole windows of `samples`.
pub fn bands_dbfs(samples: &[f32], rate_hz: u32) -> Vec<[f32; BANDS_HZ.len()]> {
    let Some(mut meter) = BandMeter::new(rate_hz) else {
        return Vec::new();
    };
    samples.iter().filter_map(|s| meter.push(*s)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, rate_hz: u32) -> Vec<f32> {
        let step = std::f32::consts::TAU * hz / rate_hz as f32;
        (0..rate_hz / 5)
            .map(|i| 0.1 * (i as f32 * step).sin())
            .collect()
    }

    #[test]
    fn a_tone_is_loudest_in_its_own_band_at_any_rate() {
        for rate_hz in [8_000, 16_000, 48_000] {
            for (idx, (from, to)) in BANDS_HZ.into_iter().enumerate() {
                let levels = bands_dbfs(&tone((from * to).sqrt(), rate_hz), rate_hz);
                let last = levels[levels.len() - 1];
                // -20 dBFS of amplitude are -23 of RMS.
                assert!((last[idx] + 23.0).abs() <= 1.0, "{rate_hz} {idx}: {last:?}");
                let others = (0..BANDS_HZ.len()).filter(|other| *other != idx);
                assert!(
                    others.into_iter().all(|o| last[o] < last[idx] - 4.0),
                    "{last:?}"
                );
            }
        }
    }

    #[test]
    fn silence_has_a_floor_and_odd_rates_give_nothing() {
        assert_eq!(bands_dbfs(&[0.0; 320], 16_000), [[SILENCE_DBFS; 4]]);
        assert!(bands_dbfs(&[0.0; 320], 0).is_empty());
        assert!(bands_dbfs(&[0.0; 320], 4_000).is_empty());
    }
}
