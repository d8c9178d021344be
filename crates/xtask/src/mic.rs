//! `cargo xtask mic-off`: measures what docs/mic.md says, and writes it there.

use std::fs;

use crate::run::{Done, cargo, put_between, root, run, said};

/// What stands between these in the page is measured.
const MARKS: [&str; 2] = ["<!-- measured: begin -->", "<!-- measured: end -->"];

/// Builds, measures, and with `--write` puts the result into the page; other arguments are handed on.
pub fn mic_off(args: &[String]) -> Done {
    let write = args.iter().any(|arg| arg == "--write");
    run(&mut cargo(&[
        "build",
        "--quiet",
        "-p",
        "cli",
        "--bin",
        "muteproof",
    ]))?;
    let mut measure = cargo(&["run", "--quiet", "-p", "mic", "--example", "mic-off", "--"]);
    measure
        .args(args.iter().filter(|arg| *arg != "--write"))
        .env("MUTEPROOF", root().join("target/debug/muteproof"));
    if !write {
        return run(&mut measure);
    }
    let measured = said(&mut measure)?;
    println!("{measured}");
    put_between("mic.md", MARKS, &measured)
}

/// Makes docs/mic-tray.png anew, by the test that looks at the tray in a panel.
pub fn mic_tray() -> Done {
    let mut test = cargo(&["test", "--quiet", "-p", "cli", "--test", "mic_tray"]);
    test.args(["--", "--ignored"]);
    let page = root().join("docs/mic-tray.png");
    let before = fs::metadata(&page).and_then(|file| file.modified()).ok();
    run(test.env("MUTEPROOF_TRAY_PNG", &page))?;
    match fs::metadata(&page).and_then(|file| file.modified()).ok() == before {
        true => {
            Err("the test was skipped: install xvfb, xfce4-panel, xdotool and pulseaudio".into())
        }
        false => Ok(()),
    }
}
