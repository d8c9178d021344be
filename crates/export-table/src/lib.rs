//! How well foreign voices in a data export are found: exports made of recordings, and the page made of it.
#![forbid(unsafe_code)]

pub mod places;
pub mod speakers;
