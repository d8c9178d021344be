//! Programs that want a terminal: what they write is a screen of text, as a person sees it, and keys are typed.
//!
//! It is nobody's controlling terminal, as a side has none: Ctrl-C is a character for the program and no signal.

use std::fs::File;
use std::io::{self, Read, Write};
use std::num::NonZeroU16;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::pty::{Winsize, openpty};
use recipe::On;
use vt100::Parser;

use crate::steps::Sides;

/// A terminal's size. Wide, since what is looked for is not to be broken into two lines.
const ROWS: NonZeroU16 = NonZeroU16::new(50).unwrap();
const COLUMNS: NonZeroU16 = NonZeroU16::new(160).unwrap();

/// What the terminal understands, by terminfo's name for it.
pub(crate) const KIND: &str = "xterm";

/// The person's end of a terminal.
#[derive(Debug)]
pub(crate) struct Terminal {
    keys: File,
    shown: Arc<Shown>,
}

/// What stands there.
pub(crate) struct Shown {
    parser: Mutex<Parser>,
    changed: Condvar,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown")
    }
}

impl Terminal {
    /// A terminal; its other end, for the program; and what the program writes, to be read.
    pub(crate) fn open() -> io::Result<(Terminal, OwnedFd, File)> {
        let size = Winsize {
            ws_row: ROWS.get(),
            ws_col: COLUMNS.get(),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(&size, None)?;
        let keys = File::from(pty.master);
        let written = keys.try_clone()?;
        let shown = Shown {
            parser: Mutex::new(Parser::new(ROWS, COLUMNS, 0)),
            changed: Condvar::new(),
        };
        let shown = Arc::new(shown);
        Ok((Terminal { keys, shown }, pty.slave, written))
    }

    /// Where what is read has to be shown.
    pub(crate) fn shown(&self) -> Arc<Shown> {
        self.shown.clone()
    }

    /// The text on the screen, line by line, blanks behind each left out.
    pub(crate) fn text(&self) -> String {
        self.shown.text()
    }

    fn types(&mut self, keys: &str) -> io::Result<()> {
        self.keys.write_all(keys.as_bytes())
    }

    /// Waits until a text stands there; whether it does in time.
    fn waits(&self, has: &str, until: Instant, ended: impl Fn() -> bool) -> bool {
        let mut parser = self.shown.lock();
        loop {
            if text(&parser).contains(has) {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || ended() {
                return false;
            }
            // An end is told by nobody here.
            let left = left.min(Duration::from_millis(100));
            let woken = self.shown.changed.wait_timeout(parser, left);
            parser = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shown {
    fn lock(&self) -> std::sync::MutexGuard<'_, Parser> {
        self.parser.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn text(&self) -> String {
        text(&self.lock())
    }

    /// Shows all that is written until the last program that holds the other end is gone; `log` is given it too.
    pub(crate) fn show(&self, mut written: impl Read, mut log: impl FnMut(&[u8])) {
        let mut bytes = [0; 4_096];
        while let Ok(n @ 1..) = written.read(&mut bytes) {
            self.lock().process(&bytes[..n]);
            self.changed.notify_all();
            log(&bytes[..n]);
        }
    }
}

fn text(parser: &Parser) -> String {
    let (_, columns) = parser.screen().size();
    let lines = parser.screen().rows(0, columns.get());
    let lines: Vec<String> = lines.map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n").trim_end().to_owned()
}

impl Sides {
    fn terminal(&mut self, of: &str) -> Result<&mut Terminal, String> {
        let program = self.programs.get_mut(of);
        let program = program.ok_or(format!("{of} is not running"))?;
        let terminal = program.terminal();
        terminal.ok_or(format!("{of} was not started by `terminal`"))
    }

    /// Types into a program's terminal.
    pub(crate) fn types(&mut self, to: &str, keys: &str) -> Result<String, String> {
        let typed = self.terminal(to)?.types(keys);
        typed.map_err(|e| format!("{to} does not take keys: {e}"))?;
        Ok(String::new())
    }

    /// What stands on a program's terminal.
    pub(crate) fn screen(&mut self, of: &str) -> Result<String, String> {
        self.terminal(of).map(|terminal| terminal.text())
    }

    /// Waits until a text stands on a program's terminal.
    pub(crate) fn wait_screen(
        &mut self,
        of: &str,
        has: &str,
        timeout: Duration,
    ) -> Result<String, String> {
        self.terminal(of)?;
        let program = self.programs.get(of);
        let ended = || program.and_then(crate::program::Program::ended);
        let terminal = program.and_then(|program| program.on_terminal());
        let until = Instant::now() + timeout;
        if terminal.is_some_and(|terminal| terminal.waits(has, until, || ended().is_some())) {
            return Ok(String::new());
        }
        let shown = terminal.map(Terminal::text).unwrap_or_default();
        Err(match ended() {
            Some(how) => format!("{of} ended ({how}) before it showed {has:?}"),
            None => format!(
                "{has:?} did not stand on {of} within {} s; there stands:\n{}",
                timeout.as_secs(),
                a11y::shown(&shown)
            ),
        })
    }

    /// What stands on the terminals of a side's programs, by their names.
    pub fn screens(&self, on: On) -> Vec<(String, String)> {
        let of_side = self
            .programs
            .iter()
            .filter(|(_, program)| program.side() == on);
        of_side
            .filter_map(|(name, program)| Some((name.clone(), program.on_terminal()?.text())))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a program draws, overwrites and clears is what a person sees.
    #[test]
    fn a_screen_is_what_is_left_of_all_that_was_drawn() {
        let (terminal, _slave, _written) = Terminal::open().unwrap();
        let drawn = b"Mic: on\r\n\x1b[2;10Hmenu\x1b[1;6Hoff\x1b[K\x1b]0;title\x07";
        let mut logged = 0;
        terminal
            .shown()
            .show(&drawn[..], |bytes| logged += bytes.len());
        assert_eq!(terminal.text(), "Mic: off\n         menu");
        assert_eq!(logged, drawn.len());
        let soon = Instant::now() + Duration::from_secs(20);
        assert!(terminal.waits("Mic: off", soon, || false));
        assert!(!terminal.waits("Mic: on", Instant::now(), || false));
        assert!(!terminal.waits("Mic: on", soon, || true));
    }

    /// Bytes without sense, and without end of a line, take no more than a screen.
    #[test]
    fn garbage_is_a_screen_at_most() {
        let (terminal, _slave, _written) = Terminal::open().unwrap();
        let mut state = 1_u64;
        let garbage: Vec<u8> = (0..1 << 20)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                (state >> 33) as u8
            })
            .collect();
        terminal.shown().show(&garbage[..], |_| {});
        assert!(
            terminal.text().chars().count()
                <= usize::from(ROWS.get()) * usize::from(COLUMNS.get()) * 8
        );
    }
}
