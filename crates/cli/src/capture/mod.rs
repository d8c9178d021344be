//! Captures from elsewhere: files opened, packed ones unpacked, read from front to end.

pub mod abreast;
mod align;
mod device;
mod follow;
mod mapped;
mod miclog;
mod packets;
mod schedule;
mod shorter;
mod source;
mod table;
mod turns;

pub use align::analyze;
pub use follow::Until;
pub use schedule::{Schedule, of_bundle};
pub use source::{Input, Scan, Sink, scan};
