//! Segments of a made-up connection, in any order: two bytes of place, one of length and flags each.
#![no_main]
use std::collections::HashMap;
use wire::stream::Stream;
use wire::tcp::{Event, Segment, Table};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut table = Table::default();
    let mut streams: HashMap<_, Stream> = HashMap::new();
    let mut pushed = 0;
    let mut seen = 0;
    let mut on = |key, event: Event| {
        let stream = streams.entry(key).or_default();
        let mut message = |m: wire::stream::Message| seen += m.len;
        match event {
            Event::Data { bytes, .. } => {
                pushed += bytes.len();
                stream.push(bytes, &mut message);
            }
            Event::Gap { .. } => stream.gap(&mut message),
            Event::Start | Event::End => {
                stream.finish(&mut message);
                *stream = Stream::default();
            }
        }
    };
    let mut rest = bytes;
    while let [a, b, c, after @ ..] = rest {
        let (payload, next) = after.split_at(after.len().min(usize::from(c & 127)));
        let segment = Segment {
            key: (
                "10.0.0.1:1".parse().unwrap(),
                "10.0.0.2:80".parse().unwrap(),
            ),
            seq: u32::from(u16::from_be_bytes([*a, *b])),
            syn: c & 128 != 0,
            payload,
            cut: 0,
        };
        table.push(&segment, 0, &mut on);
        rest = next;
    }
    table.finish(&mut on);
    assert_eq!(pushed, seen);
});
