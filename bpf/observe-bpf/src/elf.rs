//! Where functions lie in a library: file offsets from its symbol tables.
//!
//! By offset and not by name, because libbpf does not find names in stripped libraries when many
//! probes are attached at once.
//!
//! The file may be the audited app's own and is read in pieces: what it takes in memory does not grow with
//! what the file claims. Names are found in the string table first, then symbols that point at one of them,
//! so that a table of a million symbols needs no million names.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::os::unix::fs::FileExt;

use aho_corasick::AhoCorasick;
use object::elf::{
    FileHeader64, PF_X, PT_LOAD, ProgramHeader64, SHN_UNDEF, SHT_DYNSYM, SHT_SYMTAB,
    SectionHeader64, Sym64,
};
use object::pod::{Pod, slice_from_all_bytes};
use object::read::elf::{FileHeader, ProgramHeader, SectionHeader};
use object::{Endianness, ReadCache};

use crate::calls::{At, Call, FUNCTIONS};

/// Longest file that is looked into, bytes. Chromium with everything has 0.3 GB.
const FILE_MAX: u64 = 1 << 30;

/// Sections and segments of a file at most: as many as its header can say without an extension.
const HEADERS_MAX: usize = 0xff00;

/// Names of watched functions in a string table, and places in a file, at most. A library has each name once
/// and each function in a few versions.
const FOUND_MAX: usize = 1_024;

/// Symbols that are read at once.
const SYMBOLS_AT_ONCE: usize = 4_096;

/// A function found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its name.
    pub name: &'static str,
    /// Which it is.
    pub call: Call,
    /// Where it is watched.
    pub at: At,
    /// Where its first instruction lies in the file.
    pub offset: u64,
}

/// A part of a file that holds code: address, length, place in the file.
type Code = (u64, u64, u64);

/// The watched functions that `file` defines, by offset. A message where it is no ELF file for
/// this kind of processor, or one that no linker writes.
pub fn places(file: &File) -> Result<Vec<Place>, String> {
    let len = file.metadata().map_err(|e| e.to_string())?.len();
    if len > FILE_MAX {
        return Err(format!("longer than {FILE_MAX} bytes"));
    }
    let no_elf = |e: object::Error| format!("not a 64-bit ELF file that can be read ({e})");
    // Only headers are read through it, and not more than these.
    let cache = ReadCache::new(file);
    let header = FileHeader64::<Endianness>::parse(&cache).map_err(no_elf)?;
    let endian = header.endian().map_err(no_elf)?;
    let n_sections = header.shnum(endian, &cache).map_err(no_elf)?;
    let n_segments = header.phnum(endian, &cache).map_err(no_elf)?;
    if n_sections.max(n_segments) > HEADERS_MAX {
        return Err(format!(
            "it says that it has more than {HEADERS_MAX} sections"
        ));
    }
    let code: Vec<Code> = header
        .program_headers(endian, &cache)
        .map_err(no_elf)?
        .iter()
        .filter(|h: &&ProgramHeader64<_>| {
            h.p_type(endian) == PT_LOAD && h.p_flags(endian) & PF_X != 0
        })
        .map(|h| (h.p_vaddr(endian), h.p_filesz(endian), h.p_offset(endian)))
        .collect();
    let sections = header.section_headers(endian, &cache).map_err(no_elf)?;
    // Versions of a function at different places are all watched; one place only once.
    let mut found = BTreeMap::new();
    for table in sections {
        if [SHT_DYNSYM, SHT_SYMTAB].contains(&table.sh_type(endian)) {
            let names = sections.get(table.sh_link(endian) as usize);
            let names = names.ok_or("a table of symbols has no names")?;
            symbols(file, endian, table, names, &code, &mut found)?;
        }
    }
    Ok(found.into_values().collect())
}

/// Adds what one table of symbols says.
fn symbols(
    file: &File,
    endian: Endianness,
    table: &SectionHeader64<Endianness>,
    names: &SectionHeader64<Endianness>,
    code: &[Code],
    found: &mut BTreeMap<u64, Place>,
) -> Result<(), String> {
    let names = names_in(Part::new(
        file,
        names.sh_offset(endian),
        names.sh_size(endian),
    ))?;
    if names.is_empty() {
        return Ok(());
    }
    let mut part = Part::new(file, table.sh_offset(endian), table.sh_size(endian));
    let mut bytes = vec![0; SYMBOLS_AT_ONCE * size_of::<Sym64<Endianness>>()];
    loop {
        let n = read_full(&mut part, &mut bytes).map_err(|e| e.to_string())?;
        let whole = n - n % size_of::<Sym64<Endianness>>();
        for symbol in pods::<Sym64<Endianness>>(&bytes[..whole]) {
            let Some(function) = names.get(&symbol.st_name.get(endian)) else {
                continue;
            };
            if symbol.st_shndx.get(endian) == SHN_UNDEF {
                continue;
            }
            let address = symbol.st_value.get(endian);
            let holds =
                |(start, len, _): &&Code| address.checked_sub(*start).is_some_and(|at| at < *len);
            let Some((start, _, from)) = code.iter().find(holds) else {
                continue;
            };
            let Some(offset) = from.checked_add(address - start) else {
                continue;
            };
            let (name, call, at) = FUNCTIONS[*function];
            found.entry(offset).or_insert(Place {
                name,
                call,
                at,
                offset,
            });
            if found.len() > FOUND_MAX {
                return Err(format!(
                    "it defines the watched functions at more than {FOUND_MAX} places"
                ));
            }
        }
        if n < bytes.len() {
            return Ok(());
        }
    }
}

/// Where a string table holds the names of watched functions: offset in the table to index in
/// [`FUNCTIONS`]. A name may be the end of a longer one: linkers share them.
fn names_in(table: Part) -> Result<HashMap<u32, usize>, String> {
    let ended = FUNCTIONS.map(|(name, ..)| format!("{name}\0"));
    let searched = AhoCorasick::new(ended).map_err(|e| e.to_string())?;
    let mut found = HashMap::new();
    for name in searched.stream_find_iter(BufReader::new(table)) {
        let name = name.map_err(|e| e.to_string())?;
        // What lies further in cannot be pointed at.
        let Ok(at) = u32::try_from(name.start()) else {
            break;
        };
        found.insert(at, name.pattern().as_usize());
        if found.len() > FOUND_MAX {
            return Err(format!(
                "it names watched functions more than {FOUND_MAX} times"
            ));
        }
    }
    Ok(found)
}

/// A part of a file; it ends where the file does.
struct Part<'f> {
    file: &'f File,
    at: u64,
    end: u64,
}

impl<'f> Part<'f> {
    fn new(file: &'f File, at: u64, len: u64) -> Part<'f> {
        let end = at.saturating_add(len);
        Part { file, at, end }
    }
}

impl Read for Part<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let len = into.len().min(left);
        let n = self.file.read_at(&mut into[..len], self.at)?;
        self.at += n as u64;
        Ok(n)
    }
}

/// Fills `into` as far as there is something.
fn read_full(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < into.len() {
        match from.read(&mut into[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// Bytes as the items that they are; none where their number does not fit.
fn pods<T: Pod>(bytes: &[u8]) -> &[T] {
    slice_from_all_bytes(bytes).unwrap_or_default()
}
