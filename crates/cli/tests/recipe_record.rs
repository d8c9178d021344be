//! `muteproof recipe record`, as a person has it: a terminal, a display with the app's window in a window, and a mouse.

mod common;

use std::fs;

use common::display::Display;
use common::terminal::Terminal;
use common::{installed, run, skip, specimens};
use tempfile::TempDir;

/// Whether this machine can do it; says why not.
fn able() -> bool {
    let needed = ["Xvfb", "Xephyr", "openbox", "xdotool", "setsid"];
    match needed.into_iter().find(|name| !installed(name)) {
        None => {
            specimens();
            true
        }
        Some(name) => {
            skip(&format!("{name} is not installed"));
            false
        }
    }
}

/// The middle of the specimen's mute button: its window comes up in the middle of the display inside the window, which
/// lies in the corner of the person's.
const BUTTON: (i32, i32) = (640, 465);

/// Clicks as a person does: the button stays down for a moment.
fn click(display: &Display, (x, y): (i32, i32)) {
    display.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    display.xdotool(&["mousedown", "1", "sleep", "0.1", "mouseup", "1"]);
}

/// A mute that was pressed once with the mouse is a recipe that mutes by name.
#[test]
fn a_press_becomes_a_step_by_name() {
    if !able() {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let out = folder.path().join("recorded");
    let out = out.to_str().expect("plain");
    let display = Display::new();
    let mut command = common::muteproof(&["recipe", "record", "specimen-button", "--out", out]);
    command
        .env("DISPLAY", &display.name)
        .env_remove("WAYLAND_DISPLAY");
    let mut terminal = Terminal::start(&command);
    // It is asked for once the app has joined, so its window is there.
    terminal.reads("Press mute in the app now.");
    terminal.reads("Press Enter");
    click(&display, BUTTON);
    terminal.types("\n");
    terminal.reads("Unmute in the app.");
    terminal.reads("Press Enter");
    click(&display, BUTTON);
    terminal.types("\n");
    terminal.reads("2 steps by name");
    assert_eq!(terminal.ends(), Some(0), "{}", terminal.screen());
    let text = fs::read_to_string(format!("{out}/recipe.toml")).expect("a recipe");
    for part in [
        "[[mute]]\npress = { role = \"button\", name = \"Mute\" }\n",
        "[[unmute]]\npress = { role = \"button\", name = \"Unmute\" }\n",
        "[confirm]\nelement = { role = \"button\", name = [\"Mute\", \"Unmute\"] }\nreads = \"pressed\"\n",
        "[[also]]\nelement = { role = \"label\", name = [\"Microphone is on\", \"Microphone is off\"] }\n",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    // It is a recipe like any other.
    let kept = folder.path().join("tried");
    let kept = kept.to_str().expect("plain");
    let tried = run(&["recipe", "try", out, "--times", "3", "--out", kept]);
    assert_eq!(tried.code, Some(0), "{tried:?}");
    assert!(tried.out.contains("0 not confirmed"), "{}", tried.out);
}
