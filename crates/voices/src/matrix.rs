//! Products of a matrix of weights with rows of sound, by the widest registers that the machine has.
//!
//! Weights are laid out once, in panels of eight rows. Sound lies as rows of channels with time along the
//! row; what a convolution hears are the same rows, read from another place on, so nothing is unfolded. Each
//! tile of the result stays in registers until it is whole. Products of general matrices copy both sides
//! first, which for matrices as small as these takes as long as the product (measured: `cargo bench -p
//! voices`).

use pulp::{Arch, Scalar128b, Simd, WithSimd};

/// Rows of a panel.
const PANEL: usize = 8;
/// Columns that are made together are a multiple of this: the widest register has so many numbers.
pub(crate) const WIDEST: usize = 16;

/// A matrix of weights.
pub(crate) struct Weight {
    rows: usize,
    inner: usize,
    /// For each panel, for each column of the matrix, a number for each of its rows; zeros below the last.
    panels: Vec<f32>,
}

impl Weight {
    /// From numbers that lie row after row.
    pub(crate) fn new(values: &[f32], rows: usize) -> Weight {
        let inner = values.len() / rows;
        let mut panels = vec![0.0; rows.div_ceil(PANEL) * PANEL * inner];
        for (row, values) in values.chunks_exact(inner).enumerate() {
            let panel = &mut panels[row / PANEL * PANEL * inner..];
            for (column, value) in values.iter().enumerate() {
                panel[column * PANEL + row % PANEL] = *value;
            }
        }
        Weight {
            rows,
            inner,
            panels,
        }
    }

    /// How many rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }
}

/// Rows of sound that the next columns of the weights are multiplied with.
#[derive(Clone, Copy)]
pub(crate) struct Tap {
    /// Where the first row has its first column.
    pub(crate) at: usize,
    /// How many rows.
    pub(crate) rows: usize,
    /// How far apart two rows begin.
    pub(crate) stride: usize,
}

/// Where rows of a result lie.
#[derive(Clone, Copy)]
pub(crate) struct Place {
    /// Where the first row has its first column.
    pub(crate) at: usize,
    /// How far apart two rows begin.
    pub(crate) stride: usize,
}

/// What is done with a sum before it is written.
#[derive(Clone, Copy, Default)]
pub(crate) struct After<'a> {
    /// Added to each row.
    pub(crate) bias: Option<&'a [f32]>,
    /// Added number by number; it lies as the result does.
    pub(crate) around: Option<&'a [f32]>,
    /// Nothing below zero is let through.
    pub(crate) rectified: bool,
}

/// `out = weight * input`, in `columns` columns. Columns are made in whole registers: up to [`WIDEST`] - 1
/// more are read and written behind the last one.
pub(crate) fn multiply(
    weight: &Weight,
    (input, taps): (&[f32], &[Tap]),
    columns: usize,
    (out, place): (&mut [f32], Place),
    after: After,
) {
    debug_assert_eq!(taps.iter().map(|tap| tap.rows).sum::<usize>(), weight.inner);
    dispatched(Multiply {
        weight,
        input,
        taps,
        strips: None,
        columns,
        out,
        place,
        after,
    });
}

/// Columns that are made with one panel of weights before the next one is fetched: the weights of a network are
/// larger than the caches, and are read once for so many columns; the rows of so many still lie in the second
/// cache.
const TOGETHER: usize = 2 * STRIP;

fn dispatched<T: WithSimd>(task: T) -> T::Output {
    Arch::new().dispatch(task)
}

struct Multiply<'a> {
    weight: &'a Weight,
    input: &'a [f32],
    taps: &'a [Tap],
    /// How far apart two strips of the input begin, where it lies in such.
    strips: Option<usize>,
    columns: usize,
    out: &'a mut [f32],
    place: Place,
    after: After<'a>,
}

