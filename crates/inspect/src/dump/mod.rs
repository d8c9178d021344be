//! What a browser says of its own calls: dumps of `chrome://webrtc-internals`, and of rtcstats, which pages write
//! down themselves. No packet is in them; levels and counts of bytes are, as the browser had them.
//!
//! One file a format, one line in [`FORMATS`]. A file that is of a format but damaged is an error with its place;
//! single values that cannot be read are counted.

mod connection;
mod figures;
mod internals;
mod rtcstats;

use serde::Serialize;

pub use connection::{Connection, Point, Remote, Track, TrackKind};
pub use figures::{Figures, Row, figures, rows};

/// What a dump was written by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DumpKind {
    /// A browser, by its own page.
    WebrtcInternals,
    /// A page, by its own script.
    Rtcstats,
}

/// A dump, as it was read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dump {
    /// What it was written by.
    pub kind: DumpKind,
    /// What the browser calls itself.
    pub browser: Option<String>,
    /// Connections, in the dump's order.
    pub connections: Vec<Connection>,
    /// Values and lines that could not be read.
    pub unread: u64,
}

/// Why a dump could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}, {place}: {why}")]
pub struct DumpError {
    /// The format's name.
    pub what: &'static str,
    /// `line 3, column 7`.
    pub place: String,
    /// What is wrong there.
    pub why: String,
}

struct Format {
    /// Whether bytes look like it, by their beginning.
    is: fn(&[u8]) -> bool,
    read: fn(&[u8]) -> Result<Dump, DumpError>,
}

const FORMATS: [Format; 2] = [internals::FORMAT, rtcstats::FORMAT];

/// Bytes at the beginning that a format is told by.
const BEGINNING: usize = 64 << 10;

/// Reads a dump; nothing where the bytes look like none.
pub fn read(bytes: &[u8]) -> Option<Result<Dump, DumpError>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let format = FORMATS.iter().find(|format| (format.is)(bytes))?;
    Some((format.read)(bytes))
}

/// The beginning that a format is told by.
fn beginning(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(BEGINNING)]
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

fn damaged(what: &'static str, line: usize, e: &serde_json::Error) -> DumpError {
    // Lines of a format of lines are counted by its reader.
    let line = line + e.line();
    DumpError {
        what,
        place: format!("line {line}, column {}", e.column()),
        why: e.to_string(),
    }
}
