//! Where somebody speaks: Silero's voice activity detector, version 6, for 16 kHz.
//!
//! Windows of 32 ms, each with the 4 ms before it: a short Fourier transform (as a convolution with weights
//! of its own), four convolutions, one LSTM cell that remembers, one number. Made after the structure that
//! the package `silero-vad` 6.2.3 (MIT) describes in `tinygrad_model.py`, with the weights of its ONNX file.

use crate::Error;
use crate::matrix::product;
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
    weight: Vec<f32>,
    bias: Vec<f32>,
    from: usize,
    stride: usize,
}

impl Conv {
    fn new(
        weights: &Weights,
        name: &str,
        (from, to): (usize, usize),
        stride: usize,
    ) -> Result<Conv, Error> {
        Ok(Conv {
            weight: weights.floats(&format!("{name}.weight"), to * from * 3)?,
            bias: weights.floats(&format!("{name}.bias"), to)?,
            from,
            stride,
        })
    }

    /// `input`: one row for each channel, `n` windows of `columns` in it, which do not hear each other.
    fn apply(&self, input: &[f32], n: usize, columns: usize) -> Vec<f32> {
        let each = columns.div_ceil(self.stride);
        let after = n * each;
        let mut unfolded = vec![0.0; self.from * 3 * after];
        for (row, line) in input.chunks(n * columns).enumerate() {
            for tap in 0..3 {
                let out = &mut unfolded[(row * 3 + tap) * after..][..after];
                let windows = out.chunks_mut(each).zip(line.chunks(columns));
                for (out, window) in windows {
                    for (column, slot) in out.iter_mut().enumerate() {
                        let at = (column * self.stride + tap).checked_sub(1);
                        *slot = at.and_then(|at| window.get(at)).copied().unwrap_or(0.0);
                    }
                }
            }
        }
        let mut out = product(&self.weight, &unfolded, self.bias.len(), after);
        for (row, bias) in out.chunks_mut(after).zip(&self.bias) {
            row.iter_mut().for_each(|v| *v = (*v + bias).max(0.0));
        }
        out
    }
}

/// The detector.
pub struct Silero {
    transform: Vec<f32>,
    convs: [Conv; 4],
    input: Vec<f32>,
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
        let bias = of_input.iter().zip(of_hidden).map(|(a, b)| a + b).collect();
        Ok(Silero {
            transform: weights.floats("stft.forward_basis_buffer", 2 * BINS * POINTS)?,
            convs: [
                conv("encoder.0", (BINS, 128), 1)?,
                conv("encoder.1", (128, 64), 2)?,
                conv("encoder.2", (64, 64), 2)?,
                conv("encoder.3", (64, HIDDEN), 1)?,
            ],
            input: weights.floats("cell.input", gates * HIDDEN)?,
            recurrent: weights.floats("cell.hidden", gates * HIDDEN)?,
            bias,
            last: weights.floats("output.weight", HIDDEN)?,
            last_bias: weights.floats("output.bias", 1)?[0],
        })
    }

    /// How sure it is, 0 to 1, that somebody speaks, for each window of the next `samples` of a sound; what
    /// does not fill the last window is heard as if silence followed.
    pub fn hear(&self, samples: &[f32], heard: &mut Listening) -> Vec<f32> {
        let n = samples.len().div_ceil(WINDOW);
        // All windows at once up to the cell: matrices of a few columns would waste most of the time.
        let width = n * COLUMNS;
        let mut columns = vec![0.0; POINTS * width];
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
            for column in 0..COLUMNS {
                for point in 0..POINTS {
                    columns[point * width + w * COLUMNS + column] = sound[column * HOP + point];
                }
            }
        }
        let parts = product(&self.transform, &columns, 2 * BINS, width);
        let (real, imaginary) = parts.split_at(BINS * width);
        let each = real.iter().zip(imaginary);
        let mut layer: Vec<f32> = each.map(|(r, i)| (r * r + i * i).sqrt()).collect();
        let mut each = COLUMNS;
        for conv in &self.convs {
            layer = conv.apply(&layer, n, each);
            each = each.div_ceil(conv.stride);
        }
        let inputs = product(&self.input, &layer, 4 * HIDDEN, n);
        (0..n)
            .map(|w| self.remember(&inputs[w..], n, heard))
            .collect()
    }

    /// The cell's step; `input` has one number for each of its gates, `stride` apart.
    fn remember(&self, input: &[f32], stride: usize, heard: &mut Listening) -> f32 {
        let before = product(&self.recurrent, &heard.hidden, 4 * HIDDEN, 1);
        let gate = |i: usize| input[i * stride] + before[i] + self.bias[i];
        let mut sum = self.last_bias;
        for unit in 0..HIDDEN {
            // ONNX has the gates in this order: input, output, forget, cell.
            let [input, output, forget] = [0, 1, 2].map(|g| logistic(gate(g * HIDDEN + unit)));
            let new = gate(3 * HIDDEN + unit).tanh();
            let cell = forget * heard.cell[unit] + input * new;
            heard.cell[unit] = cell;
            heard.hidden[unit] = output * cell.tanh();
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
