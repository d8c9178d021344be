//! The file in which the app's TLS libraries write down their keys.
//!
//! The app can write to it what it likes. So it is opened once, before the app runs, and never by
//! name again; a bounded number of bytes is read of it; and only what is a line of a key log is kept.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wire::tls;

use super::log::Log;

/// Name in the side's runtime folder.
pub(super) const FILE: &str = "tls-keys";

/// Bytes that are read of it; some thousand connections.
const BYTES_MAX: u64 = 1 << 20;

/// How often it is looked at.
const EVERY: Duration = Duration::from_secs(1);

/// The file, as far as it was read.
struct KeyFile {
    file: File,
    at: u64,
    /// A line whose end is not there yet.
    begun: Vec<u8>,
}

impl KeyFile {
    fn create(path: &Path) -> io::Result<KeyFile> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        Ok(KeyFile {
            file: options.open(path)?,
            at: 0,
            begun: Vec::new(),
        })
    }

    /// The lines that were added, those only that are lines of a key log.
    fn lines(&mut self) -> Vec<u8> {
        let mut lines = Vec::new();
        let mut chunk = [0; 16 << 10];
        while self.at < BYTES_MAX {
            let most = chunk.len().min((BYTES_MAX - self.at) as usize);
            // A file that cannot be read is as good as an empty one: connections stay unread.
            let Ok(n @ 1..) = self.file.read_at(&mut chunk[..most], self.at) else {
                break;
            };
            self.at += n as u64;
            for &byte in &chunk[..n] {
                match byte {
                    b'\n' => self.end_line(&mut lines),
                    // Longer than any line may be: it is none, whatever follows.
                    _ if self.begun.len() > tls::LINE_MAX => {}
                    _ => self.begun.push(byte),
                }
            }
        }
        lines
    }

    fn end_line(&mut self, lines: &mut Vec<u8>) {
        let text = std::str::from_utf8(&self.begun).unwrap_or("");
        if tls::line(text).is_some() {
            lines.extend_from_slice(text.trim_end_matches('\r').as_bytes());
            lines.push(b'\n');
        }
        self.begun.clear();
    }
}

/// The running follower.
pub(super) struct Following {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Following {
    /// Reads what is still there, and ends.
    pub fn stop(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}

/// Makes the file and writes what comes to be in it into the bundle.
pub(super) fn follow(path: &Path, log: &Log) -> io::Result<Following> {
    let mut file = KeyFile::create(path)?;
    let log = log.clone();
    let (stop, stopped) = channel::<()>();
    let thread = thread::spawn(move || {
        loop {
            let ended = stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
            let lines = file.lines();
            if !lines.is_empty() {
                log.keys(lines);
            }
            if ended {
                return;
            }
        }
    });
    Ok(Following { stop, thread })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn line(n: u8) -> String {
        format!(
            "CLIENT_RANDOM {} {}\n",
            format!("{n:02x}").repeat(32),
            "0b".repeat(48)
        )
    }

    #[test]
    fn only_lines_of_a_key_log_are_taken_and_whole_ones() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let mut file = KeyFile::create(&path).unwrap();
        let mut app = OpenOptions::new().append(true).open(&path).unwrap();
        let whole = line(1);
        let (begin, end) = whole.split_at(40);
        app.write_all(format!("# remark\n{}{begin}", line(0)).as_bytes())
            .unwrap();
        assert_eq!(file.lines(), line(0).as_bytes());
        app.write_all(end.as_bytes()).unwrap();
        app.write_all(&[0xFF, b'\n']).unwrap();
        app.write_all(&vec![b'x'; 5_000]).unwrap();
        app.write_all(format!("\n{}", line(2)).as_bytes()).unwrap();
        assert_eq!(file.lines(), [line(1), line(2)].concat().as_bytes());
        assert!(file.begun.capacity() < 1_000);
    }

    #[test]
    fn no_more_than_its_share_is_read_and_not_what_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(FILE);
        let mut file = KeyFile::create(&path).unwrap();
        let many = line(7).repeat((2 * BYTES_MAX) as usize / line(7).len());
        std::fs::write(&path, &many).unwrap();
        assert!(file.lines().len() as u64 <= BYTES_MAX);
        std::fs::write(&path, &many).unwrap();
        assert!(file.lines().is_empty());

        let mut file = KeyFile::create(&dir.path().join("other")).unwrap();
        std::fs::remove_file(dir.path().join("other")).unwrap();
        std::os::unix::fs::symlink(&path, dir.path().join("other")).unwrap();
        assert!(file.lines().is_empty());
        // Nor is a file followed that was there before.
        assert!(KeyFile::create(&path).is_err());
    }
}
