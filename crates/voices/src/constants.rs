//! What is learned of other voices and rooms than those of the tables; made by `cargo xtask export-table
//! --others 2 --calibrate`.

/// Mean cosine of a piece to its own voice: at a second of speech, and what it grows with the logarithm.
pub(crate) const OWN_MEAN: [f64; 2] = [0.60, 0.12];
/// Logarithm of its spread, likewise.
pub(crate) const OWN_SPREAD: [f64; 2] = [-2.3, -0.2];
/// Of other voices.
pub(crate) const OTHERS_MEAN: [f64; 2] = [0.11, 0.0];
/// Likewise.
pub(crate) const OTHERS_SPREAD: [f64; 2] = [-2.24, 0.0];
/// Several voices at once: the log odds are this, and the direction of a piece by these.
pub(crate) const SEVERAL: f32 = -4.0;
/// Weights for each dimension.
pub(crate) const SEVERAL_BY: [f32; crate::DIMENSIONS] = [0.0; crate::DIMENSIONS];
