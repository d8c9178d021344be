//! Scripts that look at what muteproof wrote, in node, with packages from npm.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Done, root, run};

/// An empty folder in `target/` for what is looked at.
pub fn work(name: &str) -> Result<PathBuf, String> {
    let work = root().join("target").join(name);
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    Ok(work)
}

/// Puts the scripts of a folder beside their packages, which are installed where they are not yet, and runs the first
/// with these arguments.
pub fn look(name: &str, packages: &[&str], scripts: [&str; 2], args: &[PathBuf]) -> Done {
    let tools = root().join("target/tools").join(name);
    fs::create_dir_all(&tools).map_err(|e| format!("{}: {e}", tools.display()))?;
    if !tools.join("node_modules").is_dir() {
        let mut npm = Command::new("npm");
        // A viewer asks for an older React than the newest.
        npm.args(["install", "--no-audit", "--no-fund", "--legacy-peer-deps"]);
        run(npm.arg("--prefix").arg(&tools).args(packages))?;
    }
    let [folder, first] = scripts;
    let from = root().join(folder);
    let entries = fs::read_dir(&from).map_err(|e| format!("{}: {e}", from.display()))?;
    for entry in entries.flatten() {
        let to = tools.join(entry.file_name());
        fs::copy(entry.path(), to).map_err(|e| format!("{}: {e}", entry.path().display()))?;
    }
    run(Command::new("node")
        .arg(tools.join(Path::new(first)))
        .args(args))
}
