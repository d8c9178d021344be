//! Whatever an app, a recipe, a file or a path put into what is printed: none of it steers a terminal.

mod common;

use std::fs;

use common::{Said, run};
use record::Body;
use serde_json::{Value, json};
use simulate::{Microphone, Sends, scene};

/// Copies to the clipboard (OSC 52), turns, hides and clears: in C0, in C1, in Unicode.
const HOSTILE: &str = "a\u{1b}]52;c;cHduZWQ=\u{7}b\u{9d}52;c;eA==\u{9c}c\u{9b}2Jd\u{202e}e\u{2066}f\u{200b}g\u{3164}h\u{1b}[8mi\u{85}j";

/// Nothing in it is a command, or cannot be seen.
fn clean(said: &Said) {
    for text in [&said.out, &said.err] {
        let steers = |c: char| {
            (c.is_control() && c != '\n' && c != '\t')
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{3164}')
        };
        let found: Vec<char> = text.chars().filter(|&c| steers(c)).collect();
        assert!(found.is_empty(), "{found:?} in {text:?}");
        assert!(
            !text.contains("cHduZWQ=") || text.contains("\\u001b"),
            "{text:?}"
        );
    }
}

#[test]
fn errors_and_recipes_steer_no_terminal() {
    let dir = tempfile::tempdir().expect("a folder");
    clean(&run(&["analyze", HOSTILE]));
    clean(&run(&["audit", HOSTILE]));
    clean(&run(&["doctor", HOSTILE]));
    clean(&run(&["analyze", &format!("--{HOSTILE}")]));
    clean(&run(&[HOSTILE]));
    let recipe = dir.path().join("recipe");
    fs::create_dir(&recipe).expect("a folder");
    for text in [
        format!(
            "title = \"x\"\n\"{}\" = 1\n",
            HOSTILE.escape_unicode().to_string().replace("\\u{", "\\U{")
        ),
        format!("title = \"{HOSTILE}\"\n"),
        format!("{HOSTILE} = 1\n"),
    ] {
        // TOML's escapes have eight digits.
        let mut toml = String::new();
        let mut rest = &text[..];
        while let Some((before, behind)) = rest.split_once("\\U{") {
            let (digits, behind) = behind.split_once('}').expect("closed");
            toml += &format!("{before}\\U{digits:0>8}");
            rest = behind;
        }
        toml += rest;
        fs::write(recipe.join("recipe.toml"), &toml).expect("written");
        let said = run(&["recipe", "check", &recipe.display().to_string()]);
        assert_eq!(said.code, Some(3), "{toml:?}");
        clean(&said);
    }
}

#[test]
fn what_two_reports_say_steers_no_terminal() {
    let dir = tempfile::tempdir().expect("a folder");
    let report = |version: &str| {
        json!({
            "manifest": {"subject": {"recipe": HOSTILE, "version": version, "title": HOSTILE}, "protocol": {}},
            "judgement": {"verdict": {"is": "partly_seen"}, "microphone": "closed", "notes": [
                {"is": "clear_text", "what": "http", "at": HOSTILE},
            ]},
        })
    };
    let paths = ["old.json", "new.json"].map(|name| dir.path().join(name).display().to_string());
    for (path, version) in paths.iter().zip(["1", HOSTILE]) {
        fs::write(path, report(version).to_string()).expect("written");
    }
    let said = run(&["compare", &paths[0], &paths[1]]);
    assert!(!said.out.is_empty(), "{}", said.err);
    clean(&said);
    let said = run(&["compare", "--json", &paths[0], &paths[1]]);
    clean(&said);
    let value: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(value["recipe"], HOSTILE);
}

#[test]
fn json_of_a_bundle_says_the_same_and_steers_no_terminal() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("bundle");
    let scene = scene(4)
        .blocks(20, 20)
        .muted(Sends::Constant, Microphone::Running);
    let mut recording = scene.record();
    recording.manifest.subject.title = HOSTILE.to_owned();
    recording.manifest.host = vec![(HOSTILE.to_owned(), HOSTILE.to_owned())];
    let mut writer = bundle::Writer::create(&path, &recording.manifest, &recording.seed).unwrap();
    for record in recording.records {
        writer.push(record.t, record.source, record.body).unwrap();
    }
    let body = Body::Unavailable {
        why: HOSTILE.to_owned(),
    };
    let source = record::Source::Cameras;
    writer
        .push(record::MonotonicNs(u64::MAX / 2), source, body)
        .unwrap();
    writer.seal().unwrap();
    let path = path.display().to_string();
    let said = run(&["analyze", "--json", &path]);
    clean(&said);
    let value: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(value["subject"]["title"], HOSTILE);
    assert_eq!(value["manifest"]["host"][0][1], HOSTILE);
    for format in ["text", "html", "json"] {
        clean(&run(&["report", &path, "--format", format]));
    }
    clean(&run(&["analyze", &path]));
}
