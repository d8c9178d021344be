#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let zone = miclog::Zone {
        east_s: 7_200,
        near_ns: 1_791_201_600_000_000_000,
        taken_ns: Some(1_791_201_600_000_000_000),
    };
    let _ = miclog::read(bytes, &zone);
});
