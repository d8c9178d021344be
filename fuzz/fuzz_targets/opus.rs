//! Packets of one flow: a byte of length each.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some(mut decoder) = wire::opus::Decoder::mono() else {
        return;
    };
    let mut rest = bytes;
    while let [len, after @ ..] = rest {
        let (packet, next) = after.split_at(after.len().min(usize::from(*len)));
        let _ = decoder.decode(packet);
        rest = next;
    }
});
