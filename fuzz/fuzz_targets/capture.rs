#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut reader = wire::capture::Reader::default();
    let (mut walker, mut batch) = (inspect::Walker::default(), inspect::Batch::default());
    let (mut dissector, mut inspector) = (inspect::Dissector::default(), inspect::Inspector::default());
    let mut from = 0;
    loop {
        let read = reader.read(&bytes[from..], &mut walker);
        walker.give(&mut batch);
        dissector.dissect(&mut batch, &bytes[from..]);
        inspector.add(&mut batch, &bytes[from..]);
        if read.is_ok() {
            break;
        }
        let at = reader.offset() as usize;
        match reader.resync(&bytes[at..]) {
            Ok(skipped) => from = at + skipped,
            Err(_) => break,
        }
    }
    let _ = inspector.finish(&walker, &dissector);
});
