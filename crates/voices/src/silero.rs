//! Where somebody speaks: Silero's voice activity detector, version 6, for 16 kHz.
//!
//! Windows of 32 ms, each with the 4 ms before it: a short Fourier transform (as a convolution with weights
//! of its own), four convolutions, one LSTM cell that remembers, one number. Made after the structure that
//! the package `silero-vad` 6.2.3 (MIT) describes in `tinygrad_model.py`, with the weights of its ONNX file.

use crate::Error;
use crate::matrix::{After, Place, Tap, WIDEST, Weight, add_rows, logistics, multiply};
use crate::weights::Weights;

/// Samples of a window.
pub const WINDOW: usize = 512;
/// Samples before a window that are heard as well; as many are mirrored behind it.
const CONTEXT: usize = 64;
/// Samples of the transform, and from one to the next; how many of them a window has.
const POINTS: usize = 256;
const HOP: usize = 128;
const COLUMNS: usize = (CONTEXT + WINDOW + CONTEXT - POINTS) / HOP + 1;
/// Bins of the transform.
const BINS: usize = POINTS / 2 + 1;
/// Numbers that the cell remembers.
const HIDDEN: usize = 128;

/// A convolution over three columns with a rectifier.
struct Conv {
    /// Channels out, by columns and channels in.
    weight: Weight,
    bias: Vec<f32>,
    stride: usize,
}

/// Columns of many windows: for each channel a line that has the first columns of all windows, then the
/// second ones, and so on. A column of zeros stands before the first one and behind the last.
struct Columns {
    values: Vec<f32>,
    channels: usize,
    each: usize,
    windows: usize,
}

impl Columns {
    fn new(channels: usize, each: usize, windows: usize) -> Columns {
        let mut columns = Columns {
            values: Vec::new(),
            channels,
            each,
            windows,
        };
        columns.values.resize(channels * columns.line(), 0.0);
        columns
    }

    /// What is written behind the last column by wide registers lies in the line as well.
    fn line(&self) -> usize {
        self.windows * (self.each + 2) + WIDEST
    }

    /// Zeros in front and behind; between them nothing is touched.
    fn clear_ends(&mut self) {
        let (line, windows, inner) = (self.line(), self.windows, self.windows * self.each);
        for line in self.values.chunks_exact_mut(line) {
            line[..windows].fill(0.0);
            line[windows + inner..].fill(0.0);
        }
    }
}

impl Conv {
    fn new(
        weights: &Weights,
        name: &str,
        (from, to): (usize, usize),
        stride: usize,
    ) -> Result<Conv, Error> {
        let weight = weights.floats(&format!("{name}.weight"), to * from * 3)?;
        // The file has channel out, channel in, column.
        let sorted: Vec<f32> = weight
            .chunks_exact(from * 3)
            .flat_map(|out| (0..3).flat_map(|tap| out.iter().skip(tap).step_by(3).copied()))
            .collect();
        Ok(Conv {
            weight: Weight::new(&sorted, to),
            bias: weights.floats(&format!("{name}.bias"), to)?,
            stride,
        })
    }

    fn apply(&self, input: &Columns) -> Columns {
        let (n, each) = (input.windows, input.each.div_ceil(self.stride));
        let mut out = Columns::new(self.weight.rows(), each, n);
        let line = out.line();
        let after = After {
            bias: Some(&self.bias),
            rectified: true,
            ..After::default()
        };
        // With a step of one all columns are one stretch; with two each is one of its own.
        let stretches = if self.stride == 1 { 1 } else { each };
        for column in 0..stretches {
            let taps = [0, 1, 2].map(|tap| Tap {
                at: (column * self.stride + tap) * n,
                rows: input.channels,
                stride: input.line(),
            });
            let place = Place {
                at: (1 + column) * n,
                stride: line,
            };
            let columns = n * each / stretches;
            let input = (&input.values[..], &taps[..]);
            multiply(
                &self.weight,
                input,
                columns,
                (&mut out.values, place),
                after,
            );
        }
        out.clear_ends();
        out
    }
}

/// The detector.
pub struct Silero {
    transform: Weight,
    convs: [Conv; 4],
    input: Weight,
    /// For each number that the cell remembers what it adds to each gate.
    recurrent: Vec<f32>,
    bias: Vec<f32>,
    last: Vec<f32>,
    last_bias: f32,
}

/// What the detector remembers of a sound that comes piece by piece.
pub struct Listening {
    hidden: Vec<f32>,
    cell: Vec<f32>,
    context: [f32; CONTEXT],
}

impl Default for Listening {
    fn default() -> Listening {
        Listening {
            hidden: vec![0.0; HIDDEN],
            cell: vec![0.0; HIDDEN],
            context: [0.0; CONTEXT],
        }
    }
}

impl Silero {
    /// From the bytes of `silero-vad.safetensors`.
    pub fn new(model: &[u8]) -> Result<Silero, Error> {
        let weights = Weights::new(model)?;
        let gates = 4 * HIDDEN;
        let conv = |name, channels, stride| Conv::new(&weights, name, channels, stride);
        let bias = weights.floats("cell.bias", 2 * gates)?;
        let (of_input, of_hidden) = bias.split_at(gates);
        let recurrent = weights.floats("cell.hidden", gates * HIDDEN)?;
        let bias = of_input.iter().zip(of_hidden).map(|(a, b)| a + b).collect();
        Ok(Silero {
            transform: Weight::new(
                &weights.floats("stft.forward_basis_buffer", 2 * BINS * POINTS)?,
                2 * BINS,
            ),
            convs: [
                conv("encoder.0", (BINS, 128), 1)?,
                conv("encoder.1", (128, 64), 2)?,
                conv("encoder.2", (64, 64), 2)?,
                conv("encoder.3", (64, HIDDEN), 1)?,
            ],
            input: Weight::new(&weights.floats("cell.input", gates * HIDDEN)?, gates),
            recurrent: (0..HIDDEN)
                .flat_map(|from| recurrent.iter().skip(from).step_by(HIDDEN).copied())
                .collect(),
            bias,
            last: weights.floats("output.weight", HIDDEN)?,
            last_bias: weights.floats("output.bias", 1)?[0],
        })
    }

