#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut reader = wire::capture::Reader::default();
    let mut inspector = inspect::Inspector::default();
    let mut from = 0;
    loop {
        let read = reader.read(&bytes[from..], &mut inspector);
        inspector.flush(&bytes[from..]);
        if read.is_ok() {
            break;
        }
        let at = reader.offset() as usize;
        match reader.resync(&bytes[at..]) {
            Ok(skipped) => from = at + skipped,
            Err(_) => break,
        }
    }
    let _ = inspector.finish();
});
