//! What telemetry gives away, measured on recordings: telemetry by window, for sounds that the attacker
//! has never heard, with what a split by window would have claimed beside it as a warning.
//!
//! The recordings are not part of the repository; without them the synthetic sounds are taken, and the
//! page says so.
#![forbid(unsafe_code)]

mod data;
mod page;
mod study;
mod table;

pub use data::{Heard, hear, library, others, recordings, synthetic};
pub use page::{learners_page, page};
pub use study::{Study, WINDOWS, study};
pub use table::{Cell, Size, Table, learners, levels, table};
