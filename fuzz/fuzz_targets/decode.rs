#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let decoded = wire::decode::decode(bytes);
    assert!(decoded.opaque <= bytes.len() && decoded.leaves.len() <= wire::decode::LEAVES_MAX);
    let _ = wire::decode::rtp(bytes);
    let mut server_name = wire::ServerName::default();
    let _ = (
        server_name.datagram(bytes),
        server_name.segment(0, bytes),
        server_name.waits(),
    );
});
