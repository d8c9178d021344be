//! The event log: JSON lines, with rotation.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use switch::Holder;

use crate::watch::{Change, Seen};

/// A file that is longer than this is put aside.
const MAX_BYTES: u64 = 1 << 20;

/// How many files are kept beside the one that is written.
const KEPT_FILES: u32 = 3;

/// A line of the log, and of what `muteproof mic watch --json` prints: when, and what.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Line<'a, T> {
    /// Seconds since 1970, with milliseconds.
    t: f64,
    #[serde(flatten)]
    what: &'a T,
}

/// The log. It is for the person's own machine; nothing reads it but they.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    max_bytes: u64,
}

impl EventLog {
    /// A log in `folder`, which need not exist yet.
    pub fn new(folder: &Path) -> EventLog {
        EventLog {
            path: folder.join("mic-events.jsonl"),
            max_bytes: MAX_BYTES,
        }
    }

    /// The same with files of another length.
    pub fn with_max_bytes(self, max_bytes: u64) -> EventLog {
        EventLog { max_bytes, ..self }
    }

    /// Adds an event.
    pub fn add<T: Serialize>(&self, what: &T) -> io::Result<()> {
        let mut line = json_line(what)?;
        line.push('\n');
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = self.file()?;
        if file.metadata()?.len() + line.len() as u64 > self.max_bytes {
            self.rotate()?;
            file = self.file()?;
        }
        file.write_all(line.as_bytes())
    }

    fn file(&self) -> io::Result<File> {
        OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path)
    }

    fn rotate(&self) -> io::Result<()> {
        let aside = |n: u32| self.path.with_extension(format!("jsonl.{n}"));
        for n in (1..KEPT_FILES).rev() {
            match fs::rename(aside(n), aside(n + 1)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        fs::rename(&self.path, aside(1))
    }
}

/// A line of the log about somebody who holds something.
#[derive(Deserialize)]
struct HolderLine {
    t: f64,
    #[serde(flatten)]
    seen: Seen,
}

/// Since when each holder holds what it holds, seconds since 1970, as far as the log of `folder` tells: a watch
/// wrote it, and knows nothing from before it began.
pub fn since(folder: &Path) -> Vec<(Holder, f64)> {
    let path = EventLog::new(folder).path;
    let mut held: Vec<(Holder, f64)> = Vec::new();
    for path in [path.with_extension("jsonl.1"), path] {
        let text = fs::read_to_string(path).unwrap_or_default();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        for HolderLine { t, seen } in lines {
            match seen.watch {
                Change::Begin => {
                    // A watch that was started again tells of the same once more.
                    if !held.iter().any(|(other, _)| is_same(other, &seen.holder)) {
                        held.push((seen.holder, t));
                    }
                }
                Change::End => held.retain(|(other, _)| !is_same(other, &seen.holder)),
                Change::Change => {}
            }
        }
    }
    held
}

/// Whether these are one holder at two times.
pub fn is_same(one: &Holder, other: &Holder) -> bool {
    let of = |holder: &Holder| (holder.device.clone(), holder.stream, holder.who.clone());
    of(one) == of(other)
}

/// An event as a line of JSON, stamped with the time of now.
pub fn json_line<T: Serialize>(what: &T) -> io::Result<String> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let t = (since.unwrap_or_default().as_millis() as f64) / 1e3;
    Ok(serde_json::to_string(&Line { t, what })?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use switch::Event;

    #[test]
    fn since_when_is_told_by_the_last_begin_without_an_end() {
        let dir = tempfile::tempdir().unwrap();
        let log = EventLog::new(dir.path());
        let holder = |pid| Holder {
            device: switch::Device::Camera {
                path: "/dev/video0".into(),
            },
            who: switch::Who::Process {
                pid,
                program: "app".into(),
            },
            stream: None,
            claimed_name: None,
            claimed_pid: None,
            mismatch: false,
            muted: false,
        };
        for (watch, pid) in [
            (Change::Begin, 1),
            (Change::Begin, 2),
            (Change::Begin, 2),
            (Change::End, 1),
        ] {
            let holder = holder(pid);
            log.add(&Seen { watch, holder }).unwrap();
        }
        log.add(&Event::ServerLost).unwrap();
        let found = since(dir.path());
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(is_same(&found[0].0, &holder(2)));
        assert!(found[0].1 > 1.7e9);
    }

    #[test]
    fn the_log_stays_small_and_loses_only_its_oldest() {
        let dir = tempfile::tempdir().unwrap();
        let log = EventLog::new(dir.path()).with_max_bytes(1_000);
        for times in 0..200 {
            let source = "mic".to_owned();
            log.add(&Event::Contested {
                source,
                times,
                insists: false,
            })
            .unwrap();
        }
        let mut lines = Vec::new();
        for n in [".3", ".2", ".1", ""] {
            let path = dir.path().join(format!("mic-events.jsonl{n}"));
            let text = fs::read_to_string(path).unwrap();
            assert!(text.len() <= 1_000);
            lines.extend(text.lines().map(str::to_owned));
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 4);
        let last: serde_json::Value = serde_json::from_str(lines.last().unwrap()).unwrap();
        assert_eq!(
            (last["event"].as_str(), last["times"].as_u64()),
            (Some("contested"), Some(199))
        );
        let first: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(first["times"].as_u64(), Some(200 - lines.len() as u64));
    }
}
