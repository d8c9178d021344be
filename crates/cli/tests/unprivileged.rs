//! No root is needed, and root changes nothing: the same audit as both gives the same answer.

mod common;

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use common::{Said, program, said, skip, specimens};
use serde_json::Value;

/// `nobody`, on every distribution.
const NOBODY: u32 = 65534;

fn audit(program: &Path, out: &Path, user: Option<u32>) -> (Said, Value) {
    let mut command = Command::new(program);
    command
        .args(["audit", "specimen-listener", "--profile", "smoke", "--out"])
        .arg(out)
        .stdin(Stdio::null())
        // A folder that both may look at.
        .current_dir("/");
    if let Some(id) = user {
        command.env("HOME", "/nonexistent").gid(id).uid(id);
    }
    let said = said(&mut command);
    let report = fs::read_to_string(out.join("report.json"))
        .unwrap_or_else(|e| panic!("no report: {e}\n{}", said.err));
    (said, serde_json::from_str(&report).unwrap())
}

#[test]
fn root_and_an_ordinary_user_get_the_same_answer() {
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
    let place = |name: &str, owner: u32| {
        let place = dir.path().join(name);
        fs::create_dir(&place).unwrap();
        chown(&place, Some(owner), Some(owner)).unwrap();
        place.join("audit")
    };
    let (for_nobody, for_root) = (place("nobody", NOBODY), place("root", 0));
    let ((plain, report), (privileged, root_report)) = thread::scope(|scope| {
        let plain = scope.spawn(|| audit(&program, &for_nobody, Some(NOBODY)));
        let privileged = scope.spawn(|| audit(&program, &for_root, None));
        (plain.join().unwrap(), privileged.join().unwrap())
    });
    let privilege = |report: &Value| {
        let host = report["manifest"]["host"].as_array().unwrap().clone();
        let found = host.into_iter().find(|fact| fact[0] == "privilege");
        found.map(|fact| fact[1].clone())
    };
    assert_eq!(privilege(&report), Some("user".into()));
    assert_eq!(privilege(&root_report), Some("root".into()));
    let (ours, roots) = (&report["judgement"], &root_report["judgement"]);
    assert_eq!(
        ours["verdict"]["is"], roots["verdict"]["is"],
        "{}",
        plain.out
    );
    assert_eq!(ours["microphone"], roots["microphone"]);
    assert_eq!(plain.code, privileged.code);
    assert_eq!(ours["verdict"]["is"], "partly_seen");
    assert_eq!(ours["microphone"], "open_running");
}
