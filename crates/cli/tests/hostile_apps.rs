//! Apps that would rather not be found, audited for real: what they do to hide must not clear them.
//!
//! Two minutes each, so CI runs none of them: `cargo xtask slow` does.

mod common;

use std::fs;

use common::{Audited, Running, helper, in_time, installed, skip, test_recipe, with_helper};
use serde_json::Value;

/// An audit of a recipe for tests, by root with the helper where both are there.
fn audit(recipe: &str, args: &[&str]) -> (Audited, bool) {
    let helper = helper();
    let audited = in_time(|| {
        Running::start_with(&test_recipe(recipe), |command| {
            if let Some(helper) = &helper {
                with_helper(command, helper);
            }
            command.args(args);
        })
        .end()
    });
    (audited, helper.is_some())
}

/// What an app sends is lost in a flood of its own. Neither is it called silent, nor does the bundle grow with
/// the flood.
#[test]
#[ignore = "two minutes each: cargo xtask slow"]
fn a_flood_clears_nobody() {
    let (audited, _) = audit("flood", &[]);
    let judgement = audited.judgement();
    println!("{}", judgement["verdict"]);
    let is = judgement["verdict"]["is"].as_str();
    assert!(
        matches!(is, Some("leaks" | "inconclusive")),
        "{judgement:#}"
    );
    let kept = fs::metadata(audited.bundle().join("packets.pcapng")).expect("packets");
    println!("{} MB of packets", kept.len() / 1_000_000);
    assert!(kept.len() < 2_200_000_000, "{}", kept.len());
    audited.judged_again_is_the_same();
}

/// An app that says of its recording what the stage says of its own, by every way to record that there is: it is
/// seen to listen, and where calls are traced, by which process.
fn is_seen(by: &str, door: Option<&str>, args: &[&str]) {
    let (audited, traced) = audit(&format!("liar-{by}"), args);
    let judgement = audited.judgement();
    println!("{by}: {}, {}", judgement["verdict"], judgement["reads"]);
    // Where calls are traced, it is known that it takes what it is handed.
    let microphone = judgement["microphone"].as_str().unwrap_or_default();
    let seen = ["open_running", "still_read"];
    assert!(seen.contains(&microphone), "{by}: {microphone}");
    assert_ne!(audited.said.code, Some(0), "{}", audited.said.out);
    if let (true, Some(door)) = (traced, door) {
        let reads = judgement["reads"].as_array().expect("what was traced");
        let here = |read: &Value| read["door"] == door;
        assert!(reads.iter().any(here), "{reads:#?}");
    }
}

#[test]
#[ignore = "two minutes each: cargo xtask slow"]
fn a_liar_that_speaks_the_protocol_is_seen() {
    is_seen("protocol", None, &[]);
}

#[test]
#[ignore = "two minutes each: cargo xtask slow"]
fn a_liar_that_uses_a_library_is_seen() {
    is_seen("library", Some("libpulse-simple"), &[]);
}

#[test]
#[ignore = "two minutes each: cargo xtask slow"]
fn a_liar_that_uses_another_process_is_seen() {
    match installed("parec") {
        true => is_seen("process", Some("libpulse"), &[]),
        false => skip("parec is not installed"),
    }
}

/// Whether such a stage can be made here; says so where it cannot.
fn pipewire(more: &[&str]) -> bool {
    let needed = ["pipewire", "wireplumber", "pipewire-pulse", "pw-dump"];
    let mut needed = needed.iter().chain(more);
    match needed.find(|program| !installed(program)) {
        None => true,
        Some(missing) => {
            skip(&format!("{missing} is not installed"));
            false
        }
    }
}

const ON_PIPEWIRE: [&str; 2] = ["--sound", "pipewire"];

#[test]
#[ignore = "two minutes each: cargo xtask slow"]
fn a_liar_that_speaks_pipewire_s_protocol_is_seen() {
    if pipewire(&["pw-record"]) {
        is_seen("pipewire", Some("libpipewire"), &ON_PIPEWIRE);
    }
}

#[test]
#[ignore = "two minutes each: cargo xtask slow"]
fn a_liar_that_uses_jack_is_seen() {
    if pipewire(&["pw-jack"]) {
        is_seen("jack", Some("libjack"), &ON_PIPEWIRE);
    }
}
