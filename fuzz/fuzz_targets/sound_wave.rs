//! A WAV file.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sound("wav", b"RIFF", bytes));
