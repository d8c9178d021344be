//! `cargo xtask a11y`: every page for a browser, in both languages, held against axe-core, for keyboards and for screen
//! readers, in Chromium (`crates/report/a11y/check.mjs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Done, build, programs, root, run, unpacked, use_development_build};

/// What the script needs, from npm.
const PACKAGES: [&str; 2] = ["axe-core@4", "playwright-core@1"];

/// Audits whose pages are looked at: a leak, and one where nothing was found.
const BUNDLES: [&str; 2] = ["janus-quick-0", "specimen-honest"];

/// Makes the pages, and looks at them.
pub fn a11y() -> Done {
    use_development_build();
    build()?;
    let work = root().join("target/a11y");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    let tools = root().join("target/tools/a11y");
    fs::create_dir_all(&tools).map_err(|e| format!("{}: {e}", tools.display()))?;
    if !tools.join("node_modules").is_dir() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--prefix"]);
        run(npm.arg(&tools).args(PACKAGES))?;
    }
    let script = tools.join("check.mjs");
    let from = root().join("crates/report/a11y/check.mjs");
    fs::copy(&from, &script).map_err(|e| format!("{}: {e}", from.display()))?;
    let mut pages = Vec::new();
    for name in BUNDLES {
        let bundle = unpacked(&work, name)?;
        for lang in ["en", "de"] {
            let mut page = |what: &str, words: &[&str]| -> Done {
                pages.push(written(
                    &work,
                    &format!("{name}-{what}-{lang}.html"),
                    lang,
                    words,
                )?);
                Ok(())
            };
            page("report", &["report", &bundle, "--format", "html"])?;
            page("flows", &["flows", &bundle, "--format", "html"])?;
            page(
                "review",
                &["review", name, "--evidence", &bundle, "--format", "html"],
            )?;
        }
    }
    run(Command::new("node").arg(&script).args(&pages))
}

/// Writes what a command prints into a file.
fn written(work: &Path, name: &str, lang: &str, words: &[&str]) -> Result<PathBuf, String> {
    let mut command = Command::new(programs().join("muteproof"));
    let said = command.args(["--lang", lang]).args(words).output();
    let said = said.map_err(|e| e.to_string())?;
    // What it finds is no failure; 3 is.
    if said.status.code().is_none_or(|code| code == 3) || said.stdout.is_empty() {
        return Err(String::from_utf8_lossy(&said.stderr).into_owned());
    }
    let path = work.join(name);
    fs::write(&path, said.stdout).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}
