//! What a voice sounds like: CAM++, a densely connected time-delay network with context-aware masks
//! (Wang et al. 2023, arXiv 2303.00332), 192 numbers for a stretch of speech.
//!
//! A head of small two-dimensional convolutions over bands and time, three blocks of dense layers over
//! time, mean and standard deviation, one last matrix. `models/convert.py` has folded the normalisations
//! into the weights. Sound lies as rows of channels, time along the row.

use std::sync::{Mutex, PoisonError};

use crate::fbank::{BANDS, Fbank};
use crate::matrix::{
    After, Place, Tap, WIDEST, Weight, add_rows, multiply, multiply_strips, scaled,
};
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

/// Zeros before and behind the frames of a line, so that taps before the first one read silence.
const EDGE: usize = 1;
const FAR_EDGE: usize = 2;

/// The network.
pub struct Campplus {
    fbank: Fbank,
    head_in: Conv2,
    head: [Residual; 4],
    head_out: Conv2,
    tdnn: Affine,
    blocks: Vec<(Vec<Dense>, Norm, Weight)>,
    out: Norm,
    dense: Vec<f32>,
    dense_bias: Vec<f32>,
    /// Memory of those who are done, for whoever comes next: a stretch of speech takes some megabytes, and to
    /// get them from the system each time takes a tenth as long as all that is computed.
    rooms: Mutex<Vec<Room>>,
}

/// Memory that one stretch of speech is computed in.
#[derive(Default)]
struct Room {
    maps: [Maps; 4],
    halves: Vec<f32>,
    over_time: OverTime,
}

/// Rows of channels over time, and what a layer needs beside them.
#[derive(Default)]
struct OverTime {
    rows: Vec<f32>,
    next: Vec<f32>,
    strips: Vec<f32>,
    narrow: Vec<f32>,
    means: Vec<f32>,
    inner: Vec<f32>,
    masks: Vec<f32>,
}

/// A matrix and what is added.
struct Affine {
    weight: Weight,
    bias: Vec<f32>,
}

impl Affine {
    fn new(weights: &Weights, name: &str, to: usize, from: usize) -> Result<Affine, Error> {
        let weight = weights.floats(&format!("{name}.weight"), to * from)?;
        Ok(Affine {
            weight: Weight::new(&weight, to),
            bias: weights.floats(&format!("{name}.bias"), to)?,
        })
    }

    fn after(&self, rectified: bool) -> After<'_> {
        After {
            bias: Some(&self.bias),
            rectified,
            ..After::default()
        }
    }
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

    /// Applied to `frames` of rows, see [`scaled`].
    fn apply(&self, rows: &[f32], frames: usize, strips: &mut Vec<f32>) {
        let place = Place {
            at: 0,
            stride: wide(frames),
        };
        scaled((rows, place), (&self.scale, &self.shift), frames, strips);
    }
}

/// Length of a line for so many frames. An odd multiple: lines of 512 numbers would all lie in the same few
/// places of the cache (a third slower for 5 s of speech).
fn wide(frames: usize) -> usize {
    (frames.div_ceil(WIDEST) | 1) * WIDEST
}

/// Maps of the head: for each row of bands all channels, each a line of time with zeros at both ends. A row
/// of zeros lies before the first row of bands and one behind the last.
#[derive(Default)]
struct Maps {
    values: Vec<f32>,
    rows: usize,
    channels: usize,
    frames: usize,
}

impl Maps {
    fn line(&self) -> usize {
        wide(self.frames) + 2 * EDGE
    }

    /// Makes room; what is in it is not cleared but for the rows of zeros.
    fn shape(&mut self, rows: usize, channels: usize, frames: usize) {
        (self.rows, self.channels, self.frames) = (rows, channels, frames);
        let row = channels * self.line();
        self.values.resize((rows + 2) * row, 0.0);
        self.values[..row].fill(0.0);
        self.values[(rows + 1) * row..].fill(0.0);
    }

    /// Zeros before the frames and behind them.
    fn clear_ends(&mut self, row: usize) {
        let (line, frames) = (self.line(), self.frames);
        for line in self.row_mut(row).chunks_exact_mut(line) {
            line[..EDGE].fill(0.0);
            line[EDGE + frames..].fill(0.0);
        }
    }

    /// Where a row of bands begins.
    fn at(&self, row: usize) -> usize {
        (row + 1) * self.channels * self.line()
    }