impl WithSimd for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Machines without AVX2 have registers of four numbers all the same.
        if S::IS_SCALAR {
            return Scalar128b.vectorize(self);
        }
        let Multiply {
            weight,
            input,
            taps,
            strips,
            columns,
            out,
            place,
            after,
        } = self;
        for first in (0..columns).step_by(TOGETHER) {
            let together = (columns - first).min(TOGETHER).div_ceil(S::F32_LANES);
            for (panel, weights) in weight.panels.chunks_exact(PANEL * weight.inner).enumerate() {
                let (mut column, mut left) = (first, together);
                while left > 0 {
                    // Two and two are quicker than three and one; a tile lies within a strip.
                    let wide = if left == 4 && strips.is_none() {
                        2
                    } else {
                        left.min(3)
                    };
                    let mut tile = Tile {
                        weights,
                        rows: (panel * PANEL, weight.rows),
                        input,
                        taps,
                        from: strips
                            .map_or(column, |apart| column / STRIP * apart + column % STRIP),
                        column,
                        out: &mut *out,
                        place,
                        after,
                    };
                    match (S::REGISTER_COUNT >= 32, wide) {
                        (true, 3) => tile.make::<S, 8, 3>(simd, 0),
                        (true, 2) => tile.make::<S, 8, 2>(simd, 0),
                        (true, _) => tile.make::<S, 8, 1>(simd, 0),
                        (false, 3) => [0, 4]
                            .into_iter()
                            .for_each(|r| tile.make::<S, 4, 3>(simd, r)),
                        (false, 2) => [0, 4]
                            .into_iter()
                            .for_each(|r| tile.make::<S, 4, 2>(simd, r)),
                        (false, _) => [0, 4]
                            .into_iter()
                            .for_each(|r| tile.make::<S, 4, 1>(simd, r)),
                    }
                    column += wide * S::F32_LANES;
                    left -= wide;
                }
            }
        }
    }
}

/// Some rows and columns of a result.
struct Tile<'a> {
    weights: &'a [f32],
    /// Number of the panel's first row, and of all rows.
    rows: (usize, usize),
    input: &'a [f32],
    taps: &'a [Tap],
    /// The first column in the input, and in the result.
    from: usize,
    column: usize,
    out: &'a mut [f32],
    place: Place,
    after: After<'a>,
}

impl Tile<'_> {
    /// `R` rows of the panel from row `first` on, `V` registers wide.
    #[inline(always)]
    fn make<S: Simd, const R: usize, const V: usize>(&mut self, simd: S, first: usize) {
        let lanes = S::F32_LANES;
        let zero = simd.splat_f32s(0.0);
        let mut sums = [[zero; V]; R];
        let (mut columns, _) = self.weights.as_chunks::<PANEL>();
        for tap in self.taps {
            let (here, later) = columns.split_at(tap.rows);
            columns = later;
            let mut at = tap.at + self.from;
            for column in here {
                let (row, _) = S::as_simd_f32s(&self.input[at..at + V * lanes]);
                let row: [S::f32s; V] = std::array::from_fn(|v| row[v]);
                for r in 0..R {
                    let weight = simd.splat_f32s(column[first + r]);
                    for v in 0..V {
                        sums[r][v] = simd.mul_add_e_f32s(weight, row[v], sums[r][v]);
                    }
                }
                at += tap.stride;
            }
        }
        for (r, sums) in sums.into_iter().enumerate() {
            let row = self.rows.0 + first + r;
            if row >= self.rows.1 {
                return;
            }
            let at = self.place.at + row * self.place.stride + self.column;
            let bias = simd.splat_f32s(self.after.bias.map_or(0.0, |bias| bias[row]));
            let mut sums = sums.map(|sum| simd.add_f32s(sum, bias));
            if let Some(around) = self.after.around {
                let (around, _) = S::as_simd_f32s(&around[at..at + V * lanes]);
                for (sum, around) in sums.iter_mut().zip(around) {
                    *sum = simd.add_f32s(*sum, *around);
                }
            }
            if self.after.rectified {
                sums = sums.map(|sum| simd.max_f32s(sum, zero));
            }
            let (out, _) = S::as_mut_simd_f32s(&mut self.out[at..at + V * lanes]);
            out.copy_from_slice(&sums);
        }
    }
}

/// Columns of a strip, see [`scaled`]: what a tile has at most.
pub(crate) const STRIP: usize = 48;

/// `max(scale * row + shift, 0)` for each row of `frames`, in strips: the first [`STRIP`] columns of all rows,
/// row after row, then the next ones. A tile then reads one stretch of memory from front to end. Columns
/// behind the last are zero.
pub(crate) fn scaled(
    (rows, from): (&[f32], Place),
    (scale, shift): (&[f32], &[f32]),
    frames: usize,
    out: &mut Vec<f32>,
) {
    out.resize(scale.len() * frames.next_multiple_of(STRIP), 0.0);
    dispatched(Scaled {
        rows,
        from,
        scale,
        shift,
        frames,
        out,
    });
}

struct Scaled<'a> {
    rows: &'a [f32],
    from: Place,
    scale: &'a [f32],
    shift: &'a [f32],
    frames: usize,
    out: &'a mut [f32],
}

