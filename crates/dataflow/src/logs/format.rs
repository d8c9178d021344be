//! What a format of a log is, and how one is told by its beginning.

use crate::facts::{Facts, Origin};

/// Why a log could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// It is of none of the formats.
    #[error(
        "it is no capture, and none of the logs that are read: HAR, mitmproxy's flows, PCAPdroid's and \
         TrackerControl's CSV, iOS's App Privacy Report"
    )]
    Unknown,
    /// It is of a format, and is damaged.
    #[error("{what}, {place}: {why}")]
    Damaged {
        /// The format's name.
        what: &'static str,
        /// `line 3, column 7`, or `byte 77`.
        place: String,
        /// What is wrong there.
        why: String,
    },
    /// It is of a format, and holds nothing.
    #[error("{what}: it holds no entry that could be read ({entries} could not be)")]
    Empty {
        /// The format's name.
        what: &'static str,
        /// Entries that could not be read.
        entries: u64,
    },
}

/// One format.
pub struct Format {
    /// What it is a log of.
    pub origin: Origin,
    /// Its name.
    pub name: &'static str,
    /// Whether bytes look like it, by their beginning.
    pub(super) is: fn(&[u8]) -> bool,
    pub(super) read: fn(&[u8]) -> Result<Facts, LogError>,
}

/// The beginning of a log that its format is told by.
pub(super) fn beginning(bytes: &[u8]) -> &[u8] {
    const BEGINNING: usize = 64 << 10;
    &bytes[..bytes.len().min(BEGINNING)]
}

/// Whether a text stands in the bytes.
pub(super) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}
