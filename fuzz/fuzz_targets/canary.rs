//! Canaries taken from the front of the input are looked for in the rest, whole and in pieces.
#![no_main]
use dataflow::canary::{Canary, CanaryKind, Needles, Stream};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&[kind, len, cut], rest)) = bytes.split_first_chunk::<3>() else {
        return;
    };
    use CanaryKind::*;
    let kinds = [HostName, RealName, Mac, MachineId, Locale, Position, Email, Phone, Battery, ScreenSize];
    let (value, text) = rest.split_at(usize::from(len).min(rest.len()));
    let canary = Canary {
        name: "c".to_owned(),
        kind: kinds[usize::from(kind) % kinds.len()],
        value: String::from_utf8_lossy(value).into_owned(),
    };
    let Ok(needles) = Needles::new(&[canary]) else {
        return;
    };
    let hits = needles.search(text);
    assert!(hits.iter().all(|hit| hit.offset as usize + hit.len <= text.len()));
    let mut n = 0;
    let mut stream = Stream::new(&needles);
    for piece in text.chunks(usize::from(cut).max(1)) {
        stream.push(piece, |_| n += 1);
    }
    assert_eq!(n, hits.len());
    needles.search_message(text);
});
