//! A policy of a stranger, in every form.
#![no_main]
use review::{PolicyForm, policy, propose};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for form in [PolicyForm::Text, PolicyForm::Html, PolicyForm::Pdf] {
        if let Ok(read) = policy(form, bytes) {
            propose(&read.text);
        }
    }
});
