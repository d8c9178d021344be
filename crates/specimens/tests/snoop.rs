//! The snoop's attempts succeed where nothing stands in their way; only then is "denied" on a stage
//! worth something.

use std::fs;
use std::process::Command;

fn said_of<'a>(text: &'a str, attempt: &str) -> &'a str {
    let line = text
        .lines()
        .find(|l| l.starts_with(&format!("snoop: {attempt}:")));
    line.unwrap_or_else(|| panic!("nothing about {attempt} in\n{text}"))
}

/// What everybody may outside of a stage, and what root may.
const EVERYBODY: [&str; 6] = [
    "a root above the root",
    "files of the bundle",
    "processes of the stage",
    "rights of a program that lends them",
    "the session's keys",
    "devices of the machine",
];
const ROOT: [&str; 8] = [
    "packets of the interface",
    "memory of other processes",
    "memory of other processes, by a call",
    "files through other processes",
    "variables of other processes",
    "files that only root may read",
    "settings of the kernel",
    "mounts over the view",
];

#[test]
fn outside_a_stage_the_snoop_learns() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["session.jsonl", "manifest.json"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    // SAFETY: asks for our own user id.
    let is_root = unsafe { libc::geteuid() } == 0;
    let attempts: Vec<&str> = match is_root {
        true => EVERYBODY.into_iter().chain(ROOT).collect(),
        false => EVERYBODY.to_vec(),
    };
    if !is_root {
        println!("not root: what only root can do is not tried");
    }
    let out = Command::new(env!("CARGO_BIN_EXE_muteproof-specimen"))
        .arg("snoop")
        .args(&attempts)
        // It asks for a sound server too; a person's own is none of this test's business.
        .env("HOME", dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .env("PULSE_RUNTIME_PATH", dir.path())
        .env("PULSE_SERVER", "unix:/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    for attempt in attempts
        .into_iter()
        .filter(|attempt| *attempt != "a root above the root")
    {
        assert!(said_of(&text, attempt).contains("LEARNED"), "{text}");
    }
    // There is none here either: the test's own root is the machine's.
    assert!(
        said_of(&text, "a root above the root").contains("denied"),
        "{text}"
    );
    assert!(text.ends_with("snoop: done\n"), "{text}");
}
