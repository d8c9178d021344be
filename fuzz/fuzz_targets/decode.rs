#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let decoded = wire::decode::decode(bytes);
    assert!(decoded.opaque <= bytes.len() && decoded.leaves.len() <= wire::decode::LEAVES_MAX);
    let _ = wire::decode::rtp(bytes);
    let _ = wire::called(bytes);
});
