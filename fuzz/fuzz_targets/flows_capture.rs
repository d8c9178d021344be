#![no_main]
use wire::capture::{Captured, Reader, Take};

struct Watching(dataflow::Watcher);

impl<'b> Take<'b> for Watching {
    fn packet(&mut self, packet: Captured<'b>) {
        let frame = dataflow::Frame {
            t_ns: packet.realtime_ns,
            link_type: packet.link_type,
            data: packet.data,
            orig_len: packet.orig_len,
            moment: None,
        };
        self.0.push(&frame, None);
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut watching = Watching(dataflow::Watcher::new([]));
    let _ = Reader::default().read(bytes, &mut watching);
    let _ = watching.0.finish(dataflow::Origin::Capture);
});
