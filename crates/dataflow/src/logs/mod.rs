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

use std::borrow::Cow;

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
    let bytes = plain(bytes);
    FORMATS.iter().find(|format| (format.is)(&bytes))
}

/// A log without the mark that some programs put before a text, and in UTF-8: others write UTF-16.
fn plain(bytes: &[u8]) -> Cow<'_, [u8]> {
    let wide = |of: fn([u8; 2]) -> u16, bytes: &[u8]| -> Vec<u8> {
        let (units, _) = bytes.as_chunks();
        let text = char::decode_utf16(units.iter().copied().map(of));
        let text = text.map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER));
        text.collect::<String>().into_bytes()
    };
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => rest.into(),
        [0xFF, 0xFE, rest @ ..] => wide(u16::from_le_bytes, rest).into(),
        [0xFE, 0xFF, rest @ ..] => wide(u16::from_be_bytes, rest).into(),
        _ => bytes.into(),
    }
}

/// Reads a log of any of the formats.
///
/// # Errors
///
/// Where it is of none of them, is damaged, or holds nothing.
pub fn read(bytes: &[u8]) -> Result<Facts, LogError> {
    let bytes = &plain(bytes);
    let format = format(bytes).ok_or(LogError::Unknown)?;
    let facts = (format.read)(bytes)?;
    if facts.contacts.is_empty() {
        return Err(LogError::Empty {
            what: format.name,
            entries: facts.left_out.entries,
        });
    }
    Ok(facts)
}
