//! A list beside recordings: the first byte says what it is called.
#![no_main]

const NAMES: [&str; 9] = [
    "Alexa/transcripts.csv",
    "Siri/siri.csv",
    "Takeout/MyActivity.json",
    "Takeout/MyActivity.html",
    "_chat.txt",
    "result.json",
    "message_1.json",
    "data.json",
    "A - Voicemail - T.html",
];

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let [which, text @ ..] = bytes else { return };
    let name = NAMES[usize::from(*which) % NAMES.len()];
    export::layouts::Sidecars::default().read(name, text, &mut Vec::new());
});
