//! What people already hold: logs of browsers, proxies and phones, as the same facts.
//!
//! One file a format, one line in [`FORMATS`]. A log that is of a format but damaged is an error with its place;
//! single entries that cannot be read are counted.

mod app_privacy_report;
mod entries;
mod har;
mod mitmproxy;
mod pcapdroid;
mod tables;
mod tnetstring;
mod tracker_control;

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
    is: fn(&[u8]) -> bool,
    read: fn(&[u8]) -> Result<Facts, LogError>,
}

/// All formats; the first that a log looks like reads it.
pub const FORMATS: &[Format] = &[
    har::FORMAT,
    mitmproxy::FORMAT,
    app_privacy_report::FORMAT,
    pcapdroid::FORMAT,
    tracker_control::FORMAT,
];

/// Reads a log of any of the formats.
///
/// # Errors
///
/// Where it is of none of them, is damaged, or holds nothing.
pub fn read(bytes: &[u8]) -> Result<Facts, LogError> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let format = FORMATS.iter().find(|format| (format.is)(bytes));
    let format = format.ok_or(LogError::Unknown)?;
    let facts = (format.read)(bytes)?;
    if facts.contacts.is_empty() {
        return Err(LogError::Empty {
            what: format.name,
            entries: facts.left_out.entries,
        });
    }
    Ok(facts)
}

/// The beginning of a log that its format is told by.
fn beginning(bytes: &[u8]) -> &[u8] {
    const BEGINNING: usize = 64 << 10;
    &bytes[..bytes.len().min(BEGINNING)]
}

/// Whether a text stands in the bytes.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}
