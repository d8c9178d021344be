//! What a browser says of its own calls: dumps of `chrome://webrtc-internals`, and of rtcstats, which pages write
//! down themselves. No packet is in them; levels and counts of bytes are, as the browser had them.
//!
//! One file a format, one line in [`FORMATS`]. A file that is of a format but damaged is an error with its place;
//! single values that cannot be read are counted.

mod connection;
mod figures;
mod format;
mod internals;
mod rtcstats;

pub use connection::{Connection, Point, Remote, Track, TrackKind};
pub use figures::{Figures, Row, figures, rows};
pub use format::{Dump, DumpError, DumpKind};

use format::Format;

const FORMATS: [Format; 2] = [internals::FORMAT, rtcstats::FORMAT];

/// Reads a dump; nothing where the bytes look like none.
pub fn read(bytes: &[u8]) -> Option<Result<Dump, DumpError>> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let format = FORMATS.iter().find(|format| (format.is)(bytes))?;
    Some((format.read)(bytes))
}