    /// How sure it is, 0 to 1, that somebody speaks, for each window of the next `samples` of a sound; what
    /// does not fill the last window is heard as if silence followed.
    pub fn hear(&self, samples: &[f32], heard: &mut Listening) -> Vec<f32> {
        let n = samples.len().div_ceil(WINDOW);
        if n == 0 {
            return Vec::new();
        }
        // All windows at once up to the cell: matrices of a few columns would waste most of the time. A
        // column of the transform is two steps of the sound; for each sample of a step a line over all.
        let line = (COLUMNS + 1) * n + WIDEST;
        let mut steps = vec![0.0; HOP * line];
        for (w, window) in samples.chunks(WINDOW).enumerate() {
            let mut sound = [0.0; CONTEXT + WINDOW + CONTEXT];
            sound[..CONTEXT].copy_from_slice(&heard.context);
            sound[CONTEXT..CONTEXT + window.len()].copy_from_slice(window);
            heard
                .context
                .copy_from_slice(&sound[WINDOW..WINDOW + CONTEXT]);
            // Mirrored without its last sample.
            for i in 0..CONTEXT {
                sound[CONTEXT + WINDOW + i] = sound[CONTEXT + WINDOW - 2 - i];
            }
            for (step, part) in sound.chunks_exact(HOP).enumerate() {
                for (point, sample) in part.iter().enumerate() {
                    steps[point * line + step * n + w] = *sample;
                }
            }
        }
        let taps = [0, n].map(|at| Tap {
            at,
            rows: HOP,
            stride: line,
        });
        let width = COLUMNS * n;
        let stride = width.next_multiple_of(WIDEST);
        let place = Place { at: 0, stride };
        let mut parts = vec![0.0; 2 * BINS * stride];
        let input = (&steps[..], &taps[..]);
        let after = After::default();
        multiply(&self.transform, input, width, (&mut parts, place), after);
        let mut layer = Columns::new(BINS, COLUMNS, n);
        let line = layer.line();
        let (real, imaginary) = parts.split_at(BINS * stride);
        let each = real
            .chunks_exact(stride)
            .zip(imaginary.chunks_exact(stride));
        for (out, (real, imaginary)) in layer.values.chunks_exact_mut(line).zip(each) {
            let each = real.iter().zip(imaginary);
            for (out, (r, i)) in out[n..n + width].iter_mut().zip(each) {
                *out = (r * r + i * i).sqrt();
            }
        }
        for conv in &self.convs {
            layer = conv.apply(&layer);
        }
        let tap = Tap {
            at: n,
            rows: HIDDEN,
            stride: layer.line(),
        };
        let stride = n.next_multiple_of(WIDEST);
        let place = Place { at: 0, stride };
        let mut inputs = vec![0.0; 4 * HIDDEN * stride];
        let after = After {
            bias: Some(&self.bias),
            ..After::default()
        };
        let input = (&layer.values[..], &[tap][..]);
        multiply(&self.input, input, n, (&mut inputs, place), after);
        let mut gates = [0.0; 4 * HIDDEN];
        (0..n)
            .map(|w| {
                for (gate, row) in gates.iter_mut().zip(inputs.chunks_exact(stride)) {
                    *gate = row[w];
                }
                self.remember(&mut gates, heard)
            })
            .collect()
    }

    /// The cell's step; `gates` has what comes from the sound.
    fn remember(&self, gates: &mut [f32; 4 * HIDDEN], heard: &mut Listening) -> f32 {
        add_rows(&self.recurrent, &heard.hidden, gates);
        // ONNX has the gates in this order: input, output, forget, cell.
        let (sure, new) = gates.split_at_mut(3 * HIDDEN);
        logistics(sure);
        // The hyperbolic tangent is a logistic function of twice as much, from -1 to 1.
        let tangents = |values: &mut [f32]| {
            values.iter_mut().for_each(|v| *v *= 2.0);
            logistics(values);
            values.iter_mut().for_each(|v| *v = 2.0 * *v - 1.0);
        };
        tangents(new);
        let mut sum = self.last_bias;
        let mut told = [0.0; HIDDEN];
        for (unit, told) in told.iter_mut().enumerate() {
            let [input, forget] = [0, 2].map(|g| sure[g * HIDDEN + unit]);
            let cell = forget * heard.cell[unit] + input * new[unit];
            heard.cell[unit] = cell;
            *told = cell;
        }
        tangents(&mut told);
        for (unit, told) in told.into_iter().enumerate() {
            heard.hidden[unit] = sure[HIDDEN + unit] * told;
            sum += self.last[unit] * heard.hidden[unit].max(0.0);
        }
        logistic(sum)
    }

    /// How sure it is for every window of a whole sound.
    pub fn windows(&self, samples: &[f32]) -> Vec<f32> {
        self.hear(samples, &mut Listening::default())
    }
}

fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
