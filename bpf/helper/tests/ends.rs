//! What the helper refuses, and how it ends.

mod common;

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::*;

/// Exit code and message of a helper that is not to start.
fn refused(args: &[&str]) -> (i32, String) {
    let out = Command::new(HELPER)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(out.stdout.is_empty());
    let said = String::from_utf8(out.stderr).unwrap();
    (out.status.code().unwrap(), said)
}

#[test]
fn it_watches_one_app_and_nobody_else() {
    for args in [
        &[][..],
        &["--net", "1", "--cgroup", "/x"],
        &["--net"],
        &["--everybody", "1"],
    ] {
        let (code, said) = refused(args);
        assert_eq!(code, 2, "{args:?}: {said}");
    }
    if skipped() {
        return;
    }
    let own = std::fs::metadata("/proc/self/ns/net")
        .unwrap()
        .ino()
        .to_string();
    let (code, said) = refused(&["--net", &own]);
    assert!(code == 2 && said.contains("own"), "{said}");
    let (code, said) = refused(&["--net", "1"]);
    assert!(code == 2 && said.contains("no process"), "{said}");
    let (code, said) = refused(&["--cgroup", "/proc/self"]);
    assert!(code == 2 && said.contains("not a cgroup"), "{said}");
    match cgroup_root() {
        Some(root) => {
            let (code, said) = refused(&["--cgroup", &root]);
            assert!(code == 2 && said.contains("the root cgroup"), "{said}");
        }
        None => println!("SKIPPED in part: no cgroup (version 2) is mounted"),
    }
}

/// With rights on the file anybody may start it: for what is their own.
#[test]
fn with_file_capabilities_it_watches_the_caller_s_own() {
    if skipped() || !there("setpriv") || !there("setcap") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = for_anybody(folder.path());
    let given = Command::new("setcap")
        .arg("cap_bpf,cap_perfmon,cap_sys_ptrace+ep")
        .arg(&copy)
        .status();
    if !given.unwrap().success() {
        println!("SKIPPED: files cannot be given capabilities here");
        return;
    }
    let nobody = |program: &std::path::Path| {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(program);
        command
    };
    // Somebody else's.
    let net = Net::new();
    let out = nobody(&copy)
        .args(["--net", &net.inode.to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert!(said.contains("belongs to user 0"), "{said}");
    // Their own, made without root.
    let program = build(folder.path(), "libpulse.so.0");
    let told_there = folder.path().join("told");
    std::fs::write(&told_there, "").unwrap();
    std::fs::set_permissions(&told_there, std::fs::Permissions::from_mode(0o666)).unwrap();
    let mut command = nobody("unshare".as_ref());
    command
        .args(["--user", "--map-root-user", "--net"])
        .arg(&program);
    let mut app = App::start(command, 3, told_there);
    // The same process, once `setpriv` and `unshare` have become the app.
    let exe = format!("/proc/{}/exe", app.pid());
    let end = Instant::now() + Duration::from_secs(20);
    while std::fs::read_link(&exe).ok() != Some(program.clone()) {
        assert!(
            Instant::now() < end,
            "the app did not start: no user namespaces here?"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
    let ns = std::fs::metadata(format!("/proc/{}/ns/net", app.pid())).unwrap();
    let mut command = nobody(&copy);
    command.args(["--net", &ns.ino().to_string()]);
    let helper = Helper::of(command);
    helper.wait_for("/libpulse.so.0: ");
    let expected = app.go();
    let frames = helper.end();
    let seen: Vec<_> = frames.iter().filter_map(told).collect();
    assert!(
        !expected.is_empty() && seen == expected,
        "{} of {}",
        seen.len(),
        expected.len()
    );
}

#[test]
fn without_rights_it_says_which_are_missing() {
    if skipped() || !there("setpriv") {
        return;
    }
    let out = Command::new("setpriv")
        .args([
            "--reuid",
            "65534",
            "--bounding-set",
            "-all",
            HELPER,
            "--net",
            "1",
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(3), "{said}");
    assert!(
        said.contains("CAP_BPF") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn a_cgroup_can_be_watched_too() {
    if skipped() {
        return;
    }
    let Some(cgroup) = Cgroup::new("test") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let program = build(folder.path(), "libpulse.so.0");
    let mut inside = App::start(Command::new(&program), 3, folder.path().join("inside"));
    let mut outside = App::start(Command::new(&program), 3, folder.path().join("outside"));
    cgroup.take(inside.pid());
    let mut command = Command::new(HELPER);
    command.arg("--cgroup").arg(cgroup.folder());
    let helper = Helper::of(command);
    outside.go();
    let expected = inside.go();
    let frames = helper.end();
    let seen: Vec<_> = frames.iter().filter_map(told).collect();
    let pid = inside.pid();
    assert!(
        frames
            .iter()
            .all(|frame| frame.pid == 0 || frame.pid == pid)
    );
    assert!(!expected.is_empty() && seen == expected);
}

/// Waits for an end.
fn ends(child: &mut std::process::Child) {
    let end = Instant::now() + Duration::from_secs(20);
    while Instant::now() < end {
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it goes on");
}

#[test]
fn it_ends_with_its_standard_input_or_output() {
    if skipped() {
        return;
    }
    let net = Net::new();
    let start = || {
        let child = Command::new(HELPER)
            .args(["--net", &net.inode.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Running(child)
    };
    let mut closed = start();
    drop(closed.0.stdout.take());
    ends(&mut closed.0);
    let mut ended = start();
    drop(ended.0.stdin.take());
    ends(&mut ended.0);
}
