//! `cargo xtask viewers`: what is written for others, opened in what others read it with: SARIF and JUnit in viewers from
//! npm, an HTTP Archive in the network panels of Chromium and Firefox (`crates/report/viewers/look.mjs`).

use std::fs;
use std::process::Command;

use crate::run::{Done, build, programs, root, run, unpacked, use_development_build};

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
    let work = root().join("target/viewers");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    let tools = root().join("target/tools/viewers");
    fs::create_dir_all(&tools).map_err(|e| format!("{}: {e}", tools.display()))?;
    if !tools.join("node_modules").is_dir() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--legacy-peer-deps"]);
        run(npm.arg("--prefix").arg(&tools).args(PACKAGES))?;
    }
    let script = tools.join("look.mjs");
    for name in ["look.mjs", "firefox.mjs"] {
        let from = root().join("crates/report/viewers").join(name);
        fs::copy(&from, tools.join(name)).map_err(|e| format!("{}: {e}", from.display()))?;
    }

    let bundle = unpacked(&work, BUNDLE)?;
    // An audit of the repository is kept without contents; a program that asks for one page has some.
    let asked = work.join("asked").display().to_string();
    let page = "https://collect.example.org/v1/track?id=77";
    let curl = ["curl", "--silent", "--data", "city=1", page];
    let sink = ["flows", "--network", "sink", "--seconds", "5", "--out"];
    printed(&[&sink[..], &[&asked, "--"], &curl].concat())?;
    let mut files = Vec::new();
    for (what, of, format) in [
        ("report", &bundle, "sarif"),
        ("report", &bundle, "junit"),
        ("flows", &asked, "har"),
    ] {
        let file = work.join(format!("mute.{format}"));
        // The viewer of JUnit looks at names.
        let file = match format {
            "junit" => file.with_extension("xml"),
            _ => file,
        };
        let text = printed(&[what, of, "--format", format])?;
        fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
        files.push(file);
    }
    run(Command::new("node").arg(&script).args(&files).arg(&work))?;
    println!("pictures: {}", work.display());
    Ok(())
}

/// What muteproof prints; what it finds is no failure, 3 is.
fn printed(words: &[&str]) -> Result<Vec<u8>, String> {
    let said = Command::new(programs().join("muteproof"))
        .args(words)
        .output()
        .map_err(|e| e.to_string())?;
    match said.status.code() {
        Some(0..=2 | 4) if !said.stdout.is_empty() => Ok(said.stdout),
        _ => Err(String::from_utf8_lossy(&said.stderr).into_owned()),
    }
}
