//! The user service, as systemd itself reads it.

mod common;

use std::fs;
use std::process::Command;

use common::{installed, program, repository, skip};

#[test]
fn systemd_finds_no_fault_in_the_unit() {
    if !installed("systemd-analyze") {
        return skip("systemd-analyze is not installed");
    }
    let unit =
        fs::read_to_string(repository().join("packaging/desktop/muteproof-mic.service")).unwrap();
    // The package installs the program there; here it is where it was built.
    let packaged = "/usr/bin/muteproof ";
    assert_eq!(unit.matches(packaged).count(), 1, "{unit}");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("muteproof-mic.service");
    let here = format!("{} ", program().display());
    fs::write(&file, unit.replace(packaged, &here)).unwrap();
    let verified = Command::new("systemd-analyze")
        .args(["--user", "verify"])
        .arg(&file)
        .env("XDG_RUNTIME_DIR", dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(verified.status.success() && said.is_empty(), "{said}");
    // It starts what there is.
    let command = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=/usr/bin/muteproof "));
    let args: Vec<&str> = command.unwrap().split_whitespace().collect();
    let said = common::muteproof(&args).arg("--help").output().unwrap();
    assert!(said.status.success(), "{said:?}");
}
