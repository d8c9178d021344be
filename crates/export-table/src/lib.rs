//! How well foreign voices in a data export are found: exports made of recordings, and the page made of it.
#![forbid(unsafe_code)]

pub mod archives;
pub mod calibrate;
pub mod chances;
pub mod measures;
pub mod page;
pub mod pairs;
pub mod places;
pub mod pool;
pub mod speakers;
