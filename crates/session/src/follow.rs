//! Files in which programs on the app's side write something down for the session: keys of TLS, and RTP
//! before it is encrypted.
//!
//! The app can write to them what it likes. So each is opened once, before the app runs, and never by
//! name again; a bounded number of bytes is read of it; and only lines of the wanted kind are kept.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use record::{Body, Bytes, Source};
use stage::clock::now;
use wire::{rtp_log, tls};

use crate::log::Log;

/// Name of the file for keys in the side's runtime folder.
pub(crate) const KEYS: &str = "tls-keys";

/// Name of the file for RTP.
pub(crate) const RTP: &str = "rtp-log";

/// Bytes that are read of the keys; some thousand connections.
const KEYS_MAX: u64 = 1 << 20;

/// Bytes that are read of RTP: an hour of one voice, each byte as three.
const RTP_MAX: u64 = 256 << 20;

/// How often a file is looked at; an RTP packet counts as logged then.
const EVERY: Duration = Duration::from_millis(250);

/// A file that is followed.
struct Lines {
    file: File,
    at: u64,
    bytes_max: u64,
    line_max: usize,
    /// A line whose end is not there yet.
    begun: Vec<u8>,
}

impl Lines {
    fn create(path: &Path, bytes_max: u64, line_max: usize) -> io::Result<Lines> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        Ok(Lines {
            file: options.open(path)?,
            at: 0,
            bytes_max,
            line_max,
            begun: Vec::new(),
        })
    }

    /// Hands over the lines that were added.
    fn read(&mut self, mut each: impl FnMut(&str)) {
        let mut chunk = [0; 16 << 10];
        while self.at < self.bytes_max {
            let most = chunk.len().min((self.bytes_max - self.at) as usize);
            // A file that cannot be read is as good as an empty one: connections stay unread.
            let Ok(n @ 1..) = self.file.read_at(&mut chunk[..most], self.at) else {
                break;
            };
            self.at += n as u64;
            for &byte in &chunk[..n] {
                match byte {
                    b'\n' => {
                        each(std::str::from_utf8(&self.begun).unwrap_or(""));
                        self.begun.clear();
                    }
                    // Longer than any line may be: it is none, whatever follows.
                    _ if self.begun.len() > self.line_max => {}
                    _ => self.begun.push(byte),
                }
            }
        }
    }
}

/// The running follower.
pub(crate) struct Following {
    stop: Vec<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

impl Following {
    /// Reads what is still there, and ends.
    pub fn stop(self) {
        drop(self.stop);
        for thread in self.threads {
            let _ = thread.join();
        }
    }
}

/// Makes the files in `dir` and writes what comes to be in them into the bundle.
pub(crate) fn follow(dir: &Path, log: &Log) -> io::Result<Following> {
    let mut following = Following {
        stop: Vec::new(),
        threads: Vec::new(),
    };
    let mut keys = Lines::create(&dir.join(KEYS), KEYS_MAX, tls::LINE_MAX)?;
    let mut rtp = Lines::create(&dir.join(RTP), RTP_MAX, rtp_log::LINE_MAX)?;
    let to = log.clone();
    following.every(move || {
        let lines = key_lines(&mut keys);
        if !lines.is_empty() {
            to.keys(lines);
        }
    });
    let to = log.clone();
    following.every(move || {
        rtp.read(|line| {
            if let Some(packet) = rtp_log::sent(line) {
                to.record(now(), Source::Plaintext, logged(packet));
            }
        });
    });
    Ok(following)
}

impl Following {
    /// Does `look` again and again, and a last time when it is asked to stop.
    fn every(&mut self, mut look: impl FnMut() + Send + 'static) {
        let (stop, stopped) = channel::<()>();
        self.stop.push(stop);
        self.threads.push(thread::spawn(move || {
            loop {
                let ended = stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout);
                look();
                if ended {
                    return;
                }
            }
        }));
    }
}

/// The lines of a key log that were added.
fn key_lines(keys: &mut Lines) -> Vec<u8> {
    let mut lines = Vec::new();
    keys.read(|line| {
        if tls::line(line).is_some() {
            lines.extend_from_slice(line.trim_end_matches('\r').as_bytes());
            lines.push(b'\n');
        }
    });
    lines
}

/// A packet by the app's own word: which process wrote it is not known.
fn logged(packet: Vec<u8>) -> Body {
    Body::Plaintext {
        library: "rtp_log".to_owned(),
        command: String::new(),
        pid: 0,
        connection: 0,
        bytes: packet.len() as u32,
        data: Bytes(packet),
        masked: 0,
        carried: None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn keys(path: &Path) -> io::Result<Lines> {
        Lines::create(path, KEYS_MAX, tls::LINE_MAX)
    }

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
        let path = dir.path().join(KEYS);
        let mut file = keys(&path).unwrap();
        let mut app = OpenOptions::new().append(true).open(&path).unwrap();
        let whole = line(1);
        let (begin, end) = whole.split_at(40);
        app.write_all(format!("# remark\n{}{begin}", line(0)).as_bytes())
            .unwrap();
        assert_eq!(key_lines(&mut file), line(0).as_bytes());
        app.write_all(end.as_bytes()).unwrap();
        app.write_all(&[0xFF, b'\n']).unwrap();
        app.write_all(&vec![b'x'; 5_000]).unwrap();
        app.write_all(format!("\n{}", line(2)).as_bytes()).unwrap();
        assert_eq!(key_lines(&mut file), [line(1), line(2)].concat().as_bytes());
        assert!(file.begun.capacity() < 1_000);
    }

    #[test]
    fn no_more_than_its_share_is_read_and_not_what_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(KEYS);
        let mut file = keys(&path).unwrap();
        let many = line(7).repeat((2 * KEYS_MAX) as usize / line(7).len());
        std::fs::write(&path, &many).unwrap();
        assert!(key_lines(&mut file).len() as u64 <= KEYS_MAX);
        std::fs::write(&path, &many).unwrap();
        assert!(key_lines(&mut file).is_empty());

        let mut file = keys(&dir.path().join("other")).unwrap();
        std::fs::remove_file(dir.path().join("other")).unwrap();
        std::os::unix::fs::symlink(&path, dir.path().join("other")).unwrap();
        assert!(key_lines(&mut file).is_empty());
        // Nor is a file followed that was there before.
        assert!(keys(&path).is_err());
    }
}
