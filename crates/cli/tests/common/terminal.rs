//! A program in a terminal of its own, and a person's keys.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Instant;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use super::{LONG, wait};

/// What a terminal has shown, and up to where it was read.
type Shown = Arc<(Mutex<(String, usize)>, Condvar)>;

/// The terminal.
pub struct Terminal {
    child: Child,
    keys: File,
    shown: Shown,
}

impl Drop for Terminal {
    /// A test that failed in between leaves nothing running.
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            // It leads a session of its own, and so the group of all that it started.
            let _ = killpg(Pid::from_raw(self.child.id() as i32), Signal::SIGKILL);
            let _ = self.child.wait();
        }
    }
}

impl Terminal {
    /// Starts a command (its program, arguments and environment) as the leader of a session.
    pub fn start(command: &Command) -> Terminal {
        let pty = nix::pty::openpty(None, None).expect("a terminal");
        let mut start = Command::new("setsid");
        start.args(["--ctty", "--wait"]);
        start.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => start.env(name, value),
                None => start.env_remove(name),
            };
        }
        let end = |fd: &OwnedFd| Stdio::from(fd.try_clone().expect("an end"));
        let child = start
            .stdin(end(&pty.slave))
            .stdout(end(&pty.slave))
            .stderr(end(&pty.slave))
            .spawn()
            .expect("setsid starts");
        drop(pty.slave);
        let shown = Shown::default();
        let mut screen = File::from(pty.master.try_clone().expect("an end"));
        let writes = shown.clone();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = screen.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..n]);
                writes.0.lock().expect("a reader").0.push_str(&text);
                writes.1.notify_all();
            }
        });
        Terminal {
            child,
            keys: File::from(pty.master),
            shown,
        }
    }

    /// Waits until the terminal shows this, behind what was waited for before.
    pub fn reads(&self, text: &str) {
        let deadline = Instant::now() + LONG;
        let mut shown = self.shown.0.lock().expect("a writer");
        loop {
            let (all, read) = &mut *shown;
            if let Some(at) = all[*read..].find(text) {
                *read += at + text.len();
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{text:?} did not come: {}", &all[*read..]);
            shown = self.shown.1.wait_timeout(shown, left).expect("a writer").0;
        }
    }

    /// Presses keys.
    pub fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("a terminal");
    }

    /// Waits for the end: the exit code.
    pub fn ends(&mut self) -> Option<i32> {
        wait(&mut self.child, LONG).code()
    }

    /// Whether it has ended by now.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// All that was shown.
    pub fn screen(&self) -> String {
        self.shown.0.lock().expect("a writer").0.clone()
    }
}
