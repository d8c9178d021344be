#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let decoded = wire::decode::decode(bytes);
    assert!(decoded.opaque <= bytes.len() && decoded.leaves.len() <= wire::decode::LEAVES_MAX);
    let _ = wire::decode::rtp(bytes);
    let mut called = wire::Called::default();
    let _ = (called.datagram(bytes), called.segment(0, bytes), called.waits());
});
