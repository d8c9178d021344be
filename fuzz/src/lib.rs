//! What the targets of one kind share.

use std::io::{Cursor, Read};
use std::path::Path;

/// Samples of a sound that are decoded at most: a minute.
const SAMPLES: usize = 60 * 16_000;
/// Bytes of a file in an archive that are read at most.
const READ: u64 = 1 << 16;

/// Puts the bytes that a container is known by before others that do not begin so.
fn with(magic: &[u8], bytes: &[u8]) -> Vec<u8> {
    match bytes.starts_with(magic) {
        true => bytes.to_vec(),
        false => [magic, bytes].concat(),
    }
}

/// Decodes a sound file whose container is known by `magic`.
pub fn sound(extension: &str, magic: &[u8], bytes: &[u8]) {
    let source = Box::new(Cursor::new(with(magic, bytes)));
    let mut samples = 0;
    let _ = sounds::stream(source, Some(extension), &mut |piece| {
        samples += piece.len();
        samples < SAMPLES
    });
}

/// Walks through an archive whose kind is known by `magic`; the first bytes of each file are read.
pub fn archive(magic: &[u8], bytes: &[u8]) {
    let mut read = |entry: export::Entry| {
        if let export::Entry::File(file) = entry {
            let _ = file.bytes.take(READ).read_to_end(&mut Vec::new());
        }
        true
    };
    let ask: export::Ask = &mut |_| Some("password".to_owned());
    let bytes = Cursor::new(with(magic, bytes));
    let _ = export::walk_bytes(Path::new("export"), bytes, ask, &mut read);
}

/// A tar archive: its magic lies in the midst of its first header, over whatever is there.
pub fn tar(bytes: &[u8]) {
    const AT: usize = 257;
    let mut bytes = bytes.to_vec();
    if bytes.len() < AT + 5 {
        return;
    }
    bytes[AT..AT + 5].copy_from_slice(b"ustar");
    archive(b"", &bytes);
}

/// What a dump of calls was written by.
pub enum Dumped {
    Internals,
    Rtcstats,
}

/// Reads a dump, made to begin as one does, and what is made of it.
pub fn dump(of: Dumped, bytes: &[u8]) {
    let begun = match of {
        Dumped::Internals => with(b"{\"PeerConnections\":", bytes),
        Dumped::Rtcstats => with(b"RTCStatsDump\n", bytes),
    };
    let Some(Ok(dump)) = inspect::dump::read(&begun) else {
        return;
    };
    for connection in &dump.connections {
        let _ = inspect::dump::rows(connection, 20);
    }
}
