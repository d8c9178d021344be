//! An app whose window is on a Wayland compositor: found, pressed and confirmed by name, and judged as elsewhere.

mod common;

use common::{audit_in_time_with, installed, run, skip, specimens};

/// Whether this machine can do it; says why not.
fn able() -> bool {
    if !installed("weston") {
        skip("weston is not installed");
        return false;
    }
    specimens();
    true
}

#[test]
fn a_button_is_pressed_by_name_without_an_x_server() {
    if !able() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("tried");
    let out = out.to_str().expect("plain");
    let options = ["--display", "wayland", "--times", "3", "--out", out];
    let tried = run(&[&["recipe", "try", "specimen-button"][..], &options].concat());
    assert_eq!(tried.code, Some(0), "{tried:?}");
    assert!(tried.out.contains("0 not confirmed"), "{}", tried.out);
}

/// The button of this one shows that it is pressed, and mutes nothing.
#[test]
fn a_mute_that_is_only_shown_is_found_on_wayland() {
    if !able() {
        return;
    }
    let audited = audit_in_time_with("specimen-button:leaky", &["--display", "wayland"]);
    let judgement = audited.judgement();
    assert_eq!(
        judgement["verdict"]["is"], "leaks",
        "{}",
        judgement["verdict"]
    );
    let report = audited.report();
    let host = report["manifest"]["host"].as_array().expect("a list");
    let is_told = |fact: &serde_json::Value| {
        fact[0] == "display" && fact[1].as_str().is_some_and(|by| by.contains("weston"))
    };
    assert!(host.iter().any(is_told), "{host:?}");
}

#[test]
fn what_takes_an_x_server_is_refused_by_name() {
    for (words, why) in [
        (&["specimen-honest"][..], "has no window on the stage"),
        (
            &["specimen-button", "--attention"],
            "leave --display wayland out",
        ),
    ] {
        let refused = run(&[&["audit", "--display", "wayland"][..], words].concat());
        assert_eq!(refused.code, Some(3), "{refused:?}");
        assert!(refused.err.contains(why), "{}", refused.err);
    }
}
