//! A copy that can be shown to others, of a real session: by the command, from end to end.

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use common::run;
use serde_json::Value;

/// A session in which a specimen posted the loudness in clear: hosts, paths, keys, names of programs.
fn unpacked(to: &Path) -> String {
    let archive = common::repository().join("testdata/bundles/specimen-clear-text.tar.xz");
    let done = Command::new("tar")
        .arg("-xJf")
        .arg(archive)
        .arg("-C")
        .arg(to)
        .status();
    assert!(done.expect("tar").success());
    to.join("specimen-clear-text").display().to_string()
}

#[test]
fn no_name_of_a_real_session_is_in_a_copy_and_the_answer_is_the_same() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = unpacked(dir.path());
    let copy = dir.path().join("copy").display().to_string();
    let said = run(&["bundle", "redact", &whole, &copy]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(Path::new(&format!("{whole}.names-key")).is_file());
    let names = [
        "meanGain",
        "statistics",
        "specimen",
        "Specimen",
        "muteproof-s",
        "peer:",
        "Debian",
        "Linux 6",
        "x86_64",
        "pulseaudio",
        "muted yes",
        "muted no",
        "10.77.0.",
        "Host",
        "HTTP",
        "launch:",
        "$.",
        "recipe.toml",
    ];
    for file in common::files(Path::new(&copy)) {
        let text = String::from_utf8_lossy(&fs::read(&file).expect("a file")).into_owned();
        for name in names {
            assert!(!text.contains(name), "{name} in {}", file.display());
        }
    }
    let json = |bundle: &str| -> Value {
        let said = run(&["analyze", "--json", bundle]);
        assert_eq!(said.code, Some(1), "{}", said.err);
        serde_json::from_str(&said.out).expect("JSON")
    };
    let (before, after) = (json(&whole), json(&copy));
    for part in [
        "verdict", "hears", "control", "muted", "codes", "blocks", "sound",
    ] {
        assert_eq!(
            after["judgement"][part], before["judgement"][part],
            "{part}"
        );
    }
    let strengths = |report: &Value| -> Vec<Value> {
        let findings = report["judgement"]["findings"].as_array().expect("a list");
        findings.iter().map(|f| f["log10_w"].clone()).collect()
    };
    assert_eq!(strengths(&after), strengths(&before));
}

#[test]
fn copies_by_one_key_name_alike() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = unpacked(dir.path());
    let key = dir.path().join("key").display().to_string();
    let title = |out: &str| {
        let copy = dir.path().join(out).display().to_string();
        let said = run(&["bundle", "redact", &whole, &copy, "--key", &key]);
        let manifest = fs::read(Path::new(&copy).join("manifest.json"));
        let manifest = manifest.map(|json| serde_json::from_slice::<Value>(&json).expect("JSON"));
        (
            said,
            manifest.map(|manifest| manifest["subject"]["title"].clone()),
        )
    };
    let (one, two) = (
        title("one").1.expect("a copy"),
        title("two").1.expect("a copy"),
    );
    assert_eq!(one, two);
    fs::write(&key, "none").expect("written");
    let (said, copy) = title("three");
    assert_eq!(said.code, Some(3));
    assert!(
        said.err.contains("64 hexadecimal digits") && copy.is_err(),
        "{}",
        said.err
    );
}

#[test]
fn a_package_for_the_maker_is_its_owners_alone() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = unpacked(dir.path());
    let package = dir.path().join("package");
    let said = run(&[
        "report",
        &whole,
        "--disclosure",
        &package.display().to_string(),
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&package), 0o700);
    for file in ["letter.md", "report.html", "report.json"] {
        assert_eq!(mode(&package.join(file)), 0o600, "{file}");
    }
}

#[test]
fn whom_the_maker_hears_from_and_until_when_is_in_both_letters_and_in_later_reports() {
    let dir = tempfile::tempdir().expect("a folder");
    let whole = unpacked(dir.path());
    let package = dir.path().join("package");
    let into = package.display().to_string();
    let days = ["--sent", "2026-03-02", "--publication", "2026-06-01"];
    let words = [&["report", &whole, "--disclosure", &into], &days[..]].concat();
    let said = run(&[&words[..], &["--from", "lab@example.org"]].concat());
    assert_eq!(said.code, Some(0), "{}", said.err);
    let text = |file: &str| fs::read_to_string(package.join(file)).expect(file);
    let (english, german) = (text("letter.md"), text("letter.de.md"));
    for letter in [&english, &german] {
        assert!(letter.contains("lab@example.org") && letter.contains("2026-06-01"));
        // The maker has not answered yet.
        assert_eq!(letter.matches("**[").count(), 1, "{letter}");
    }
    assert!(english.contains("is published on") && german.contains("veröffentlicht"));
    assert!(text("report.de.html").contains("lang=\"de\""));

    let answer = dir.path().join("answer.txt");
    fs::write(&answer, "It is mended in the next version.").expect("written");
    let answer = answer.display().to_string();
    let words = [&["report", &whole, "--statement", &answer], &days[..]].concat();
    let said = run(&[&words[..], &["--answered", "2026-03-20"]].concat());
    for has in [
        "told on 2026-03-02",
        "answered on 2026-03-20",
        "planned for 2026-06-01",
        "mended in the next version",
    ] {
        assert!(said.out.contains(has), "{has}: {}", said.out);
    }
    let said = run(&["report", &whole, "--sent", "in spring"]);
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("--sent"), "{}", said.err);
}
