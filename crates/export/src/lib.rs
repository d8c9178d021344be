//! Data exports: archives read from front to end, and what lies in them.
//!
//! Nothing is unpacked to disk and a file is held in memory only while it is short. What is heard in each
//! recording is said by the crate `voices`; whose lists are understood, by [`layouts`].
#![forbid(unsafe_code)]

mod against;
mod cache;
mod check;
mod copy;
mod entry;
mod error;
mod gather;
mod kind;
pub mod layouts;
mod tape;
mod told;
mod walk;
mod words;
mod zipped;

pub use against::against;
pub use cache::Cache;
pub use check::{Question, check, voices_of};
pub use copy::copy_clips;
pub use entry::{Entry, File, Problem, Trouble};
pub use error::Error;
pub use gather::{Gathered, Gathering, Progress, Recording, gather};
pub use walk::{Ask, MOST_FILES, expected, walk, walk_bytes};
