//! Bytes: capture files, plain or packed, read from front to end through one buffer of a fixed size.
//!
//! What is in a file is found by [`wire::capture`], which is handed one piece after the other. Damage is
//! passed over and told, and a file that another program still writes can be followed as it grows.

mod chunk;
mod error;
mod found;
mod input;
mod read;
mod until;

pub use error::ScanError;
pub use found::{Damage, Scan};
pub use input::{Input, Packed};
pub use read::{Sink, scan};
pub use until::Until;
