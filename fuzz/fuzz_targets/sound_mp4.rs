//! An MP4 file, of AAC or whatever it says.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sound("m4a", b"\0\0\0\x14ftypM4A \0\0\0\0isom", bytes));
