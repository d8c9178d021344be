//! From a path to the files of an export: a folder, a ZIP archive, a tar archive (plain, gzip, zstd), or one
//! sound file. Nothing is unpacked to disk.

use std::fs;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::entry::{self, Entry, File, Problem, Trouble};
use crate::{Error, tape, zipped};

/// Most files that are looked at.
pub const MOST_FILES: u64 = 1_000_000;

/// Who is asked for the password of an encrypted archive; nothing where nobody knows one.
pub type Ask<'a> = &'a mut dyn FnMut(&Path) -> Option<String>;

/// Walks through an export. `visit` says whether to go on.
pub fn walk(path: &Path, ask: Ask, visit: &mut dyn FnMut(Entry) -> bool) -> Result<(), Error> {
    let read = |e| Error::Read {
        path: path.to_owned(),
        source: e,
    };
    let about = fs::metadata(path).map_err(read)?;
    let mut counted = Counted {
        left: MOST_FILES,
        more: 0,
        visit,
    };
    if about.is_dir() {
        folder(path, &mut counted)?;
        return counted.done(path);
    }
    archive(path, fs::File::open(path).map_err(read)?, ask, &mut counted)?;
    counted.done(path)
}

/// Walks through the bytes of an archive, or of one sound; `path` is only what it is called.
pub fn walk_bytes(
    path: &Path,
    bytes: impl Read + Seek,
    ask: Ask,
    visit: &mut dyn FnMut(Entry) -> bool,
) -> Result<(), Error> {
    let mut counted = Counted {
        left: MOST_FILES,
        more: 0,
        visit,
    };
    archive(path, bytes, ask, &mut counted)?;
    counted.done(path)
}

fn archive(
    path: &Path,
    mut bytes: impl Read + Seek,
    ask: Ask,
    counted: &mut Counted,
) -> Result<(), Error> {
    let read = |e| Error::Read {
        path: path.to_owned(),
        source: e,
    };
    let mut first = [0u8; 512];
    let n = read_some(&mut bytes, &mut first).map_err(read)?;
    bytes.seek(SeekFrom::Start(0)).map_err(read)?;
    let packed = Packed::of(&first[..n]);
    let mut bytes = BufReader::new(bytes);
    match packed {
        Some(Packed::Zip) => zipped::walk(path, &mut bytes, ask, counted)?,
        Some(Packed::Tar) => tape::walk(path, bytes, counted),
        Some(Packed::Gzip) => {
            tape::walk(path, flate2::read::MultiGzDecoder::new(bytes), counted);
        }
        Some(Packed::Zstd) => match ruzstd::decoding::StreamingDecoder::new(bytes) {
            Ok(unpacked) => tape::walk(path, unpacked, counted),
            Err(e) => counted.unread(&shown(path), Trouble::Broken(e.to_string())),
        },
        Some(Packed::Other(kind)) => {
            return Err(Error::Archive {
                path: path.to_owned(),
                kind,
            });
        }
        None => {
            let path = shown(path);
            counted.visit(Entry::File(File {
                path,
                bytes: &mut bytes,
            }));
        }
    }
    Ok(())
}

/// How many files an export has, where that can be said without reading it.
pub fn expected(path: &Path) -> Option<u64> {
    if !path.is_dir() {
        return zipped::listed(&mut fs::File::open(path).ok()?).ok()?;
    }
    let (mut folders, mut files) = (vec![path.to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).ok()?.flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                _ => files += 1,
            }
        }
    }
    Some(files)
}

/// What a file is packed as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packed {
    Zip,
    Tar,
    Gzip,
    Zstd,
    Other(&'static str),
}