    fn row(&self, row: usize) -> &[f32] {
        &self.values[self.at(row)..self.at(row + 1)]
    }

    fn row_mut(&mut self, row: usize) -> &mut [f32] {
        let (from, to) = (self.at(row), self.at(row + 1));
        &mut self.values[from..to]
    }
}

/// A convolution of 3 by 3, or of 1 by 1, over bands and time; a step of one or two bands.
struct Conv2 {
    /// Channels out, by taps along time, taps along the bands and channels in: as rows of maps lie.
    weight: Weight,
    bias: Vec<f32>,
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
        let weight = weights.floats(&format!("{name}.weight"), HEAD * from * size * size)?;
        // The file has channel out, channel in, band, time.
        let mut sorted = Vec::with_capacity(weight.len());
        for out in 0..HEAD {
            for time in 0..size {
                for band in 0..size {
                    let at = |channel| ((out * from + channel) * size + band) * size + time;
                    sorted.extend((0..from).map(|channel| weight[at(channel)]));
                }
            }
        }
        Ok(Conv2 {
            weight: Weight::new(&sorted, HEAD),
            bias: weights.floats(&format!("{name}.bias"), HEAD)?,
            size,
            step,
        })
    }

    /// `around` is added to what comes out.
    fn apply(&self, input: &Maps, around: Option<&Maps>, rectified: bool, out: &mut Maps) {
        out.shape(input.rows.div_ceil(self.step), HEAD, input.frames);
        let (line, reach) = (input.line(), self.size / 2);
        for row in 0..out.rows {
            let first = input.at(row * self.step) - reach * input.channels * line;
            let tap = |time: usize| Tap {
                at: first + EDGE + time - reach,
                rows: self.size * input.channels,
                stride: line,
            };
            let taps = [tap(0), tap(reach), tap(2 * reach)];
            let place = Place {
                at: EDGE,
                stride: line,
            };
            let after = After {
                bias: Some(&self.bias),
                around: around.map(|around| around.row(row)),
                rectified,
            };
            multiply(
                &self.weight,
                (&input.values, &taps[..self.size]),
                input.frames,
                (out.row_mut(row), place),
                after,
            );
            out.clear_ends(row);
        }
    }
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

    /// From the first of the maps to the same.
    fn apply(&self, maps: &mut [Maps; 4]) {
        let [input, inner, shorter, out] = maps;
        self.a.apply(input, None, true, inner);
        let around = match &self.short {
            Some(short) => {
                short.apply(input, None, false, shorter);
                shorter
            }
            None => &mut *input,
        };
        self.b.apply(inner, Some(around), true, out);
        std::mem::swap(input, out);
    }
}

/// A layer whose channels are added to those that it hears.
struct Dense {
    norm: Norm,
    narrow: Affine,
    /// Channels out, by three taps along time and channels in.
    local: Weight,
    context: [Affine; 2],
    distance: usize,
}

impl Dense {
    fn new(weights: &Weights, name: &str, from: usize, distance: usize) -> Result<Dense, Error> {
        let local = weights.floats(&format!("{name}.local.weight"), GROWTH * NARROW * 3)?;
        // The file has channel out, channel in, tap.
        let sorted: Vec<f32> = local
            .chunks_exact(NARROW * 3)
            .flat_map(|out| (0..3).flat_map(|tap| out.iter().skip(tap).step_by(3).copied()))
            .collect();
        let half = NARROW / 2;
        Ok(Dense {
            norm: Norm::new(weights, &format!("{name}.norm"), from)?,
            narrow: Affine::new(weights, &format!("{name}.narrow"), NARROW, from)?,
            local: Weight::new(&sorted, GROWTH),
            context: [
                Affine::new(weights, &format!("{name}.context1"), half, NARROW)?,
                Affine::new(weights, &format!("{name}.context2"), GROWTH, half)?,
            ],
            distance,
        })
    }

