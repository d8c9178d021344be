//! AAC in ADTS frames.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sound("aac", &[0xFF, 0xF1], bytes));
