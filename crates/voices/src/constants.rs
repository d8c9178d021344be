//! What is learned of other voices and rooms than those of the tables; made by `cargo xtask export-table
//! --others 2 --calibrate`.

use crate::calibration::Shape;

/// Mean cosine of a piece to its own voice: at a second of speech, and what it grows with the logarithm.
pub(crate) const OWN_MEAN: [f64; 2] = [0.630, 0.195];
/// Logarithm of its spread, likewise.
pub(crate) const OWN_SPREAD: [f64; 2] = [-2.130, -0.428];
/// Of other voices.
pub(crate) const OTHERS_MEAN: [f64; 2] = [0.095, 0.021];
/// Likewise.
pub(crate) const OTHERS_SPREAD: [f64; 2] = [-2.293, 0.025];
/// How odds follow from these, where the expected voice is learned from the export itself.
pub(crate) const SHAPE: Shape = Shape {
    freedom: 5.0,
    even: -1.5,
    steepness: 3.0,
};
/// Several voices at once: the log odds are this, and the direction of a piece by these.
pub(crate) const SEVERAL: f32 = -7.17;
/// Weights for each dimension.
pub(crate) const SEVERAL_BY: [f32; crate::DIMENSIONS] = [
    1.8, 0.8, -1.9, -5.9, 0.6, -2.7, -2.2, 0.9, 2.4, 4.6, -2.3, 1.8, 3.8, 3.1, -0.5, 0.8, -1.7,
    -4.2, -3.3, 1.5, 5.5, 1.2, 3.4, 4.1, 0.8, 2.4, 6.3, 0.1, -2.6, 2.5, -1.6, 1.6, 2.0, -2.0, -6.8,
    -2.4, 5.7, 5.6, 0.1, 2.3, 3.1, -4.8, 0.8, -2.5, 2.2, 0.6, 0.9, -1.3, -2.3, -5.0, 2.8, -0.1,
    -1.9, -3.7, -1.4, -5.1, 7.7, -4.1, 0.6, 0.7, -1.1, 0.5, 3.4, 0.7, 0.6, -4.3, 2.9, 2.7, 0.4,
    -4.8, 4.3, 8.0, 2.0, 1.0, -1.2, 0.8, -3.3, 2.7, 1.5, 0.1, 0.1, -3.3, 6.2, -2.2, -2.5, -1.6,
    -4.0, 2.1, -3.3, 1.8, 0.5, 4.5, -5.2, 6.8, 0.4, 1.3, -5.4, -0.2, -2.7, 2.7, 4.9, 4.5, -3.1,
    2.3, 2.3, 2.7, -3.3, 1.3, 2.1, 2.3, -0.7, -3.8, -3.9, -0.5, -0.2, 3.3, 2.0, 0.5, -1.1, 2.6,
    -1.6, 3.1, -4.9, 4.9, -3.8, -1.2, 2.1, 0.0, 2.1, -6.2, -3.1, -1.6, 0.5, -2.7, 0.9, 4.1, 0.4,
    -2.8, -0.5, -3.9, -0.2, -1.6, -0.2, -1.1, 2.6, -1.4, 2.9, 6.5, 4.1, -1.3, 1.7, -4.8, 5.4, 1.3,
    -1.5, -0.7, 0.7, -6.8, -3.1, -4.2, 4.5, 0.1, 5.7, 0.7, 4.5, -2.7, 1.3, -1.0, -1.0, -2.7, -3.0,
    4.7, 0.7, -1.0, -4.5, 3.3, -1.7, 2.1, -4.3, -5.6, 3.1, 1.3, 2.3, 3.8, -1.7, -6.5, -3.2, 0.2,
    -3.8, 0.1, 6.2, 0.4,
];
