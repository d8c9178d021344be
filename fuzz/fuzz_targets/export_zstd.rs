//! A tar archive of a data export, packed by zstd.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::archive(&[0x28, 0xB5, 0x2F, 0xFD], bytes));
