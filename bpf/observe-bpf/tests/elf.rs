//! What an app's own file costs the helper, which looks into it with privilege.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs::File;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use observe_bpf::elf::places;

/// Bytes that are held, and the most that ever were.
struct Counting {
    held: AtomicUsize,
    most: AtomicUsize,
}

// SAFETY: hands everything on to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = self.held.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        self.most.fetch_max(held, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        self.held.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static MEMORY: Counting = Counting {
    held: AtomicUsize::new(0),
    most: AtomicUsize::new(0),
};

/// Counting is of the whole process: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// One section: kind, place, length, which section holds its names.
type Section = (u32, u64, u64, u32);

/// An ELF file with one part that holds code (all of it, at address 0) and these sections.
fn elf(sections: &[Section], body: &[u8]) -> File {
    const BODY: u64 = 64 + 56;
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    let at_sections = BODY + body.len() as u64;
    for half in [3_u16, 62] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(1_u32.to_le_bytes());
    for long in [0, 64, at_sections] {
        bytes.extend(long.to_le_bytes());
    }
    bytes.extend(0_u32.to_le_bytes());
    for half in [64, 56, 1, 64, sections.len() as u16, 0] {
        bytes.extend(half.to_le_bytes());
    }
    // PT_LOAD, readable and to be run.
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(5_u32.to_le_bytes());
    for long in [0, 0, 0, 0x1000_0000, 0x1000_0000, 0x1000_u64] {
        bytes.extend(long.to_le_bytes());
    }
    bytes.extend(body);
    for (kind, at, len, link) in sections {
        bytes.extend(0_u32.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        for long in [0, 0, BODY + at, *len] {
            bytes.extend(long.to_le_bytes());
        }
        bytes.extend(link.to_le_bytes());
        bytes.extend(0_u32.to_le_bytes());
        for long in [8_u64, 24] {
            bytes.extend(long.to_le_bytes());
        }
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&bytes).unwrap();
    file
}

/// A function: where its name is, whether it is defined here, its address.
fn symbol(name: u32, defined: bool, address: u64) -> Vec<u8> {
    let mut bytes = name.to_le_bytes().to_vec();
    bytes.extend([0x12, 0]);
    bytes.extend(u16::from(defined).to_le_bytes());
    bytes.extend(address.to_le_bytes());
    bytes.extend(8_u64.to_le_bytes());
    bytes
}

/// A file with these symbols (kind 2 is SHT_SYMTAB) and names.
fn with(symbols: &[u8], names: &[u8]) -> File {
    let sections = [
        (0, 0, 0, 0),
        (2, 0, symbols.len() as u64, 2),
        (3, symbols.len() as u64, names.len() as u64, 0),
    ];
    elf(&sections, &[symbols, names].concat())
}

#[test]
fn functions_are_found_by_name_also_at_the_end_of_a_longer_one() {
    let _alone = ALONE.lock();
    let names = b"\0SSL_write\0my_opus_encode\0SSL_writes\0";
    let symbols = [
        symbol(1, true, 0x100),
        symbol(1, false, 0x200),
        symbol(14, true, 0x300),
        symbol(11, true, 0x400),
        symbol(26, true, 0x500),
        symbol(1, true, u64::MAX),
    ]
    .concat();
    let found = places(&with(&symbols, names)).unwrap();
    let found: Vec<_> = found.iter().map(|p| (p.name, p.offset)).collect();
    assert_eq!(found, [("SSL_write", 0x100), ("opus_encode", 0x300)]);
}

/// Each symbol's name at another place of a table without ends: whoever keeps every name that was looked at
/// keeps the square of the file. Also long tables of nothing.
#[test]
fn a_hostile_file_costs_less_than_four_megabytes() {
    let _alone = ALONE.lock();
    let n = 200_000;
    let mut names = vec![b'A'; n + 8_000];
    for end in (0..names.len()).step_by(4_000) {
        names[end] = 0;
    }
    names.extend(b"SSL_write\0");
    let symbols: Vec<u8> = (0..n as u32)
        .flat_map(|i| symbol(1 + i, true, 0x1000))
        .collect();
    let many = with(&symbols, &names);
    // A table of symbols and one of names that are 32 MiB of nothing each.
    let long = elf(
        &[(0, 0, 0, 0), (2, 0, 32 << 20, 2), (3, 0, 32 << 20, 0)],
        b"\0SSL_write\0",
    );
    long.set_len(64 << 20).unwrap();
    for (what, file) in [("many symbols", many), ("long tables", long)] {
        let before = MEMORY.held.load(Ordering::Relaxed);
        MEMORY.most.store(before, Ordering::Relaxed);
        let _ = places(&file);
        let cost = MEMORY.most.load(Ordering::Relaxed) - before;
        assert!(cost < 4 << 20, "{what}: {cost} bytes");
    }
}

#[test]
fn more_than_a_linker_writes_is_refused_in_words() {
    let _alone = ALONE.lock();
    let symbols: Vec<u8> = (0..5_000).flat_map(|i| symbol(1, true, i * 16)).collect();
    let e = places(&with(&symbols, b"\0SSL_write\0")).unwrap_err();
    assert!(e.contains("more than 1024 places"), "{e}");
    let e = places(&with(&symbols, &b"SSL_write\0".repeat(5_000))).unwrap_err();
    assert!(e.contains("more than 1024 times"), "{e}");
}
