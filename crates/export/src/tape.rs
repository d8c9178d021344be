//! Tar archives, read from front to end.

use std::io::Read;
use std::path::Path;

use tar::{Archive, EntryType};

use crate::entry::{self, Entry, File, Trouble};
use crate::walk::{Counted, shown};

/// Walks through a tar archive as it comes.
pub(crate) fn walk(path: &Path, bytes: impl Read, counted: &mut Counted) {
    let mut archive = Archive::new(bytes);
    let broken = |e: std::io::Error| Trouble::Broken(e.to_string());
    let entries = match archive.entries() {
        Ok(entries) => entries,
        Err(e) => return counted.unread(&shown(path), broken(e)),
    };
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            // What follows a broken header cannot be found.
            Err(e) => return counted.unread(&shown(path), broken(e)),
        };
        let raw = entry.path_bytes().into_owned();
        let (name, odd) = entry::name(&raw, &String::from_utf8_lossy(&raw));
        match entry.header().entry_type() {
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Symlink | EntryType::Link => {
                counted.odd(&name, odd);
                counted.unread(&name, Trouble::Link);
                continue;
            }
            _ => {
                counted.odd(&name, odd);
                counted.unread(&name, Trouble::Special);
                continue;
            }
        }
        counted.odd(&name, odd);
        if !counted.visit(Entry::File(File {
            path: name,
            bytes: &mut entry,
        })) {
            return;
        }
    }
}
