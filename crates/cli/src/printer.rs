//! The one place that prints: whatever goes to a terminal, a pipe or the error output goes through here, and
//! what an app, a recipe or a file put into it steers no terminal (`report::printed`).
//!
//! JSON is escaped where it is made (`report::safe_json`): nothing is left in it to be taken out here.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};

/// Begins a line anew, where one is written over and over.
const ANEW: &str = "\r\x1b[K";

/// What an error begins with.
const NAME: &str = "muteproof: ";

/// Prints to standard output. A reader that has gone is not an error.
pub fn out(bytes: &[u8]) -> io::Result<()> {
    write(&mut io::stdout().lock(), &shown(bytes, false))
}

/// Likewise; the colours in it are ours.
pub fn out_in_colour(bytes: &[u8]) -> io::Result<()> {
    write(&mut io::stdout().lock(), &shown(bytes, true))
}

/// Likewise, of what is no text: every byte of it.
#[cfg(feature = "pdf")]
pub fn out_as_it_is(bytes: &[u8]) -> io::Result<()> {
    write_bytes(&mut io::stdout().lock(), bytes)
}

/// What is wrong, on the error output.
pub fn error(said: &str) {
    err(&format!("{NAME}{said}"));
}

/// A line on the error output. Nobody may read it: that is no error.
pub fn err(line: &str) {
    let line = format!("{}\n", shown(line.as_bytes(), false));
    let _ = write(&mut io::stderr().lock(), &line);
}

/// Likewise, with its end and with colours of our own in it.
pub fn err_in_colour(text: &str) {
    let text = shown(text.as_bytes(), err_is_terminal());
    let _ = write(&mut io::stderr().lock(), &text);
}

/// Writes over the last line of the error output, which is a terminal.
pub fn err_anew(line: &str) {
    let line = format!("{ANEW}{}", shown(line.as_bytes(), false));
    let _ = write(&mut io::stderr().lock(), &line);
}

/// Whether a person sees standard output.
pub fn out_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether a person sees the error output.
pub fn err_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// The terminal that the program was started from, whatever its outputs are.
pub struct Tty(File);

impl Tty {
    /// Opens it, and once more for what is typed.
    pub fn open() -> io::Result<(Tty, File)> {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        Ok((Tty(tty.try_clone()?), tty))
    }

    /// Says something on a line of its own; that of a progress may stand there.
    pub fn say(&self, text: &str) {
        let text = format!("{ANEW}\n{}\n", shown(text.as_bytes(), false));
        let _ = write(&mut &self.0, &text);
    }
}

fn shown(bytes: &[u8], colours: bool) -> String {
    report::printed(&String::from_utf8_lossy(bytes), colours)
}

fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
    write_bytes(to, text.as_bytes())
}

fn write_bytes(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(e),
        _ => Ok(()),
    }
}
