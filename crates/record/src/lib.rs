//! Facts and their units.
//!
//! Everything an audit learns is written down here first, as a [`Record`] in the session log or as
//! bytes beside it (packets). What comes later (features, statistics, verdict, report) is a pure
//! function of these facts. This crate is one of the serialised surfaces of muteproof, which only grow;
//! docs/ARCHITECTURE.md names the others.
//!
//! Invariants: no clock, no files, no threads; a record never judges; loss is a record
//! ([`Body::Gap`]), never a log line.
#![forbid(unsafe_code)]

mod body;
mod failure;
mod log;
mod manifest;
mod named;
mod package;
mod time;
mod website;

pub use body::*;
pub use failure::Failure;
pub use log::{LogError, LogReader, LogTail, parse_log, write_line};
pub use manifest::*;
pub use named::{Code, Source};
pub use package::{PackageMoment, Remains};
pub use time::{MonotonicNs, Span};
pub use website::{WEBSITE_ORIGIN, WebAnswer, WebReply, WebRequest};
