//! A tar archive of a data export, packed by gzip.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::archive(&[0x1F, 0x8B], bytes));
