//! Bytes: what was recorded elsewhere, and what was played to it, become a bundle like any other.
//!
//! [`capture`] takes packets, [`table`] the numbers that an app sent. Both need a [`Schedule`], which says
//! what was played when; its key lies beside it. The capture's clock is laid on the schedule's by what was
//! sent during the control.

mod capture;
mod clock;
mod device;
mod error;
mod estimate;
mod facts;
mod mic_log;
mod options;
mod packets;
mod page;
mod schedule;
mod shift;
mod table;
mod write;

pub use capture::capture;
pub use clock::MutedSpan;
pub use error::{ImportError, PageFault, TableFault};
pub use mic_log::LOG_MAX as MIC_LOG_MAX;
pub use options::{CaptureOptions, Drift, Here, Options};
pub use schedule::Schedule;
pub use table::table;
