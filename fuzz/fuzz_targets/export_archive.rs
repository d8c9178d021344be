//! An archive of a data export, whichever it is; the first bytes of each file are read.
#![no_main]

use std::io::{Cursor, Read};
use std::path::Path;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut read = |entry: export::Entry| {
        if let export::Entry::File(file) = entry {
            let _ = file.bytes.take(1 << 16).read_to_end(&mut Vec::new());
        }
        true
    };
    let ask: export::Ask = &mut |_| Some("password".to_owned());
    let _ = export::walk_bytes(Path::new("export"), Cursor::new(bytes), ask, &mut read);
});
