//! Captures from elsewhere: files opened, packed ones unpacked, read from front to end.

mod source;

pub use source::{Scan, scan};
