#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (mut reader, mut inspector) = (wire::capture::Reader::default(), inspect::Inspector::default());
    let mut from = 0;
    while reader.read(&bytes[from..], &mut inspector).is_err() {
        let at = reader.offset() as usize;
        match reader.resync(&bytes[at..]) {
            Ok(skipped) => from = at + skipped,
            Err(_) => break,
        }
    }
    let _ = inspector.finish();
});
