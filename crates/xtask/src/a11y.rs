//! `cargo xtask a11y`: every page for a browser, in both languages, held against axe-core, for keyboards and for screen
//! readers, in Chromium (`crates/report/a11y/check.mjs`).

use std::fs;
use std::path::{Path, PathBuf};

use crate::node;
use crate::run::{Done, build, muteproof, unpacked, use_development_build};

/// What the script needs, from npm.
const PACKAGES: [&str; 2] = ["axe-core@4", "playwright-core@1"];

/// Audits whose pages are looked at: a leak, and one where nothing was found.
const BUNDLES: [&str; 2] = ["janus-quick-0", "specimen-honest"];

/// Makes the pages, and looks at them.
pub fn a11y() -> Done {
    use_development_build();
    build()?;
    let work = node::work("a11y")?;
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
    node::look(
        "a11y",
        &PACKAGES,
        ["crates/report/a11y", "check.mjs"],
        &pages,
    )
}

/// Writes what a command prints into a file.
fn written(work: &Path, name: &str, lang: &str, words: &[&str]) -> Result<PathBuf, String> {
    let page = muteproof(&[&["--lang", lang], words].concat())?;
    let path = work.join(name);
    fs::write(&path, page).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(path)
}
