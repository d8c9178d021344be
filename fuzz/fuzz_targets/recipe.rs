#![no_main]
libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = recipe::parse(text);
    let _ = recipe::lint(text, &|_: &str| false);
});
