//! Log mel energies as Kaldi computes them: 80 bands of 25 ms every 10 ms.
//!
//! Written after the description of `compute-fbank-feats` with the options that the speaker model was
//! trained with: 16 kHz, no dither, offset removed, pre-emphasis 0.97, Povey's window, 512 points, power
//! spectrum, 20 Hz to 8 kHz, whole frames only. Each band's mean over the frames is taken off.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

use crate::RATE_HZ;

/// Bands.
pub const BANDS: usize = 80;
/// Samples of a frame, and from one to the next.
const FRAME: usize = 400;
const STEP: usize = 160;
/// Points of the transform.
const POINTS: usize = 512;
const LOWEST_HZ: f64 = 20.0;
/// Pre-emphasis.
const EMPHASIS: f32 = 0.97;

/// The filters and the transform.
pub struct Fbank {
    window: Vec<f32>,
    /// First bin of each band, and the weights from there on.
    bands: Vec<(usize, Vec<f32>)>,
    transform: Arc<dyn RealToComplex<f32>>,
}

impl Default for Fbank {
    fn default() -> Fbank {
        let hann = |i: usize| {
            let turn = std::f64::consts::TAU * i as f64 / (FRAME - 1) as f64;
            (0.5 - 0.5 * turn.cos()).powf(0.85) as f32
        };
        let mel = |hz: f64| 1127.0 * (1.0 + hz / 700.0).ln();
        let (low, high) = (mel(LOWEST_HZ), mel(f64::from(RATE_HZ) / 2.0));
        let step = (high - low) / (BANDS + 1) as f64;
        let bin_hz = f64::from(RATE_HZ) / POINTS as f64;
        let band = |b: usize| {
            let left = low + b as f64 * step;
            let (centre, right) = (left + step, left + 2.0 * step);
            let weight = |bin: usize| {
                let at = mel(bin as f64 * bin_hz);
                let up = (at - left) / (centre - left);
                let down = (right - at) / (right - centre);
                up.min(down)
            };
            let inside: Vec<usize> = (0..POINTS / 2).filter(|bin| weight(*bin) > 0.0).collect();
            let first = inside.first().copied().unwrap_or(0);
            (
                first,
                inside.iter().map(|bin| weight(*bin) as f32).collect(),
            )
        };
        Fbank {
            window: (0..FRAME).map(hann).collect(),
            bands: (0..BANDS).map(band).collect(),
            transform: RealFftPlanner::new().plan_fft_forward(POINTS),
        }
    }
}

impl Fbank {
    /// Frames of `samples` (-1 to 1, at [`RATE_HZ`]): [`BANDS`] rows of as many frames as fit, one row
    /// after the other; natural logarithms without their mean. Empty where not one frame fits.
    pub fn bands(&self, samples: &[f32]) -> Vec<f32> {
        let frames = match samples.len() {
            n if n < FRAME => return Vec::new(),
            n => (n - FRAME) / STEP + 1,
        };
        let mut out = vec![0.0f32; BANDS * frames];
        let mut input = self.transform.make_input_vec();
        let mut spectrum = self.transform.make_output_vec();
        let mut scratch = self.transform.make_scratch_vec();
        let mut power = [0.0f32; POINTS / 2];
        for t in 0..frames {
            let frame = &samples[t * STEP..t * STEP + FRAME];
            let mean = frame.iter().sum::<f32>() / FRAME as f32;
            input.fill(0.0);
            let mut before = frame[0] - mean;
            for ((slot, sample), window) in input.iter_mut().zip(frame).zip(&self.window) {
                let sample = sample - mean;
                *slot = (sample - EMPHASIS * before) * window;
                before = sample;
            }
            self.transform
                .process_with_scratch(&mut input, &mut spectrum, &mut scratch)
                .expect("the vectors are of the transform's own lengths");
            for (power, value) in power.iter_mut().zip(&spectrum) {
                *power = value.norm_sqr();
            }
            for (b, (first, weights)) in self.bands.iter().enumerate() {
                let each = weights.iter().zip(&power[*first..]);
                let energy: f32 = each.map(|(w, p)| w * p).sum();
                out[b * frames + t] = energy.max(f32::EPSILON).ln();
            }
        }
        for row in out.chunks_mut(frames) {
            let mean = row.iter().map(|v| f64::from(*v)).sum::<f64>() / frames as f64;
            row.iter_mut().for_each(|v| *v -= mean as f32);
        }
        out
    }
}
