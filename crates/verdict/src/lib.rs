//! Checks, one question each, and their combination into one verdict.
//!
//! [`judge`] is a pure function of a session and its seed. The blocks' numbers come from
//! [`features`], which never saw a coin; the coins come from the seed; here they meet.
#![forbid(unsafe_code)]

mod accessed;
mod align;
mod camera;
mod case;
mod checks;
mod dice;
mod graded;
mod indicator;
mod judge;
mod kind;
mod look;
mod mixed;
mod model;
mod note;
mod receivers;
mod repeats;
mod second;
mod table;
mod wave;

pub use align::{Aligned, Sent, align, drifts, muted_log_e};
pub use case::{GATE_W, Kept, Options, Sealed, keep};
pub use checks::{CHECKS, Check, MIN_BLOCKS, OnLeak};
pub use judge::judge;
pub use look::{Progress, progress};
pub use model::*;
pub use note::Note;
pub use repeats::{Repeats, repeats};
