//! A connection behind its preface, cut in two.
#![no_main]
use wire::http2::PREFACE;
use wire::stream::{Message, Stream};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut stream = Stream::default();
    let mut seen = 0;
    let mut on = |m: Message| {
        assert_eq!(
            m.len as u64,
            m.runs.iter().map(|r| r.end - r.start).sum::<u64>()
        );
        assert!(m.decoded.opaque <= m.len);
        seen += m.len;
    };
    stream.push(PREFACE, &mut on);
    let (head, tail) = bytes.split_at(bytes.len() / 2);
    stream.push(head, &mut on);
    stream.push(tail, &mut on);
    stream.finish(&mut on);
    assert_eq!(seen, PREFACE.len() + bytes.len());
});
