//! What a voice sounds like: CAM++, a densely connected time-delay network with context-aware masks
//! (Wang et al. 2023, arXiv 2303.00332), 192 numbers for a stretch of speech.
//!
//! A head of small two-dimensional convolutions over bands and time, three blocks of dense layers over
//! time, mean and standard deviation, one last matrix. `models/convert.py` has folded the normalisations
//! into the weights. Sound lies as rows of channels, time along the row.

use crate::fbank::{BANDS, Fbank};
use crate::matrix::{Shape, add_product, product};
use crate::weights::Weights;
use crate::{DIMENSIONS, Embedding, Error};

/// Channels of the head, and rows of bands that are left behind it.
const HEAD: usize = 32;
const HEAD_ROWS: usize = BANDS / 8;
/// Channels behind the first layer over time, and those that each dense layer adds, and works with.
const FIRST: usize = 128;
const GROWTH: usize = 32;
const NARROW: usize = 128;
/// Layers of each block, and the distance of their taps.
const BLOCKS: [(usize, usize); 3] = [(12, 1), (24, 2), (16, 2)];
/// Frames that one context is the mean of.
const CONTEXT: usize = 100;
/// Fewest frames of sound: below, the network has next to nothing to take a mean of.
const LEAST_FRAMES: usize = 20;

/// The network.
pub struct Campplus {
    fbank: Fbank,
    head_in: Conv2,
    head: [Residual; 4],
    head_out: Conv2,
    tdnn: Affine,
    blocks: Vec<(Vec<Dense>, Norm, Vec<f32>)>,
    out: Norm,
    dense: Affine,
}

/// A matrix and what is added.
struct Affine {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

/// A scale and a shift for each channel, then a rectifier.
struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl Norm {
    fn new(weights: &Weights, name: &str, n: usize) -> Result<Norm, Error> {
        Ok(Norm {
            scale: weights.floats(&format!("{name}.scale"), n)?,
            shift: weights.floats(&format!("{name}.shift"), n)?,
        })
    }

    /// Applied to rows of `frames`.
    fn apply(&self, rows: &[f32], frames: usize, out: &mut Vec<f32>) {
        out.clear();
        let each = rows
            .chunks_exact(frames)
            .zip(self.scale.iter().zip(&self.shift));
        for (row, (scale, shift)) in each {
            out.extend(row.iter().map(|v| (v * scale + shift).max(0.0)));
        }
    }
}

impl Affine {
    fn new(weights: &Weights, name: &str, to: usize, from: usize) -> Result<Affine, Error> {
        Ok(Affine {
            weight: weights.floats(&format!("{name}.weight"), to * from)?,
            bias: weights.floats(&format!("{name}.bias"), to)?,
        })
    }

    fn apply(&self, input: &[f32], columns: usize) -> Vec<f32> {
        let mut out = product(&self.weight, input, self.bias.len(), columns);
        for (row, bias) in out.chunks_mut(columns).zip(&self.bias) {
            row.iter_mut().for_each(|v| *v += bias);
        }
        out
    }
}

fn rectified(values: &mut [f32]) {
    values.iter_mut().for_each(|v| *v = v.max(0.0));
}

/// Maps of the head: for each row of bands all channels, each a line of time with a zero at both ends.
struct Maps {
    values: Vec<f32>,
    rows: usize,
    channels: usize,
    /// Frames and two zeros.
    line: usize,
}

impl Maps {
    fn row(&self, row: usize) -> &[f32] {
        let size = self.channels * self.line;
        &self.values[row * size..(row + 1) * size]
    }
}

/// A convolution of 3 by 3, or of 1 by 1, over bands and time; a step of one or two bands.
struct Conv2 {
    /// For each tap along time channels out, by taps along the bands and channels in: one product gives
    /// all taps, which are then added with their shifts. Three products would read the input three times.
    weight: Vec<f32>,
    bias: Vec<f32>,
    from: usize,
    size: usize,
    step: usize,
}

impl Conv2 {
    fn new(
        weights: &Weights,
        name: &str,
        from: usize,
        size: usize,
        step: usize,
    ) -> Result<Conv2, Error> {
        let Affine { weight, bias } = Affine::new(weights, name, HEAD, from * size * size)?;
        // The file has channel out, channel in, band, time.
        let mut stacked = Vec::with_capacity(weight.len());
        for time in 0..size {
            for out in 0..HEAD {
                for band in 0..size {
                    let at = |channel| ((out * from + channel) * size + band) * size + time;
                    stacked.extend((0..from).map(|channel| weight[at(channel)]));
                }
            }
        }
        Ok(Conv2 {
            weight: stacked,
            bias,
            from,
            size,
            step,
        })
    }

