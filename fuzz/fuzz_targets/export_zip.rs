//! A ZIP archive of a data export.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::archive(b"PK\x03\x04", bytes));