impl WithSimd for Scaled<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let strips = self.out.chunks_exact_mut(self.scale.len() * STRIP);
        for (strip, out) in strips.enumerate() {
            let columns = (self.frames - strip * STRIP).min(STRIP);
            let each = out.as_chunks_mut::<STRIP>().0.iter_mut();
            for ((row, out), (scale, shift)) in
                each.enumerate().zip(self.scale.iter().zip(self.shift))
            {
                let from = &self.rows[self.from.at + row * self.from.stride + strip * STRIP..];
                match from.first_chunk::<STRIP>() {
                    Some(from) if columns == STRIP => {
                        *out = from.map(|value| (value * scale + shift).max(0.0));
                    }
                    _ => {
                        out.fill(0.0);
                        for (out, value) in out.iter_mut().zip(&from[..columns]) {
                            *out = (value * scale + shift).max(0.0);
                        }
                    }
                }
            }
        }
    }
}

/// As [`multiply`] of the rows that [`scaled`] made.
pub(crate) fn multiply_strips(
    weight: &Weight,
    strips: &[f32],
    columns: usize,
    (out, place): (&mut [f32], Place),
    after: After,
) {
    let tap = Tap {
        at: 0,
        rows: weight.inner,
        stride: STRIP,
    };
    dispatched(Multiply {
        weight,
        input: strips,
        taps: &[tap],
        strips: Some(weight.inner * STRIP),
        columns,
        out,
        place,
        after,
    });
}

/// `out += sum of x[k] * rows[k]`, for rows as long as `out`.
pub(crate) fn add_rows(rows: &[f32], x: &[f32], out: &mut [f32]) {
    dispatched(AddRows { rows, x, out });
}

struct AddRows<'a> {
    rows: &'a [f32],
    x: &'a [f32],
    out: &'a mut [f32],
}

impl WithSimd for AddRows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let n = self.out.len();
        // Four rows at once: each number of the sum is read and written a quarter as often.
        let mut x = self.x.chunks_exact(4);
        let mut rows = self.rows.chunks_exact(4 * n);
        for (x, rows) in x.by_ref().zip(rows.by_ref()) {
            let (a, rest) = rows.split_at(n);
            let (b, rest) = rest.split_at(n);
            let (c, d) = rest.split_at(n);
            for ((((out, a), b), c), d) in self.out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *out += x[0] * a + x[1] * b + (x[2] * c + x[3] * d);
            }
        }
        let rest = rows.remainder().chunks_exact(n);
        for (x, row) in x.remainder().iter().zip(rest) {
            self.out
                .iter_mut()
                .zip(row)
                .for_each(|(out, v)| *out += x * v);
        }
    }
}

/// The logistic function of each number, to about 1e-7.
pub(crate) fn logistics(values: &mut [f32]) {
    dispatched(Logistics(values));
}

struct Logistics<'a>(&'a mut [f32]);

impl WithSimd for Logistics<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        for value in self.0 {
            // exp(-x) as a power of two: the whole part goes into the exponent, the rest into a series. What
            // the standard library does goes number by number.
            let power = (*value * -std::f32::consts::LOG2_E).clamp(-126.0, 126.0);
            let shifted = power + ROUNDS;
            let whole = shifted - ROUNDS;
            let x = (power - whole) * std::f32::consts::LN_2;
            let series = 1.0 / 720.0;
            let series = series * x + 1.0 / 120.0;
            let series = series * x + 1.0 / 24.0;
            let series = series * x + 1.0 / 6.0;
            let series = series * x + 0.5;
            let series = (series * x + 1.0) * x + 1.0;
            let exponent = shifted.to_bits().wrapping_sub(ROUNDS.to_bits());
            let scale = f32::from_bits(exponent.wrapping_add(127) << 23);
            *value = 1.0 / (1.0 + series * scale);
        }
    }
}

