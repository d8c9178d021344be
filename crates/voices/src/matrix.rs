//! Products of matrices that lie in slices, row after row.

use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};

/// A matrix within a slice: rows, columns, and how far apart two rows begin.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) stride: usize,
}

impl Shape {
    /// Rows that follow each other.
    pub(crate) fn dense(rows: usize, columns: usize) -> Shape {
        Shape {
            rows,
            columns,
            stride: columns,
        }
    }
}

/// `out += a * b`.
pub(crate) fn add_product(
    (a, of_a): (&[f32], Shape),
    (b, of_b): (&[f32], Shape),
    (out, of_out): (&mut [f32], Shape),
) {
    let view = |shape: Shape| (shape.rows, shape.columns).strides((shape.stride, 1));
    let a = ArrayView2::from_shape(view(of_a), a).expect("a matrix lies within its slice");
    let b = ArrayView2::from_shape(view(of_b), b).expect("a matrix lies within its slice");
    let mut out =
        ArrayViewMut2::from_shape(view(of_out), out).expect("a matrix lies within its slice");
    ndarray::linalg::general_mat_mul(1.0, &a, &b, 1.0, &mut out);
}

/// `a * b`, where `a` has `rows` rows and `b` has `columns` columns.
pub(crate) fn product(a: &[f32], b: &[f32], rows: usize, columns: usize) -> Vec<f32> {
    let inner = a.len() / rows;
    let mut out = vec![0.0; rows * columns];
    add_product(
        (a, Shape::dense(rows, inner)),
        (b, Shape::dense(inner, columns)),
        (&mut out, Shape::dense(rows, columns)),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_with_strides_is_that_without() {
        assert_eq!(
            product(&[1.0, 2.0, 3.0, 4.0], &[5.0, 6.0], 2, 1),
            [17.0, 39.0]
        );
        let (a, b) = ([1.0, 2.0, 0.0, 3.0, 4.0, 0.0], [5.0, 0.0, 6.0]);
        let mut out = [1.0, 1.0];
        let strided = |rows, columns, stride| Shape {
            rows,
            columns,
            stride,
        };
        add_product(
            (&a, strided(2, 2, 3)),
            (&b, strided(2, 1, 2)),
            (&mut out, Shape::dense(2, 1)),
        );
        assert_eq!(out, [18.0, 40.0]);
    }

    /// The kernels take other ways for other sizes and machines.
    #[test]
    fn a_product_of_any_size_is_the_sum_of_products() {
        let number = |i: usize| ((i * 7919) % 23) as f32 - 11.0;
        for (rows, inner, columns) in [
            (1, 1, 1),
            (3, 7, 5),
            (32, 288, 75),
            (128, 130, 150),
            (512, 128, 1),
            (33, 65, 9),
        ] {
            let a: Vec<f32> = (0..rows * inner).map(number).collect();
            let b: Vec<f32> = (0..inner * columns).map(number).collect();
            let made = product(&a, &b, rows, columns);
            for r in 0..rows {
                for c in 0..columns {
                    let sum: f32 = (0..inner)
                        .map(|i| a[r * inner + i] * b[i * columns + c])
                        .sum();
                    assert_eq!(
                        made[r * columns + c],
                        sum,
                        "{rows} {inner} {columns} at {r} {c}"
                    );
                }
            }
        }
    }
}
