//! Where functions lie in a library: file offsets from its symbol tables.
//!
//! By offset and not by name, because libbpf does not find names in stripped libraries when many
//! probes are attached at once.

use std::collections::BTreeMap;
use std::fs::File;

use object::elf::{PF_X, PT_LOAD};
use object::read::elf::{ElfFile64, ProgramHeader};
use object::{Object, ObjectSymbol, ReadCache};

use crate::calls::{At, Call, FUNCTIONS};

/// Longest file that is looked into, bytes. Chromium with everything has 0.3 GB.
const FILE_MAX: u64 = 1 << 30;

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

/// The watched functions that `file` defines, by offset. A message where it is no ELF file for
/// this kind of processor.
pub fn places(file: &File) -> Result<Vec<Place>, String> {
    let len = file.metadata().map_err(|e| e.to_string())?.len();
    if len > FILE_MAX {
        return Err(format!("longer than {FILE_MAX} bytes"));
    }
    let cache = ReadCache::new(file);
    let elf = ElfFile64::<object::Endianness, _>::parse(&cache)
        .map_err(|e| format!("not a 64-bit ELF file that can be read ({e})"))?;
    let endian = elf.endian();
    let code: Vec<(u64, u64, u64)> = elf
        .elf_program_headers()
        .iter()
        .filter(|h| h.p_type(endian) == PT_LOAD && h.p_flags(endian) & PF_X != 0)
        .map(|h| (h.p_vaddr(endian), h.p_filesz(endian), h.p_offset(endian)))
        .collect();
    // Versions of a function at different places are all watched; one place only once.
    let mut found = BTreeMap::new();
    for symbol in elf.dynamic_symbols().chain(elf.symbols()) {
        if !symbol.is_definition() {
            continue;
        }
        let Some((name, call, at)) = symbol
            .name()
            .ok()
            .and_then(|name| FUNCTIONS.into_iter().find(|(known, ..)| *known == name))
        else {
            continue;
        };
        let address = symbol.address();
        let segment = code
            .iter()
            .find(|(start, len, _)| address.checked_sub(*start).is_some_and(|at| at < *len));
        let Some((start, _, from)) = segment else {
            continue;
        };
        let Some(offset) = from.checked_add(address - start) else {
            continue;
        };
        found.entry(offset).or_insert(Place {
            name,
            call,
            at,
            offset,
        });
    }
    Ok(found.into_values().collect())
}
