//! What people already hold: logs of browsers, proxies and phones, as the same facts.
//!
//! One file a format, one line in [`FORMATS`]. A log that is of a format but damaged is an error with its place;
//! single entries that cannot be read are counted.

mod app_privacy_report;
mod entries;
mod format;
mod har;
mod mitmproxy;
mod pcapdroid;
mod tables;
mod tnetstring;
mod tracker_control;

pub use format::{Format, LogError};

use crate::facts::Facts;

/// All formats; the first that a log looks like reads it.
pub const FORMATS: &[Format] = &[
    har::FORMAT,
    mitmproxy::FORMAT,
    app_privacy_report::FORMAT,
    pcapdroid::FORMAT,
    tracker_control::FORMAT,
];

/// The format that bytes look like.
pub fn format(bytes: &[u8]) -> Option<&'static Format> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    FORMATS.iter().find(|format| (format.is)(bytes))
}

/// Reads a log of any of the formats.
///
/// # Errors
///
/// Where it is of none of them, is damaged, or holds nothing.
pub fn read(bytes: &[u8]) -> Result<Facts, LogError> {
    let format = format(bytes).ok_or(LogError::Unknown)?;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let facts = (format.read)(bytes)?;
    if facts.contacts.is_empty() {
        return Err(LogError::Empty {
            what: format.name,
            entries: facts.left_out.entries,
        });
    }
    Ok(facts)
}