/// Added and taken off again it rounds; in between the last bits are the whole number.
const ROUNDS: f32 = 12_582_912.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn number(i: usize) -> f32 {
        ((i * 7919) % 23) as f32 - 11.0
    }

    fn numbers(n: usize) -> Vec<f32> {
        (0..n).map(number).collect()
    }

    /// `weight * input`, where `input` has `columns` columns, row after row.
    fn product(weight: &Weight, input: &[f32], columns: usize) -> Vec<f32> {
        let mut input = input.to_vec();
        input.resize(input.len() + WIDEST, 0.0);
        let stride = columns.next_multiple_of(WIDEST);
        let mut out = vec![0.0; weight.rows * stride];
        let tap = Tap {
            at: 0,
            rows: weight.inner,
            stride: columns,
        };
        let place = Place { at: 0, stride };
        let after = After::default();
        multiply(weight, (&input, &[tap]), columns, (&mut out, place), after);
        let rows = out.chunks_exact(stride);
        rows.flat_map(|row| row[..columns].to_vec()).collect()
    }

    /// The tiles take other ways for other sizes and machines.
    #[test]
    fn a_product_of_any_size_is_the_sum_of_products() {
        for (rows, inner, columns) in [
            (1, 1, 1),
            (3, 7, 5),
            (32, 288, 75),
            (128, 130, 150),
            (512, 128, 1),
            (33, 65, 9),
            (8, 3, 64),
        ] {
            let (a, b) = (numbers(rows * inner), numbers(inner * columns));
            let weight = Weight::new(&a, rows);
            let made = product(&weight, &b, columns);
            for r in 0..rows {
                for c in 0..columns {
                    let each = (0..inner).map(|i| a[r * inner + i] * b[i * columns + c]);
                    let sum: f32 = each.sum();
                    let at = format!("{rows} {inner} {columns} at {r} {c}");
                    assert_eq!(made[r * columns + c], sum, "{at}");
                }
            }
        }
    }

    #[test]
    fn registers_of_four_numbers_give_the_same() {
        let (weight, input) = (Weight::new(&numbers(12 * 20), 12), numbers(20 * 48));
        let taps = [Tap {
            at: 0,
            rows: 20,
            stride: 48,
        }];
        let place = Place { at: 0, stride: 48 };
        let mut out = vec![0.0; 12 * 48];
        let after = After::default();
        Scalar128b.vectorize(Multiply {
            weight: &weight,
            input: &input,
            taps: &taps,
            strips: None,
            columns: 48,
            out: &mut out,
            place,
            after,
        });
        assert_eq!(out, product(&weight, &input, 48));
    }

    #[test]
    fn taps_bias_and_what_goes_around_are_added() {
        // Two taps of one row each: out[t] = 2 in[t] + 3 in[t + 1] + bias + around, not below zero.
        let weight = Weight::new(&[2.0, 3.0], 1);
        let input: Vec<f32> = (0..40).map(|i| i as f32 - 5.0).collect();
        let tap = |at| Tap {
            at,
            rows: 1,
            stride: 0,
        };
        let around = vec![1.0; 16];
        let mut out = vec![0.0; 16];
        multiply(
            &weight,
            (&input, &[tap(0), tap(1)]),
            16,
            (&mut out, Place { at: 0, stride: 16 }),
            After {
                bias: Some(&[4.0]),
                around: Some(&around),
                rectified: true,
            },
        );
        for (t, out) in out.iter().enumerate() {
            let sum = 2.0 * input[t] + 3.0 * input[t + 1] + 5.0;
            assert_eq!(*out, sum.max(0.0));
        }
    }

    #[test]
    fn rows_are_added() {
        let mut out = vec![1.0; 3];
        add_rows(&numbers(15), &[1.0, 2.0, 3.0, 4.0, 5.0], &mut out);
        for (i, out) in out.iter().enumerate() {
            let sum: f32 = (0..5).map(|k| (k + 1) as f32 * number(3 * k + i)).sum();
            assert_eq!(*out, 1.0 + sum);
        }
    }

    #[test]
    fn logistics_are_those_of_the_standard_library() {
        let inputs: Vec<f32> = (-4_000..4_000).map(|i| i as f32 / 37.0).collect();
        let mut made = inputs.clone();
        logistics(&mut made);
        for (x, made) in inputs.iter().zip(made) {
            let exact = 1.0 / (1.0 + (-f64::from(*x)).exp());
            assert!(
                (f64::from(made) - exact).abs() < 3e-7,
                "{x}: {made} {exact}"
            );
        }
    }

    #[test]
    fn strips_have_all_rows_one_after_the_other() {
        let (rows, frames) = (5, 100);
        let values = numbers(rows * frames);
        let place = Place {
            at: 0,
            stride: frames,
        };
        let (scale, shift) = (numbers(rows), vec![1.0; rows]);
        let mut strips = Vec::new();
        scaled((&values, place), (&scale, &shift), frames, &mut strips);
        let value = |row: usize, t: usize| (values[row * frames + t] * scale[row] + 1.0).max(0.0);
        for (row, t) in [(0, 0), (4, 47), (1, 48), (4, 99)] {
            let at = t / STRIP * rows * STRIP + row * STRIP + t % STRIP;
            assert_eq!(strips[at], value(row, t), "{row} {t}");
        }
        let weight = Weight::new(&numbers(9 * rows), 9);
        let stride = frames.next_multiple_of(WIDEST);
        let mut out = vec![0.0; 9 * stride];
        let place = Place { at: 0, stride };
        multiply_strips(
            &weight,
            &strips,
            frames,
            (&mut out, place),
            After::default(),
        );
        for (r, out) in out.chunks(stride).enumerate() {
            for (t, out) in out[..frames].iter().enumerate() {
                let each = (0..rows).map(|k| number(r * rows + k) * value(k, t));
                assert_eq!(*out, each.sum::<f32>(), "{r} {t}");
            }
        }
    }
}