    /// Appends its channels to the rows.
    fn apply(&self, over: &mut OverTime, frames: usize) {
        let wide = wide(frames);
        let begin = self.norm.scale.len() * wide;
        self.norm.apply(&over.rows, frames, &mut over.strips);
        let line = wide + 2 * FAR_EDGE;
        over.narrow.resize(NARROW * line, 0.0);
        let place = Place {
            at: FAR_EDGE,
            stride: line,
        };
        multiply_strips(
            &self.narrow.weight,
            &over.strips,
            frames,
            (&mut over.narrow, place),
            self.narrow.after(true),
        );
        // Beyond the ends is silence.
        for line in over.narrow.chunks_exact_mut(line) {
            line[..FAR_EDGE].fill(0.0);
            line[FAR_EDGE + frames..].fill(0.0);
        }
        let tap = |at| Tap {
            at,
            rows: NARROW,
            stride: line,
        };
        let taps = [
            tap(FAR_EDGE - self.distance),
            tap(FAR_EDGE),
            tap(FAR_EDGE + self.distance),
        ];
        let place = Place {
            at: 0,
            stride: wide,
        };
        let out = &mut over.rows[begin..begin + GROWTH * wide];
        let after = After::default();
        multiply(
            &self.local,
            (&over.narrow, &taps),
            frames,
            (&mut *out, place),
            after,
        );

        let segments = frames.div_ceil(CONTEXT);
        let stride = segments.next_multiple_of(WIDEST);
        let of = |rows: usize, values: &mut Vec<f32>| values.resize(rows * stride, 0.0);
        of(NARROW, &mut over.means);
        of(NARROW / 2, &mut over.inner);
        of(GROWTH, &mut over.masks);
        let means = over.means.chunks_exact_mut(stride);
        for (row, means) in over.narrow.chunks_exact(line).zip(means) {
            let row = &row[FAR_EDGE..FAR_EDGE + frames];
            let whole = mean(row);
            for (slot, part) in means.iter_mut().zip(row.chunks(CONTEXT)) {
                *slot = whole + mean(part);
            }
        }
        let [first, second] = &self.context;
        let place = Place { at: 0, stride };
        let tap = |rows| Tap {
            at: 0,
            rows,
            stride,
        };
        multiply(
            &first.weight,
            (&over.means, &[tap(NARROW)]),
            segments,
            (&mut over.inner, place),
            first.after(true),
        );
        multiply(
            &second.weight,
            (&over.inner, &[tap(NARROW / 2)]),
            segments,
            (&mut over.masks, place),
            second.after(false),
        );
        let each = out.chunks_exact_mut(wide);
        for (row, masks) in each.zip(over.masks.chunks_exact(stride)) {
            for (part, mask) in row[..frames].chunks_mut(CONTEXT).zip(masks) {
                let mask = 1.0 / (1.0 + (-mask).exp());
                part.iter_mut().for_each(|v| *v *= mask);
            }
        }
    }
}

