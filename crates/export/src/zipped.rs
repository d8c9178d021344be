//! ZIP archives, by the list at their end; where that is gone, from front to end.

use std::collections::HashSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use zip::ZipArchive;
use zip::read::read_zipfile_from_stream;
use zip::result::ZipError;

use crate::Error;
use crate::entry::{self, Entry, File, Trouble};
use crate::walk::{Ask, Counted, MOST_FILES, shown};

/// A file this many times longer than packed is left out, where it is long. What is deflated cannot be more
/// than 1,032 times as long.
const BOMB_RATIO: u64 = 500;
const BOMB_BYTES: u64 = 1 << 30;

/// Walks through a ZIP archive.
pub(crate) fn walk<R: Read + Seek>(
    path: &Path,
    bytes: &mut R,
    ask: Ask,
    counted: &mut Counted,
) -> Result<(), Error> {
    let failed = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let listed = listed(bytes).map_err(failed)?;
    if listed.is_some_and(|n| n > MOST_FILES) {
        counted.unread(&shown(path), Trouble::TooMany(MOST_FILES));
        return Ok(());
    }
    bytes.seek(SeekFrom::Start(0)).map_err(failed)?;
    match ZipArchive::new(&mut *bytes) {
        Ok(archive) => by_list(path, archive, listed, ask, counted),
        Err(e) => {
            counted.unread(&shown(path), Trouble::Broken(e.to_string()));
            front_to_end(path, bytes, counted).map_err(failed)?;
        }
    }
    Ok(())
}

/// How many files the end of the archive says there are (APPNOTE 4.3.16, 4.3.14); nothing where there is no
/// end. The list itself is not read: it may be longer than memory.
pub(crate) fn listed<R: Read + Seek>(file: &mut R) -> std::io::Result<Option<u64>> {
    /// The end record with the longest comment, and the two records for long archives before it.
    const LONGEST: u64 = 22 + 65_535 + 20 + 56;
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(LONGEST)))?;
    let mut tail = Vec::new();
    file.take(LONGEST).read_to_end(&mut tail)?;
    let found = |magic: &[u8; 4]| tail.windows(4).rposition(|w| w == magic);
    let number = |at: usize, n: usize| {
        let bytes = tail.get(at..at + n)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0u64, |sum, b| sum << 8 | u64::from(*b)),
        )
    };
    let short = found(b"PK\x05\x06").and_then(|at| number(at + 10, 2));
    Ok(match short {
        Some(0xFFFF) => found(b"PK\x06\x06")
            .and_then(|at| number(at + 32, 8))
            .or(short),
        short => short,
    })
}

fn by_list<R: Read + Seek>(
    path: &Path,
    mut archive: ZipArchive<R>,
    listed: Option<u64>,
    ask: Ask,
    counted: &mut Counted,
) {
    if archive.has_duplicate_names() || listed.is_some_and(|n| n != archive.len() as u64) {
        counted.unread(&shown(path), Trouble::Twice);
    }
    let mut password: Option<Option<String>> = None;
    let mut names = HashSet::new();
    for index in 0..archive.len() {
        let Ok(about) = archive.by_index_data(index) else {
            continue;
        };
        let decoded = about.name().map(|name| name.into_owned());
        let raw = about.name_raw().to_vec();
        let decoded = decoded.unwrap_or_else(|_| String::from_utf8_lossy(&raw).into_owned());
        let (name, odd) = entry::name(&raw, &decoded);
        if about.is_dir() {
            continue;
        }
        counted.odd(&name, odd);
        if !names.insert(hash(&name)) {
            counted.unread(&name, Trouble::Twice);
        }
        if about.is_symlink() {
            counted.unread(&name, Trouble::Link);
            continue;
        }
        let (long, packed) = (about.size(), about.compressed_size());
        if long > BOMB_BYTES && long / packed.max(1) > BOMB_RATIO {
            counted.unread(&name, Trouble::Bomb);
            continue;
        }
        let opened = match about.encrypted() {
            false => archive.by_index(index),
            true => match password.get_or_insert_with(|| ask(path)) {
                None => {
                    counted.unread(&name, Trouble::NoPassword);
                    continue;
                }
                Some(password) => archive.by_index_decrypt(index, password.as_bytes()),
            },
        };
        match opened {
            Ok(mut file) => {
                if !counted.visit(Entry::File(File {
                    path: name,
                    bytes: &mut file,
                })) {
                    return;
                }
            }
            Err(ZipError::InvalidPassword) => counted.unread(&name, Trouble::WrongPassword),
            Err(e) => counted.unread(&name, Trouble::Broken(e.to_string())),
        }
    }
}

fn hash(name: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

fn front_to_end<R: Read + Seek>(
    path: &Path,
    bytes: &mut R,
    counted: &mut Counted,
) -> std::io::Result<()> {
    bytes.seek(SeekFrom::Start(0))?;
    loop {
        match read_zipfile_from_stream(bytes) {
            Ok(Some(mut file)) => {
                let raw = file.name_raw().to_vec();
                let (name, odd) = entry::name(&raw, &String::from_utf8_lossy(&raw));
                if file.is_dir() {
                    continue;
                }
                counted.odd(&name, odd);
                if !counted.visit(Entry::File(File {
                    path: name,
                    bytes: &mut file,
                })) {
                    return Ok(());
                }
            }
            Ok(None) => return Ok(()),
            // That it breaks off has been told.
            Err(ZipError::Io(_)) => return Ok(()),
            Err(e) => {
                counted.unread(&shown(path), Trouble::Broken(e.to_string()));
                return Ok(());
            }
        }
    }
}
