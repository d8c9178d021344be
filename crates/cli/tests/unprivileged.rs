//! No root is needed, and root changes nothing: an ordinary user's audit gives the answer that root's gives.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{Said, program, said, skip, specimens};
use serde_json::Value;

/// `nobody`, on every distribution.
const NOBODY: u32 = 65534;

fn audit(program: &Path, out: &Path, user: u32) -> (Said, Value) {
    let mut command = Command::new(program);
    command
        .args(["audit", "specimen-listener", "--profile", "smoke", "--out"])
        .arg(out)
        .stdin(Stdio::null())
        // A folder that both may look at.
        .current_dir("/");
    command.env("HOME", "/nonexistent").gid(user).uid(user);
    let said = said(&mut command);
    let report = fs::read_to_string(out.join("report.json"))
        .unwrap_or_else(|e| panic!("no report: {e}\n{}", said.err));
    (said, serde_json::from_str(&report).unwrap())
}

#[test]
fn an_ordinary_user_gets_the_answer_that_root_gets() {
    if !nix::unistd::geteuid().is_root() {
        skip("not root, so every other audit here was unprivileged already");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(dir.path(), open.clone()).unwrap();
    for from in [program(), specimens()] {
        let copied = dir.path().join(from.file_name().unwrap());
        fs::copy(&from, &copied).unwrap();
        fs::set_permissions(&copied, open.clone()).unwrap();
    }
    let program = dir.path().join("muteproof");
    let place = dir.path().join("nobody");
    fs::create_dir(&place).unwrap();
    chown(&place, Some(NOBODY), Some(NOBODY)).unwrap();
    let (said, report) = audit(&program, &place.join("audit"), NOBODY);
    let host = report["manifest"]["host"].as_array().unwrap();
    let privilege = host.iter().find(|fact| fact[0] == "privilege");
    assert_eq!(privilege.map(|fact| &fact[1]), Some(&"user".into()));
    // What root gets: `truth_table`, `honest_specimens_are_not_accused_by_any_order_of_sounds`.
    let judgement = &report["judgement"];
    assert_eq!(judgement["verdict"]["is"], "partly_seen", "{}", said.out);
    assert_eq!(judgement["microphone"], "open_running");
    assert_eq!(said.code, Some(4));
}
