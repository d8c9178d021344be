//! `audit --web`: pages for which nobody wrote a recipe, joined and muted by what their buttons are called.
//!
//! Whole audits take minutes: `cargo xtask slow` runs them.

mod common;

use common::{Audited, in_time, installed, muteproof, repository, run, skip};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// A page of ours, served on the stage.
fn audited(page: &str, browser: &str) -> Option<Audited> {
    let folder = repository().join("testdata/web");
    at(page, browser, &folder)
}

/// A page that a folder serves.
fn at(page: &str, browser: &str, served: &Path) -> Option<Audited> {
    let program = match browser {
        "firefox" => "firefox-esr",
        chromium => chromium,
    };
    if !installed(program) || !installed("python3") {
        skip(&format!("{program} or python3 is not installed"));
        return None;
    }
    let served = served.display().to_string();
    Some(in_time(|| {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let out = dir.path().join("out");
        let at = out.display().to_string();
        let args = [
            "audit",
            "--web",
            page,
            "--browser",
            browser,
            "--serve",
            &served,
            "--profile",
            "smoke",
            "--quiet",
            "--out",
            &at,
        ];
        let said = common::said(&mut muteproof(&args));
        Audited::new(said, out, dir)
    }))
}

#[test]
#[ignore = "two minutes: cargo xtask slow"]
fn a_page_that_only_says_that_it_is_muted_is_found() {
    for browser in ["chromium", "firefox"] {
        let Some(audited) = audited("http://peer:8080/", browser) else {
            return;
        };
        let judgement = audited.judgement();
        println!("{browser}: {}", judgement["verdict"]);
        assert_eq!(judgement["verdict"]["is"], "leaks", "{}", audited.said.err);
        let named = judgement["findings"].to_string();
        assert!(named.contains("$.level"), "{named}");
    }
}

#[test]
#[ignore = "two minutes: cargo xtask slow"]
fn a_page_that_stops_its_microphone_is_not_accused() {
    let Some(audited) = audited("http://peer:8080/?honest", "chromium") else {
        return;
    };
    let judgement = audited.judgement();
    println!("{}", judgement["verdict"]);
    let is = judgement["verdict"]["is"].as_str();
    assert!(
        matches!(is, Some("partly_seen" | "no_leak_seen")),
        "{}",
        judgement["verdict"]
    );
}

/// Demo pages of Janus, by its makers: called by Start, by a name that is asked for and a room that is joined; muted by
/// "Mute" or by "Disable audio". Two send sound that only they and the server can read, all the time; what they are
/// audited for here is that they are joined, muted and seen to be muted without anybody's recipe.
#[test]
#[ignore = "five minutes: cargo xtask slow"]
fn pages_of_others_are_joined_and_muted_by_what_their_buttons_are_called() {
    if !installed("janus") || !Path::new("/usr/share/janus/demos/settings.js").exists() {
        return skip("janus or janus-demos is not installed");
    }
    let served = tempfile::tempdir().unwrap();
    let from = repository().join("testdata/web-janus/serve");
    fs::copy(from, served.path().join("serve")).unwrap();
    let etc = served.path().join("etc");
    fs::create_dir(&etc).unwrap();
    for entry in fs::read_dir("/etc/janus").unwrap() {
        let entry = entry.unwrap();
        if entry.path().extension().is_some_and(|e| e == "jcfg") {
            fs::copy(entry.path(), etc.join(entry.file_name())).unwrap();
        }
    }
    for page in ["echotest", "mvideoroomtest", "audiobridgetest"] {
        let page = format!("http://peer:8080/{page}.html");
        let Some(audited) = at(&page, "chromium", served.path()) else {
            return;
        };
        let judgement = audited.judgement();
        println!("{page}: {}", judgement["verdict"]);
        let blocks = judgement["blocks"].as_array().unwrap();
        let confirmed = blocks.iter().filter(|b| b["mute_confirmed"] == true);
        assert_eq!(confirmed.count(), 60, "{}", audited.said.err);
        assert_ne!(judgement["verdict"]["is"], "not_run");
    }
}

/// One line each, before anything is started.
#[test]
fn what_is_no_page_of_the_web_is_told_in_a_line() {
    for (args, has) in [
        (&["example.org", "--guided"][..], "example.org"),
        (&["https://example.org"], "--guided"),
        (&["http://example.org", "--serve", "."], "http://peer"),
        (
            &["http://peer:8080", "--serve", "no such folder"],
            "no such folder",
        ),
    ] {
        let said = run(&[&["audit", "--web"][..], args].concat());
        assert_eq!(said.code, Some(3), "{args:?}: {}", said.err);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
        assert!(said.err.contains(has), "{}", said.err);
    }
}
