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

/// Lines of `/proc/PID/status` by which a process shows what it gave up.
fn gave_up(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    // Of capabilities(7): files of others (1, 2), their owners (0, 3), signals (5); and no others.
    let kept = 0b10_1111;
    let capabilities = status
        .lines()
        .find_map(|line| line.strip_prefix("CapPrm:\t"));
    let capabilities = capabilities.and_then(|hex| u64::from_str_radix(hex, 16).ok());
    status.contains("NoNewPrivs:\t1") && capabilities.is_some_and(|all| all & !kept == 0)
}

/// A capture that nobody has written yet: it is being waited for, and nothing of it was read.
#[test]
fn root_has_given_up_its_rights_before_a_capture_is_read() {
    if !nix::unistd::geteuid().is_root() {
        skip("not root, so there is nothing to give up");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let fifo = dir.path().join("capture.pcap");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let mut inspect = common::muteproof(&["inspect", &fifo.display().to_string()]);
    let mut inspect = inspect
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Opened once somebody reads.
    let capture = fs::OpenOptions::new().write(true).open(&fifo).unwrap();
    assert!(gave_up(inspect.id()));
    drop(capture);
    inspect.wait().unwrap();
}

#[test]
fn root_has_given_up_its_rights_while_it_audits() {
    if !nix::unistd::geteuid().is_root() {
        skip("not root, so there is nothing to give up");
        return;
    }
    let mut running = common::Running::start("specimen-honest");
    running.until_control();
    assert!(gave_up(running.child.id()));
    running.signal(nix::sys::signal::Signal::SIGINT);
    running.end();
}