impl Packed {
    /// By its first bytes.
    pub(crate) fn of(first: &[u8]) -> Option<Packed> {
        let begins = |magic: &[u8]| first.starts_with(magic);
        if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") || begins(b"PK\x07\x08") {
            Some(Packed::Zip)
        } else if begins(&[0x1F, 0x8B]) {
            Some(Packed::Gzip)
        } else if begins(&[0x28, 0xB5, 0x2F, 0xFD]) {
            Some(Packed::Zstd)
        } else if first.get(257..262) == Some(b"ustar") {
            Some(Packed::Tar)
        } else if begins(b"7z\xBC\xAF\x27\x1C") {
            Some(Packed::Other("7z"))
        } else if begins(b"Rar!") {
            Some(Packed::Other("RAR"))
        } else if begins(b"\xFD7zXZ\0") {
            Some(Packed::Other("xz"))
        } else if begins(b"BZh") {
            Some(Packed::Other("bzip2"))
        } else {
            None
        }
    }
}

/// Counts what is visited, and stops at the limit.
pub(crate) struct Counted<'a> {
    left: u64,
    more: u64,
    visit: &'a mut dyn FnMut(Entry) -> bool,
}

impl Counted<'_> {
    /// Whether to go on.
    pub(crate) fn visit(&mut self, entry: Entry) -> bool {
        if self.left == 0 {
            self.more += 1;
            return false;
        }
        self.left -= 1;
        (self.visit)(entry)
    }

    /// Tells of something that could not be read.
    pub(crate) fn unread(&mut self, path: &str, what: Trouble) {
        let path = path.to_owned();
        (self.visit)(Entry::Unread(Problem { path, what }));
    }

    /// Tells what is odd about a name.
    pub(crate) fn odd(&mut self, path: &str, odd: Vec<Trouble>) {
        odd.into_iter().for_each(|what| self.unread(path, what));
    }

    fn done(&mut self, path: &Path) -> Result<(), Error> {
        if self.more > 0 {
            self.unread(&shown(path), Trouble::TooMany(MOST_FILES));
        }
        Ok(())
    }
}

/// The last part of a path, for a person.
pub(crate) fn shown(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// As many bytes as there are, up to the length of `out`.
pub(crate) fn read_some(from: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < out.len() {
        match from.read(&mut out[n..]) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}

/// All files below a folder, each folder sorted by name.
fn folder(root: &Path, counted: &mut Counted) -> Result<(), Error> {
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let within = |path: &Path| path.strip_prefix(root).unwrap_or(path).to_owned();
        let listed = match fs::read_dir(&folder) {
            Ok(listed) => listed,
            Err(source) if folder == root => {
                return Err(Error::Read {
                    path: folder,
                    source,
                });
            }
            Err(e) => {
                counted.unread(
                    &within(&folder).to_string_lossy(),
                    Trouble::Failed(e.to_string()),
                );
                continue;
            }
        };
        let mut here: Vec<PathBuf> = Vec::new();
        for entry in listed {
            match entry {
                Ok(entry) => here.push(entry.path()),
                Err(e) => counted.unread(
                    &within(&folder).to_string_lossy(),
                    Trouble::Failed(e.to_string()),
                ),
            }
        }
        here.sort();
        let mut below = Vec::new();
        for path in here {
            let inner = within(&path);
            let raw = inner.as_os_str().as_encoded_bytes();
            let (name, odd) = entry::name(raw, &inner.to_string_lossy());
            counted.odd(&name, odd);
            let kind = match fs::symlink_metadata(&path) {
                Ok(about) => about.file_type(),
                Err(e) => {
                    counted.unread(&name, Trouble::Failed(e.to_string()));
                    continue;
                }
            };
            if kind.is_dir() {
                below.push(path);
            } else if kind.is_symlink() {
                counted.unread(&name, Trouble::Link);
            } else if !kind.is_file() {
                counted.unread(&name, Trouble::Special);
            } else {
                let go_on = match fs::File::open(&path) {
                    Ok(file) => counted.visit(Entry::File(File {
                        path: name,
                        bytes: &mut BufReader::new(file),
                    })),
                    Err(e) => {
                        counted.unread(&name, Trouble::Failed(e.to_string()));
                        true
                    }
                };
                if !go_on {
                    return Ok(());
                }
            }
        }
        folders.extend(below.into_iter().rev());
    }
    Ok(())
}
