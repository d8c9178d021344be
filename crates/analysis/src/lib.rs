//! The verdict, for every face: from a folder to a judgement, and to the bytes of its report.

mod attacker;
mod error;
mod evidence;
mod judged;
mod known;

pub use attacker::{attacked, tried};
pub use error::Error;
pub use judged::{Judged, identifiers, judged, judged_of, open, progress};
pub use known::Lists;