/// In parts that are added side by side, so that the sum does not wait for each number.
fn mean(values: &[f32]) -> f32 {
    let (parts, rest) = values.as_chunks::<16>();
    let mut sums = [0.0f32; 16];
    for part in parts {
        sums.iter_mut().zip(part).for_each(|(sum, v)| *sum += v);
    }
    let sum: f32 = sums.iter().chain(rest).sum();
    sum / values.len() as f32
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
            let transit = Weight::new(&transit, channels);
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
            tdnn: first_over_time(weights)?,
            blocks,
            out: Norm::new(weights, "out.norm", channels)?,
            dense: columns_first(&weights.floats("dense.weight", DIMENSIONS * 2 * channels)?),
            dense_bias: weights.floats("dense.bias", DIMENSIONS)?,
            rooms: Mutex::default(),
        })
    }

    /// The network's own numbers for `bands` ([`Fbank::bands`]), not yet of length one.
    pub fn forward(&self, bands: &[f32]) -> [f32; DIMENSIONS] {
        let rooms = || self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        let mut room = rooms().pop().unwrap_or_default();
        let out = self.within(&mut room, bands);
        rooms().push(room);
        out
    }

    fn within(&self, room: &mut Room, bands: &[f32]) -> [f32; DIMENSIONS] {
        let frames = bands.len() / BANDS;
        let Room {
            maps,
            halves,
            over_time: over,
        } = room;
        let [_, input, _, _] = maps;
        input.shape(BANDS, 1, frames);
        for (row, from) in bands.chunks_exact(frames).enumerate() {
            input.row_mut(row)[EDGE..EDGE + frames].copy_from_slice(from);
            input.clear_ends(row);
        }
        let [first, input, _, _] = maps;
        self.head_in.apply(input, None, true, first);
        for block in &self.head {
            block.apply(maps);
        }
        let [input, out, _, _] = maps;
        self.head_out.apply(input, None, true, out);

        let frames = frames.div_ceil(2);
        let wide = wide(frames);
        let most = FIRST.max(self.out.scale.len()) * 2;
        over.rows.resize(most * wide, 0.0);
        over.next.resize(most * wide, 0.0);
        let place = Place {
            at: 0,
            stride: wide,
        };
        let taps = halved(out, frames, halves);
        multiply(
            &self.tdnn.weight,
            (halves, &taps),
            frames,
            (&mut over.rows, place),
            self.tdnn.after(true),
        );
        for (layers, norm, transit) in &self.blocks {
            for layer in layers {
                layer.apply(over, frames);
            }
            norm.apply(&over.rows, frames, &mut over.strips);
            let after = After::default();
            multiply_strips(
                transit,
                &over.strips,
                frames,
                (&mut over.next, place),
                after,
            );
            std::mem::swap(&mut over.rows, &mut over.next);
        }
        let channels = self.out.scale.len();
        let mut pooled = vec![0.0; 2 * channels];
        let each = over.rows.chunks_exact(wide);
        let norms = self.out.scale.iter().zip(&self.out.shift);
        for (channel, (row, (scale, shift))) in each.zip(norms).enumerate() {
            let values: Vec<f32> = row[..frames]
                .iter()
                .map(|v| (v * scale + shift).max(0.0))
                .collect();
            let mean = mean(&values);
            let squares: f32 = values.iter().map(|v| (v - mean).powi(2)).sum();
            pooled[channel] = mean;
            pooled[channels + channel] = match frames {
                1 => 0.01,
                n => (squares / (n - 1) as f32).sqrt(),
            };
        }
        let mut out = self.dense_bias.clone();
        add_rows(&self.dense, &pooled, &mut out);
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

/// The first layer over time: five taps of every channel and row of bands, at every second frame. Sorted as
/// [`halved`] lays them out.
fn first_over_time(weights: &Weights) -> Result<Affine, Error> {
    let inner = HEAD * HEAD_ROWS * 5;
    let weight = weights.floats("tdnn.weight", FIRST * inner)?;
    let mut sorted = Vec::with_capacity(weight.len());
    for out in weight.chunks_exact(inner) {
        for tap in 0..5 {
            for band in 0..HEAD_ROWS {
                let at = |channel| (channel * HEAD_ROWS + band) * 5 + tap;
                sorted.extend((0..HEAD).map(|channel| out[at(channel)]));
            }
        }
    }
    Ok(Affine {
        weight: Weight::new(&sorted, FIRST),
        bias: weights.floats("tdnn.bias", FIRST)?,
    })
}

/// Even frames of all lines, then odd ones, so that every second frame is one behind the other; gives where
/// the five taps lie.
fn halved(maps: &Maps, frames: usize, out: &mut Vec<f32>) -> [Tap; 5] {
    let (lines, line) = (maps.rows * maps.channels, wide(frames) + 2 * EDGE);
    out.resize(2 * lines * line, 0.0);
    let (even, odd) = out.split_at_mut(lines * line);
    let from = (0..maps.rows).flat_map(|row| maps.row(row).chunks_exact(maps.line()));
    let to = even.chunks_exact_mut(line).zip(odd.chunks_exact_mut(line));
    for (from, (even, odd)) in from.zip(to) {
        let from = &from[EDGE..EDGE + maps.frames];
        for (first, to) in [even, odd].into_iter().enumerate() {
            to[..EDGE].fill(0.0);
            let mut n = EDGE;
            for (slot, value) in to[EDGE..]
                .iter_mut()
                .zip(from.iter().skip(first).step_by(2))
            {
                *slot = *value;
                n += 1;
            }
            to[n..].fill(0.0);
        }
    }
    // Frames 2t - 2 to 2t + 2.
    [0, lines * line, 1, lines * line + 1, 2].map(|at| Tap {
        at,
        rows: lines,
        stride: line,
    })
}

/// Column after column of a matrix with [`DIMENSIONS`] rows.
fn columns_first(weight: &[f32]) -> Vec<f32> {
    let inner = weight.len() / DIMENSIONS;
    (0..inner)
        .flat_map(|column| weight.iter().skip(column).step_by(inner).copied())
        .collect()
}
