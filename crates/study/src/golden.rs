//! Small bundles of real audits for the tests, packed: of real apps without contents, of specimens whole.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::audits::programs;

/// Packs the bundles of these audits into `testdata/bundles`: folders in `target/study`, whose contents are
/// dropped, or in `target/truth-table`, where all that was recorded is our own.
pub fn golden(root: &Path, names: &[String]) -> Result<(), String> {
    let to = root.join("testdata/bundles");
    let work = root.join("target/golden");
    fs::create_dir_all(&to).map_err(|e| format!("{}: {e}", to.display()))?;
    let muteproof = programs()?.join("muteproof");
    for name in names {
        let bundle = work.join(name);
        // What an earlier call left there.
        let _ = fs::remove_dir_all(&bundle);
        fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
        let of_an_app = root.join("target/study").join(name);
        if of_an_app.is_dir() {
            let mut redact = Command::new(&muteproof);
            redact.args(["bundle", "redact"]);
            redact.arg(of_an_app).arg(&bundle);
            succeeded(&mut redact)?;
        } else {
            let specimen = root.join("target/truth-table").join(name).join("bundle");
            let mut copy = Command::new("cp");
            copy.arg("-r").arg(specimen).arg(&bundle);
            succeeded(&mut copy)?;
        }
        let mut tar = Command::new("tar");
        tar.args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0"])
            .args(["--numeric-owner", "-cJf"])
            .arg(to.join(format!("{name}.tar.xz")))
            .arg("-C")
            .arg(&work)
            .arg(name);
        succeeded(&mut tar)?;
    }
    Ok(())
}

fn succeeded(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
