//! A person's display.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::{Said, said};

/// The display.
pub struct Display {
    server: Child,
    pub name: String,
}

impl Display {
    /// A display of its own, 1400 pixels wide and 1100 high.
    pub fn new() -> Display {
        // Not the first one: that is a stage's, and tests look for what stages leave.
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = 100 + std::process::id() % 900 + 1_000 * NEXT.fetch_add(1, Relaxed);
        let mut server = Command::new("Xvfb")
            .arg(format!(":{number}"))
            .args(["-displayfd", "1", "-screen", "0", "1400x1100x24"])
            // Looking for a window that is not there yet leaves no client: a reset then would end
            // the app that connects at that moment (Xserver(1)).
            .args(["-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut line = String::new();
        let out = server.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("a number");
        let name = format!(":{}", line.trim());
        Display { server, name }
    }

    /// Does something there.
    pub fn xdotool(&self, args: &[&str]) -> Said {
        let mut xdotool = Command::new("xdotool");
        said(xdotool.args(args).env("DISPLAY", &self.name))
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
