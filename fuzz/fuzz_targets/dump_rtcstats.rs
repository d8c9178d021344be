#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzz::dump(fuzz::Dumped::Rtcstats, bytes));
