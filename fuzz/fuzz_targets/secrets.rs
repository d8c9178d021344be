//! Secrets in anything: what is masked keeps its length.
#![no_main]
use wire::secrets::mask;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let planted = bytes.get(..4).unwrap_or_default();
    let mut masked = bytes.to_vec();
    mask(&mut masked, &[planted]);
    assert_eq!(masked.len(), bytes.len());
});
