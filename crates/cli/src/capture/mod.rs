//! Captures from elsewhere: files opened, packed ones unpacked, read from front to end.

mod align;
mod schedule;
mod source;

pub use align::analyze;
pub use schedule::{Schedule, of_bundle};
pub use source::{Scan, scan};
