//! An Ogg file, of Opus, Vorbis or FLAC.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::sound("ogg", b"OggS", bytes));
