//! A FLAC file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sound("flac", b"fLaC", bytes));