    fn apply(&self, input: &Maps) -> Maps {
        let (rows, line) = (input.rows.div_ceil(self.step), input.line);
        let frames = line - 2;
        let mut values = vec![0.0; rows * HEAD * line];
        let mut taps = vec![0.0; self.size * HEAD * line];
        let reach = self.size / 2;
        for (row, out) in values.chunks_exact_mut(HEAD * line).enumerate() {
            let centre = row * self.step;
            // Rows of bands that are there; beyond the edge is silence.
            let first = centre.saturating_sub(reach);
            let last = (centre + reach).min(input.rows - 1);
            let skipped = first + reach - centre;
            let inner = (last - first + 1) * self.from;
            let width = self.size * self.from;
            let of_weight = Shape {
                rows: self.size * HEAD,
                columns: inner,
                stride: width,
            };
            taps.fill(0.0);
            add_product(
                (&self.weight[skipped * self.from..], of_weight),
                (
                    &input.values[first * self.from * line..],
                    Shape::dense(inner, line),
                ),
                (&mut taps, Shape::dense(self.size * HEAD, line)),
            );
            for (channel, (out, bias)) in out.chunks_exact_mut(line).zip(&self.bias).enumerate() {
                let out = &mut out[1..=frames];
                out.fill(*bias);
                for time in 0..self.size {
                    let from = (time * HEAD + channel) * line + 1 + time - reach;
                    add(out, &taps[from..from + frames]);
                }
            }
        }
        Maps {
            values,
            rows,
            channels: HEAD,
            line,
        }
    }
}

fn add(to: &mut [f32], from: &[f32]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

/// Two convolutions and a way around them.
struct Residual {
    a: Conv2,
    b: Conv2,
    short: Option<Conv2>,
}

impl Residual {
    fn new(weights: &Weights, layer: usize, block: usize) -> Result<Residual, Error> {
        let step = if block == 0 { 2 } else { 1 };
        let conv = |part: &str, size, step| {
            Conv2::new(
                weights,
                &format!("head.{layer}.{block}.{part}"),
                HEAD,
                size,
                step,
            )
        };
        Ok(Residual {
            a: conv("a", 3, step)?,
            b: conv("b", 3, 1)?,
            short: (block == 0).then(|| conv("short", 1, step)).transpose()?,
        })
    }

    fn apply(&self, input: Maps) -> Maps {
        let mut inner = self.a.apply(&input);
        rectified(&mut inner.values);
        let mut out = self.b.apply(&inner);
        let around = match &self.short {
            Some(short) => short.apply(&input),
            None => input,
        };
        for (value, around) in out.values.iter_mut().zip(&around.values) {
            *value = (*value + around).max(0.0);
        }
        out
    }
}

/// A layer whose channels are added to those that it hears.
struct Dense {
    norm: Norm,
    narrow: Affine,
    /// For each of three taps along time channels out, by channels in.
    local: Vec<f32>,
    context: [Affine; 2],
    distance: usize,
}

impl Dense {
    fn new(weights: &Weights, name: &str, from: usize, distance: usize) -> Result<Dense, Error> {
        let local = weights.floats(&format!("{name}.local.weight"), GROWTH * NARROW * 3)?;
        let tap = |tap: usize| local.iter().skip(tap).step_by(3).copied();
        let half = NARROW / 2;
        Ok(Dense {
            norm: Norm::new(weights, &format!("{name}.norm"), from)?,
            narrow: Affine::new(weights, &format!("{name}.narrow"), NARROW, from)?,
            local: (0..3).flat_map(tap).collect(),
            context: [
                Affine::new(weights, &format!("{name}.context1"), half, NARROW)?,
                Affine::new(weights, &format!("{name}.context2"), GROWTH, half)?,
            ],
            distance,
        })
    }

    /// Appends its channels to `rows`.
    fn apply(&self, rows: &mut Vec<f32>, frames: usize, scratch: &mut Vec<f32>) {
        self.norm.apply(rows, frames, scratch);
        let mut narrow = self.narrow.apply(scratch, frames);
        rectified(&mut narrow);
        let taps = product(&self.local, &narrow, 3 * GROWTH, frames);
        let begin = rows.len();
        rows.extend_from_slice(&taps[GROWTH * frames..2 * GROWTH * frames]);
        let out = &mut rows[begin..];
        // Beyond the ends is silence.
        let reach = self.distance.min(frames);
        let inner = frames - reach;
        for (channel, out) in out.chunks_exact_mut(frames).enumerate() {
            let before = &taps[channel * frames..][..frames];
            let after = &taps[(2 * GROWTH + channel) * frames..][..frames];
            add(&mut out[reach..], &before[..inner]);
            add(&mut out[..inner], &after[reach..]);
        }
        let segments = frames.div_ceil(CONTEXT);
        let mut context = vec![0.0; NARROW * segments];
        for (row, means) in narrow
            .chunks_exact(frames)
            .zip(context.chunks_exact_mut(segments))
        {
            let whole = mean(row);
            for (slot, part) in means.iter_mut().zip(row.chunks(CONTEXT)) {
                *slot = whole + mean(part);
            }
        }
        let [first, second] = &self.context;
        let mut inner = first.apply(&context, segments);
        rectified(&mut inner);
        let masks = second.apply(&inner, segments);
        for (row, masks) in out
            .chunks_exact_mut(frames)
            .zip(masks.chunks_exact(segments))
        {
            for (part, mask) in row.chunks_mut(CONTEXT).zip(masks) {
                let mask = 1.0 / (1.0 + (-mask).exp());
                part.iter_mut().for_each(|v| *v *= mask);
            }
        }
    }
}

fn mean(values: &[f32]) -> f32 {
    values.iter().sum::<f32>() / values.len() as f32
}

impl Campplus {
    /// From the bytes of `campplus.safetensors`.
    pub fn new(model: &[u8]) -> Result<Campplus, Error> {
        let weights = &Weights::new(model)?;
        let mut blocks = Vec::new();
        let mut channels = FIRST;
        for (block, (layers, distance)) in BLOCKS.into_iter().enumerate() {
            let block = block + 1;
            let layer = |layer: usize| {
                let from = channels + layer * GROWTH;
                Dense::new(
                    weights,
                    &format!("block{block}.{}", layer + 1),
                    from,
                    distance,
                )
            };
            let dense: Result<Vec<Dense>, Error> = (0..layers).map(layer).collect();
            channels += layers * GROWTH;
            let norm = Norm::new(weights, &format!("transit{block}.norm"), channels)?;
            let name = format!("transit{block}.weight");
            let transit = weights.floats(&name, channels * channels / 2)?;
            channels /= 2;
            blocks.push((dense?, norm, transit));
        }
        Ok(Campplus {
            fbank: Fbank::default(),
            head_in: Conv2::new(weights, "head.in", 1, 3, 1)?,
            head: [
                Residual::new(weights, 1, 0)?,
                Residual::new(weights, 1, 1)?,
                Residual::new(weights, 2, 0)?,
                Residual::new(weights, 2, 1)?,
            ],
            head_out: Conv2::new(weights, "head.out", HEAD, 3, 2)?,
            tdnn: Affine::new(weights, "tdnn", FIRST, HEAD * HEAD_ROWS * 5)?,
            blocks,
            out: Norm::new(weights, "out.norm", channels)?,
            dense: Affine::new(weights, "dense", DIMENSIONS, 2 * channels)?,
        })
    }

    /// The network's own numbers for `bands` ([`Fbank::bands`]), not yet of length one.
    pub fn forward(&self, bands: &[f32]) -> [f32; DIMENSIONS] {
        let frames = bands.len() / BANDS;
        let line = frames + 2;
        let mut values = vec![0.0; BANDS * line];
        for (to, from) in values
            .chunks_exact_mut(line)
            .zip(bands.chunks_exact(frames))
        {
            to[1..=frames].copy_from_slice(from);
        }
        let mut maps = self.head_in.apply(&Maps {
            values,
            rows: BANDS,
            channels: 1,
            line,
        });
        rectified(&mut maps.values);
        for block in &self.head {
            maps = block.apply(maps);
        }
        maps = self.head_out.apply(&maps);
        rectified(&mut maps.values);

        let mut frames = frames.div_ceil(2);
        let mut rows = self.tdnn.apply(&every_second(&maps, frames), frames);
        rectified(&mut rows);
        let mut scratch = Vec::new();
        for (layers, norm, transit) in &self.blocks {
            for layer in layers {
                layer.apply(&mut rows, frames, &mut scratch);
            }
            norm.apply(&rows, frames, &mut scratch);
            rows = product(transit, &scratch, norm.scale.len() / 2, frames);
        }
        self.out.apply(&rows, frames, &mut scratch);
        let channels = self.out.scale.len();
        let mut pooled = vec![0.0; 2 * channels];
        for (channel, row) in scratch.chunks_exact(frames).enumerate() {
            let mean = mean(row);
            let squares: f32 = row.iter().map(|v| (v - mean).powi(2)).sum();
            pooled[channel] = mean;
            frames = row.len();
            pooled[channels + channel] = match frames {
                1 => 0.01,
                n => (squares / (n - 1) as f32).sqrt(),
            };
        }
        let out = self.dense.apply(&pooled, 1);
        out.try_into().expect("as many rows as the matrix has")
    }

    /// The embedding of a stretch of speech; nothing where it is shorter than a fifth of a second or has no
    /// sound in it.
    pub fn embed(&self, samples: &[f32]) -> Option<Embedding> {
        let bands = self.fbank.bands(samples);
        if bands.len() < LEAST_FRAMES * BANDS {
            return None;
        }
        Embedding::new(&self.forward(&bands))
    }
}

/// Five taps of every channel and row of bands at every second frame, as rows for the first layer over
/// time, whose channels are numbered channel first and band second.
fn every_second(maps: &Maps, frames: usize) -> Vec<f32> {
    let mut out = vec![0.0; HEAD * maps.rows * 5 * frames];
    let before = maps.line - 2;
    for channel in 0..HEAD {
        for band in 0..maps.rows {
            let line = &maps.row(band)[channel * maps.line + 1..][..before];
            let rows = &mut out[(channel * maps.rows + band) * 5 * frames..][..5 * frames];
            for (tap, row) in rows.chunks_exact_mut(frames).enumerate() {
                for (t, slot) in row.iter_mut().enumerate() {
                    let at = (2 * t + tap).checked_sub(2);
                    *slot = at.and_then(|at| line.get(at)).copied().unwrap_or(0.0);
                }
            }
        }
    }
    out
}
