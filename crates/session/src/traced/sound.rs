//! Sound that a call handed over, in numbers. The sound itself is dropped.

use tap::{Samples, Sink};

/// Sum of squares, number and peak of samples, on a scale where full scale is 1; and their hash.
pub(crate) struct Measured {
    power: f64,
    n: u64,
    peak: f64,
    /// Every call's format was known.
    known: bool,
    hash: u64,
}

impl Default for Measured {
    fn default() -> Measured {
        Measured {
            power: 0.0,
            n: 0,
            peak: 0.0,
            known: true,
            hash: 0xCBF2_9CE4_8422_2325,
        }
    }
}

impl Measured {
    pub(crate) fn add(&mut self, format: Option<Samples>, data: &[u8]) {
        for &byte in data {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        let Some(format) = format else {
            self.known = false;
            return;
        };
        for sample in samples(format, data) {
            self.power += sample * sample;
            self.peak = self.peak.max(sample.abs());
            self.n += 1;
        }
    }

    /// RMS and peak, dBFS; nothing where a format was not known, or nothing could be copied.
    pub(crate) fn levels(&self) -> Option<(f32, f32)> {
        let rms = mean(self.power, self.n).filter(|_| self.known)?;
        Some((dbfs(rms), dbfs(self.peak * self.peak)))
    }

    pub(crate) fn hash(&self) -> String {
        format!("{:016x}", self.hash)
    }
}

/// A power as a level.
pub(crate) fn dbfs(power: f64) -> f32 {
    ((10.0 * power.log10()) as f32).max(record::SILENCE_DBFS)
}

fn mean(power: f64, n: u64) -> Option<f64> {
    (n > 0).then(|| power / n as f64)
}

fn samples(format: Samples, data: &[u8]) -> impl Iterator<Item = f64> {
    let (pairs, _) = data.as_chunks::<2>();
    let (quads, _) = data.as_chunks::<4>();
    let (pairs, quads) = match format {
        Samples::S16 => (pairs, &quads[..0]),
        Samples::S32 | Samples::F32 => (&pairs[..0], quads),
    };
    let short = |pair: &[u8; 2]| f64::from(i16::from_le_bytes(*pair)) / 32_768.0;
    let long = move |quad: &[u8; 4]| match format {
        Samples::F32 => f64::from(f32::from_le_bytes(*quad)),
        _ => f64::from(i32::from_le_bytes(*quad)) / 2_147_483_648.0,
    };
    let all = pairs.iter().map(short).chain(quads.iter().map(long));
    all.filter(|sample| sample.is_finite())
}

/// Mean power of samples handed to an encoder; nothing for what are no samples.
pub(crate) fn mean_power(sink: Sink, data: &[u8]) -> Option<f64> {
    let format = match sink {
        Sink::OpusEncode => Samples::S16,
        Sink::OpusEncodeFloat => Samples::F32,
        _ => return None,
    };
    // A call whose samples could not be copied says nothing of them.
    let (power, n) = samples(format, data).fold((0.0, 0), |(p, n), s| (p + s * s, n + 1));
    mean(power, n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_the_power_that_they_have() {
        let half: Vec<u8> = (0..100).flat_map(|_| 16_384i16.to_le_bytes()).collect();
        assert_eq!(mean_power(Sink::OpusEncode, &half), Some(0.25));
        let tenth: Vec<u8> = (0..100).flat_map(|_| (-0.1f32).to_le_bytes()).collect();
        let power = mean_power(Sink::OpusEncodeFloat, &tenth).unwrap();
        assert!((power - 0.01).abs() < 1e-6);
        assert_eq!(mean_power(Sink::OpusEncode, &[1]), None);
        assert_eq!(mean_power(Sink::OpenSsl, b"GET /"), None);
    }

    #[test]
    fn reads_have_rms_and_peak_in_every_format_and_none_in_an_unknown_one() {
        let wave = [0.5, -0.5, 0.25, -0.25];
        let formats: [(Samples, Vec<u8>); 3] = [
            (
                Samples::S16,
                wave.iter()
                    .flat_map(|s| ((s * 32_768.0) as i16).to_le_bytes())
                    .collect(),
            ),
            (
                Samples::S32,
                wave.iter()
                    .flat_map(|s| ((s * 2_147_483_648.0) as i32).to_le_bytes())
                    .collect(),
            ),
            (
                Samples::F32,
                wave.iter()
                    .flat_map(|s| (*s as f32).to_le_bytes())
                    .collect(),
            ),
        ];
        for (format, data) in &formats {
            let mut measured = Measured::default();
            measured.add(Some(*format), data);
            let (rms, peak) = measured.levels().unwrap();
            assert!((rms + 8.06).abs() < 0.01 && (peak + 6.02).abs() < 0.01);
            let same = measured.hash();
            measured.add(None, data);
            assert!(measured.levels().is_none() && measured.hash() != same);
        }
        let mut silence = Measured::default();
        silence.add(Some(Samples::S16), &[0; 8]);
        assert_eq!(silence.levels(), Some((-120.0, -120.0)));
        assert!(Measured::default().levels().is_none());
    }
}
