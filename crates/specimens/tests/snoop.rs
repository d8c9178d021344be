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

#[test]
fn outside_a_stage_the_snoop_learns() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["session.jsonl", "manifest.json"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    let out = Command::new(env!("CARGO_BIN_EXE_muteproof-specimen"))
        .arg("snoop")
        // It asks for a sound server too; a person's own is none of this test's business.
        .env("HOME", dir.path())
        .env("XDG_RUNTIME_DIR", dir.path())
        .env("PULSE_RUNTIME_PATH", dir.path())
        .env("PULSE_SERVER", "unix:/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    for attempt in ["files of the bundle", "processes of the stage"] {
        assert!(said_of(&text, attempt).contains("LEARNED"), "{text}");
    }
    // SAFETY: asks for our own user id.
    if unsafe { libc::geteuid() } == 0 {
        for attempt in ["packets of the interface", "memory of other processes"] {
            assert!(said_of(&text, attempt).contains("LEARNED"), "{text}");
        }
    } else {
        println!("not root: what only root can do is not tried");
    }
    assert!(text.ends_with("snoop: done\n"), "{text}");
}
