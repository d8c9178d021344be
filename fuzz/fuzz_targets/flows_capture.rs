#![no_main]
use std::sync::LazyLock;

use dataflow::canary::{Canary, CanaryKind, Needles};
use wire::capture::{Captured, Other, Reader, Take};

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| {
    let canary = Canary {
        name: "email".to_owned(),
        kind: CanaryKind::Email,
        value: "someone@example.org".to_owned(),
    };
    Needles::new(&[canary]).expect("a mail address is looked for")
});

struct Watching<'n>(dataflow::Watcher, dataflow::Seeker<'n>);

impl<'b> Take<'b> for Watching<'_> {
    fn packet(&mut self, packet: Captured<'b>) {
        let frame = dataflow::Frame {
            t_ns: packet.realtime_ns,
            link_type: packet.link_type,
            data: packet.data,
            orig_len: packet.orig_len,
            moment: None,
        };
        self.0.push(&frame, None);
        self.1.push(&frame);
    }

    fn other(&mut self, other: Other<'b>) {
        if let Other::TlsKeys { lines, .. } = other {
            self.1.keys(lines);
        }
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut watching = Watching(dataflow::Watcher::new([]), dataflow::Seeker::new(&NEEDLES));
    let _ = Reader::default().read(bytes, &mut watching);
    let facts = watching.0.finish(dataflow::Origin::Capture);
    let _ = watching.1.finish(&facts);
});
