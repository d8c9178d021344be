//! What is handed out: one version everywhere, every file there, and no advice to be root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::root;

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

#[test]
fn every_file_names_the_same_version() {
    let bpf: toml::Table = read("bpf/Cargo.toml").parse().unwrap();
    assert_eq!(
        bpf["workspace"]["package"]["version"].as_str(),
        Some(VERSION)
    );
    for (file, says) in [
        (
            "packaging/debian/changelog",
            format!("muteproof ({VERSION}) "),
        ),
        ("CHANGELOG.md", format!("\n## {VERSION}, ")),
        (
            "packaging/desktop/org.muteproof.Microphone.metainfo.xml",
            format!("<release version=\"{VERSION}\" "),
        ),
        ("README.md", format!("muteproof_{VERSION}_")),
    ] {
        assert!(read(file).contains(&says), "{file} does not say {says:?}");
    }
    // The newest comes first.
    let newest = read("CHANGELOG.md");
    let newest = newest.lines().find_map(|line| line.strip_prefix("## "));
    assert!(newest.is_some_and(|line| line.starts_with(VERSION)));
}

/// Rights are asked for, and given to nothing but the helper.
#[test]
fn the_package_gives_no_rights_that_were_not_asked_for() {
    let templates = read("packaging/debian/muteproof.templates");
    assert!(templates.contains("Type: boolean\nDefault: false\n"));
    let postinst = read("packaging/debian/muteproof.postinst");
    let asked = postinst.find("if [ \"$RET\" = true ]").unwrap();
    let given: Vec<usize> = postinst
        .match_indices("setcap cap_")
        .map(|(at, _)| at)
        .collect();
    assert!(
        given.len() == 1 && given[0] > asked,
        "{given:?} after {asked}"
    );
    assert!(!postinst.contains("chmod") && !postinst.contains("systemctl"));
    let rights = read("crates/xtask/src/helper.rs");
    let rights = rights.split("CAPABILITIES: &str = \"").nth(1).unwrap();
    let rights = rights.split('"').next().unwrap();
    for file in [
        "packaging/debian/muteproof.postinst",
        "crates/cli/src/doctor.rs",
        "docs/tracing.md",
        "README.md",
    ] {
        assert!(read(file).contains(rights), "{file} names other rights");
    }
}

/// What the translation says is what is asked.
#[test]
fn the_question_is_translated_whole() {
    let asked = read("packaging/debian/muteproof.templates");
    let asked: String = asked.split_whitespace().collect();
    let german = read("packaging/debian/po/de.po");
    assert!(!german.contains("fuzzy") && german.ends_with("muteproof« ändern.\"\n"));
    let messages = german.split("\nmsgid ").skip(1);
    let mut n = 0;
    for message in messages {
        let (msgid, _) = message.split_once("\nmsgstr ").unwrap();
        let text: String = msgid.replace("\\\"", "\u{1}").replace('"', "");
        let text: String = text.replace('\u{1}', "\"").split_whitespace().collect();
        let text = text.split('#').next().unwrap();
        // Paragraphs are separated by a line with a dot.
        let asked = asked.replace("made..", "made.");
        assert!(asked.contains(text), "{text} is not asked");
        n += 1;
    }
    assert_eq!(n, 3);
}

fn judged(program: &str, args: &[&str], file: &str) {
    let output = Command::new(program)
        .args(args)
        .arg(root().join(file))
        .output();
    match output {
        Err(_) => eprintln!("skipped: {program} is not installed"),
        Ok(output) => assert!(
            output.status.success(),
            "{file}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

#[test]
fn a_desktop_finds_no_fault_in_its_files() {
    let folder = "packaging/desktop/org.muteproof.Microphone";
    judged("desktop-file-validate", &[], &format!("{folder}.desktop"));
    judged(
        "appstreamcli",
        &["validate", "--no-net"],
        &format!("{folder}.metainfo.xml"),
    );
}

/// Documents, messages and the code that prints.
fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let shown = name.to_string_lossy();
        if path.is_dir() {
            let other = ["target", ".git", "tests", "corpus", "artifacts"];
            if !other.contains(&&*shown) && !shown.starts_with("muteproof-") {
                texts(&path, found);
            }
        } else if ["md", "ftl", "rs", "yml", "toml", "sh", "desktop", "service"]
            .iter()
            .any(|ext| path.extension().is_some_and(|e| e == *ext))
        {
            found.push(path);
        }
    }
}

/// The lines that tell somebody to start muteproof as root.
fn as_root(text: &str) -> Vec<&str> {
    let told = |line: &&str| {
        let words: Vec<&str> = line
            .split(|c: char| c.is_whitespace() || "`\"'(".contains(c))
            .collect();
        words.windows(2).any(|two| {
            let program = two[1].rsplit('/').next().unwrap_or_default();
            let ours = ["muteproof", "muteproof-helper", "muteproof-specimen"];
            two[0] == "sudo" && ours.contains(&program)
        })
    };
    text.lines().filter(told).collect()
}

#[test]
fn nobody_is_told_to_be_root() {
    let mut files = Vec::new();
    texts(&root(), &mut files);
    assert!(files.len() > 300, "{} files", files.len());
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let text = fs::read_to_string(file).unwrap();
            let lines: Vec<String> = as_root(&text).into_iter().map(str::to_owned).collect();
            lines
                .into_iter()
                .map(move |line| format!("{}: {line}", file.display()))
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn advice_to_be_root_is_seen() {
    let run = "sudo";
    for (line, n) in [
        (format!("{run} muteproof audit x"), 1),
        (format!("type `{run} target/release/muteproof doctor`"), 1),
        (
            format!("{run} setcap cap_bpf+ep target/release/muteproof-helper"),
            0,
        ),
        (format!("{run} apt-get install ./muteproof_1_amd64.deb"), 0),
    ] {
        assert_eq!(as_root(&line).len(), n, "{line}");
    }
}
