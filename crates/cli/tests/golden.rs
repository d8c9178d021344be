//! Bundles of real audits, kept without their contents (`cargo xtask golden`): they are read and judged
//! as they were when they were packed, by every later version.

mod common;

use std::fs;
use std::process::Command;

use common::{repository, run};

#[test]
fn old_bundles_are_judged_as_they_were() {
    let folder = repository().join("testdata/bundles");
    let mut packed: Vec<_> = fs::read_dir(&folder)
        .expect("golden bundles")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "xz"))
        .collect();
    packed.sort();
    assert!(
        !packed.is_empty(),
        "no golden bundle in {}",
        folder.display()
    );
    for archive in packed {
        let name = archive.file_name().expect("a name").to_string_lossy();
        let name = name.trim_end_matches(".tar.xz");
        let dir = tempfile::tempdir().expect("a temporary folder");
        let unpacked = Command::new("tar")
            .arg("-xJf")
            .arg(&archive)
            .arg("-C")
            .arg(dir.path())
            .status();
        match unpacked {
            Ok(status) if status.success() => {}
            other => panic!("{name} was not unpacked (are tar and xz here?): {other:?}"),
        }
        let bundle = dir.path().join(name).display().to_string();
        let said = run(&["report", &bundle, "--format", "text"]);
        insta::assert_snapshot!(name, said.out);
    }
}
