//! An MP3 file with a tag before it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sound("mp3", b"ID3", bytes));
