//! Captures from elsewhere: files opened, packed ones unpacked, read from front to end.

pub mod abreast;
mod align;
mod follow;
mod miclog;
mod schedule;
mod source;
mod table;

pub use align::analyze;
pub use follow::Until;
pub use schedule::{Schedule, of_bundle};
pub use source::{Input, Scan, Sink, scan};
