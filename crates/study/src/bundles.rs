//! Bundles of audits without contents, packed, so that later code can judge them again.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Drops the contents of the bundle of an audit's folder and packs what is left into `to`/`name`.tar.xz.
pub fn pack_redacted(
    muteproof: &Path,
    audit: &Path,
    name: &str,
    work: &Path,
    to: &Path,
) -> Result<(), String> {
    let bundle = emptied(work, name)?;
    let mut redact = Command::new(muteproof);
    redact.args(["bundle", "redact"]).arg(audit).arg(&bundle);
    succeeded(&mut redact)?;
    pack(work, name, to)
}

/// Packs the folder `name` in `work` into `to`/`name`.tar.xz: the same bytes every time.
pub fn pack(work: &Path, name: &str, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|e| format!("{}: {e}", to.display()))?;
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--mtime=@0", "--owner=0", "--group=0"])
        .args(["--numeric-owner", "-cJf"])
        .arg(to.join(format!("{name}.tar.xz")))
        .arg("-C")
        .arg(work)
        .arg(name);
    succeeded(&mut tar)
}

/// Unpacks `from`/`name`.tar.xz into `work`, judges it, and gives the report as JSON.
pub fn judge_again(
    muteproof: &Path,
    from: &Path,
    name: &str,
    work: &Path,
) -> Result<serde_json::Value, String> {
    let bundle = emptied(work, name)?;
    let mut tar = Command::new("tar");
    let packed = from.join(format!("{name}.tar.xz"));
    tar.arg("-xJf").arg(&packed).arg("-C").arg(work);
    succeeded(&mut tar)?;
    let mut analyze = Command::new(muteproof);
    analyze.args(["analyze", "--json"]).arg(&bundle);
    // The exit code is a verdict; what matters is in the report.
    let output = analyze.output().map_err(|e| format!("muteproof: {e}"))?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("{}: {}", packed.display(), said.trim())
    })
}

/// A place in `work` where nothing lies from an earlier call.
pub fn emptied(work: &Path, name: &str) -> Result<std::path::PathBuf, String> {
    fs::create_dir_all(work).map_err(|e| format!("{}: {e}", work.display()))?;
    let place = work.join(name);
    let _ = fs::remove_dir_all(&place);
    Ok(place)
}

pub fn succeeded(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}
