use serde::Serialize;

use super::connection::Connection;

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

pub(super) struct Format {
    /// Whether bytes look like it, by their beginning.
    pub is: fn(&[u8]) -> bool,
    pub read: fn(&[u8]) -> Result<Dump, DumpError>,
}

/// Bytes at the beginning that a format is told by.
const BEGINNING: usize = 64 << 10;

/// The beginning that a format is told by.
pub(super) fn beginning(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(BEGINNING)]
}

pub(super) fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

pub(super) fn damaged(what: &'static str, line: usize, e: &serde_json::Error) -> DumpError {
    // Lines of a format of lines are counted by its reader.
    let line = line + e.line();
    DumpError {
        what,
        place: format!("line {line}, column {}", e.column()),
        why: e.to_string(),
    }
}
