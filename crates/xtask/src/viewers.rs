//! `cargo xtask viewers`: what is written for others, opened in what others read it with: SARIF and JUnit in viewers from
//! npm, an HTTP Archive in the network panels of Chromium and Firefox (`crates/report/viewers/look.mjs`).

use std::fs;

use crate::node;
use crate::run::{Done, build, muteproof, unpacked, use_development_build};

/// What the script needs, from npm. The viewer of SARIF is made for React 16.
const PACKAGES: [&str; 6] = [
    "playwright-core@1",
    "esbuild@0",
    "xunit-viewer@10",
    "@microsoft/sarif-web-component@0.6.0-29",
    "react@16",
    "react-dom@16",
];

/// An audit with a leak, so that every format has something to show.
const BUNDLE: &str = "janus-quick-0";

/// Writes the files, opens and draws them.
pub fn viewers() -> Done {
    use_development_build();
    build()?;
    let work = node::work("viewers")?;
    let bundle = unpacked(&work, BUNDLE)?;
    // An audit of the repository is kept without contents; a program that asks for one page has some.
    let asked = work.join("asked").display().to_string();
    let page = "https://collect.example.org/v1/track?id=77";
    let curl = ["curl", "--silent", "--data", "city=1", page];
    let sink = ["flows", "--network", "sink", "--seconds", "5", "--out"];
    muteproof(&[&sink[..], &[&asked, "--"], &curl].concat())?;
    let mut files = Vec::new();
    // The viewer of JUnit looks at names.
    for (what, of, format, name) in [
        ("report", &bundle, "sarif", "mute.sarif"),
        ("report", &bundle, "junit", "mute.xml"),
        ("flows", &asked, "har", "mute.har"),
    ] {
        let file = work.join(name);
        let text = muteproof(&[what, of, "--format", format])?;
        fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
        files.push(file);
    }
    println!("pictures: {}", work.display());
    files.push(work);
    let scripts = ["crates/report/viewers", "look.mjs"];
    node::look("viewers", &PACKAGES, scripts, &files)
}
