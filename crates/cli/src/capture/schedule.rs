//! What was played when: a file that goes with a capture, and its key beside it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bundle::Bundle;
use record::{Manifest, Record, Source};
use serde::{Deserialize, Serialize};
use stimulus::Seed;

use crate::fail::{Fail, print};

/// The newest format that is written and read.
const FORMAT: u32 = 1;

/// What was played when, and what was said of the mute.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Schedule {
    format: u32,
    /// As in a bundle; the seed's hash is in it, the seed is not.
    pub manifest: Manifest,
    /// As in a bundle's log: phases, levels, clock, mute.
    pub records: Vec<Record>,
}

impl Schedule {
    /// Of a session.
    pub fn new(manifest: Manifest, records: Vec<Record>) -> Schedule {
        Schedule {
            format: FORMAT,
            manifest,
            records,
        }
    }

    /// Reads a schedule and its key.
    pub fn open(path: &Path) -> Result<(Schedule, Seed), Fail> {
        let json = fs::read(path).map_err(|e| Fail::file("read", path, &e))?;
        let wrong = |why: String| Fail::text(format!("{} is no schedule: {why}", path.display()));
        let schedule: Schedule = serde_json::from_slice(&json).map_err(|e| {
            wrong(match chosen_by_a_person(&json) {
                true => NOT_DRAWN.to_owned(),
                false => e.to_string(),
            })
        })?;
        if schedule.format > FORMAT {
            let why = format!("format {} is newer than this muteproof", schedule.format);
            return Err(wrong(why));
        }
        let key = key_path(path);
        let hex = fs::read_to_string(&key).map_err(|e| Fail::file("read the key", &key, &e))?;
        let seed = Seed::from_hex(&hex).map_err(|e| wrong(format!("its key: {e}")))?;
        if !seed
            .sha256_hex()
            .eq_ignore_ascii_case(&schedule.manifest.seed_sha256)
        {
            return Err(wrong(format!(
                "{} is the key of another one",
                key.display()
            )));
        }
        Ok((schedule, seed))
    }

    /// Writes schedule and key; neither may exist.
    pub fn write(&self, path: &Path, seed: &Seed) -> Result<(), Fail> {
        let mut json = serde_json::to_vec(self).map_err(Fail::text)?;
        json.push(b'\n');
        let key = key_path(path);
        let write = |path: &Path, mode: u32, bytes: &[u8]| {
            let mut open = OpenOptions::new();
            let file = open.write(true).create_new(true).mode(mode).open(path);
            let written = file.and_then(|mut file| file.write_all(bytes));
            written.map_err(|e| Fail::file("write", path, &e))
        };
        write(&key, 0o600, format!("{}\n", seed.to_hex()).as_bytes())?;
        write(path, 0o644, &json)
    }
}

/// Why a list of what was played when is not enough.
const NOT_DRAWN: &str = "it lists what was played when, but no coin chose the order. In an order that \
    somebody chose, whatever drifts by itself (memory, load, the time of day) goes along with the sounds \
    as a leak would, and no test can tell the two apart. Play a schedule of `muteproof play` and record \
    again";

/// A list of sounds with their times, and nothing that was drawn.
fn chosen_by_a_person(json: &[u8]) -> bool {
    let list: Result<Vec<serde_json::Map<String, serde_json::Value>>, _> =
        serde_json::from_slice(json);
    list.is_ok_and(|list| {
        let timed = |sound: &serde_json::Map<_, _>| {
            let mut numbers = sound.iter().filter(|(_, value)| value.is_number());
            numbers.any(|(name, _): (&String, _)| name.contains("start") || name == "t_s")
        };
        !list.is_empty() && list.iter().all(timed)
    })
}

fn key_path(path: &Path) -> PathBuf {
    path.with_extension("key")
}

/// `muteproof bundle schedule`.
pub fn of_bundle(bundle: &Bundle, out: &Path) -> Result<ExitCode, Fail> {
    // What only the machine of the audit could see stays there.
    let elsewhere = |record: &&Record| {
        !matches!(
            record.source,
            Source::Packets | Source::Plaintext | Source::Reads | Source::Sockets
        )
    };
    let records = bundle.records.iter().filter(elsewhere).cloned().collect();
    Schedule::new(bundle.manifest.clone(), records).write(out, bundle.seed())?;
    print(format!("{}\n", out.display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
