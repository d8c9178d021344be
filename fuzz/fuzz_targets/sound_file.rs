//! A sound file of whatever kind; a minute of it at most.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut samples = 0;
    let _ = sounds::stream(Box::new(std::io::Cursor::new(bytes)), None, &mut |piece| {
        samples += piece.len();
        samples < 60 * 16_000
    });
});
