#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut reader = wire::capture::Reader::default();
    let (mut walker, mut batch) = (inspect::Walker::default(), inspect::Batch::default());
    let (mut dissector, mut inspector) = (inspect::Dissector::default(), inspect::Inspector::default());
    let mut from = 0;
    loop {
        let read = reader.read(&bytes[from..], &mut walker.walk(&mut batch));
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
    several_at_once(bytes);
});

struct Count(u64);

impl<'b> wire::capture::Take<'b> for Count {
    fn packet(&mut self, _packet: wire::capture::Captured<'b>) {
        self.0 += 1;
    }
}

/// A pcap's records are the same, found by a reader or walked through from the first one; and no guess fails.
fn several_at_once(bytes: &[u8]) {
    use wire::capture::{Reader, Records, Stretch};
    let Some(records) = Records::of(bytes) else {
        return;
    };
    let (mut reader, mut count) = (Reader::default(), Count(0));
    let _ = reader.read(bytes, &mut count);
    let guess = records.guess(bytes, Records::FIRST, bytes.len()).unwrap_or(bytes.len());
    let mut stretches = [Records::FIRST, guess].map(|at| Stretch::new(at, bytes.len(), Count(0)));
    while records.walk(bytes, &mut stretches) {}
    let [all, _] = &stretches;
    assert_eq!((all.on.0, all.at as u64), (count.0, reader.offset()));
}
