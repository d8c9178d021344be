//! `muteproof export-check` from outside: exit codes, questions, what is refused.

mod common;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use common::{muteproof, run};

/// A WAV file of silence, 16 bits at 16 kHz.
fn silence(seconds: u32) -> Vec<u8> {
    let data = vec![0; (seconds * 32_000) as usize];
    let mut out = b"RIFF".to_vec();
    out.extend((36 + data.len() as u32).to_le_bytes());
    out.extend(b"WAVEfmt ");
    for (value, size) in [
        (16u32, 4),
        (1, 2),
        (1, 2),
        (16_000, 4),
        (32_000, 4),
        (2, 2),
        (16, 2),
    ] {
        out.extend(&value.to_le_bytes()[..size]);
    }
    out.extend(b"data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn what_is_said_and_with_which_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wav"), silence(2)).unwrap();
    let path = text(folder.path());
    // Nobody speaks: nothing to compare, and nothing foreign where nobody should speak.
    let said = run(&["export-check", &path]);
    assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
    let said = run(&["export-check", &path, "--owner", "none", "--format", "json"]);
    assert_eq!(said.code, Some(0), "{}{}", said.out, said.err);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(json["verdict"], "nothing_found");
    assert_eq!(json["clips"][0]["path"], "a.wav");
    fs::write(folder.path().join("b.wav"), b"").unwrap();
    let said = run(&["export-check", &path, "--owner", "none", "--lang", "de"]);
    assert_eq!(said.code, Some(4), "{}{}", said.out, said.err);
    assert!(said.out.contains("b.wav: sie ist leer"), "{}", said.out);
    let said = run(&["export-check", &path, "--format", "html"]);
    assert!(said.out.starts_with("<!DOCTYPE html>"), "{}", said.out);
}

#[test]
fn what_is_refused_is_one_line() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wav"), silence(1)).unwrap();
    let path = text(folder.path());
    for (args, part) in [
        (
            vec!["export-check", "no-such-export"],
            "failed to read no-such-export",
        ),
        (
            vec!["export-check", &path, "--chance", "2"],
            "--chance has to lie between 0 and 1",
        ),
        (
            vec!["export-check", &path, &path, "--copy-clips", "x"],
            "take one export",
        ),
        (
            vec!["export-check", &path, "--owner", &path],
            "nobody speaks in it",
        ),
        (
            vec!["export-check", &path, "--asr-model", "m.onnx"],
            "a place for a model",
        ),
    ] {
        let said = run(&args);
        assert_eq!(said.code, Some(3), "{args:?}: {}", said.err);
        assert!(said.err.contains(part), "{args:?}: {}", said.err);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
    }
}

#[test]
fn a_cache_wants_its_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let export = folder.path().join("export");
    fs::create_dir(&export).unwrap();
    fs::write(export.join("a.wav"), silence(1)).unwrap();
    let cache = text(&folder.path().join("cache"));
    let with = |passphrase: &str| {
        let mut command = muteproof(&["export-check", &text(&export), "--cache", &cache]);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{passphrase}").unwrap();
        drop(input);
        let out = child.wait_with_output().unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    assert_eq!(with("one").0, Some(2));
    assert_eq!(with("one").0, Some(2));
    let (code, err) = with("two");
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("the passphrase is wrong"), "{err}");
}
