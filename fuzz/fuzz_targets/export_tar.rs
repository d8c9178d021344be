//! A tar archive of a data export.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::tar(bytes));
