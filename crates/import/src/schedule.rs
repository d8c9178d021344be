use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use bundle::Bundle;
use record::{Manifest, Record, Source};
use serde::{Deserialize, Serialize};
use stimulus::Seed;

use crate::error::ImportError;

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

/// Bytes of a schedule: a day's.
const SCHEDULE_MAX: u64 = 256 << 20;

impl Schedule {
    /// Of a session.
    pub fn new(manifest: Manifest, records: Vec<Record>) -> Schedule {
        Schedule {
            format: FORMAT,
            manifest,
            records,
        }
    }

    /// Of a bundle's session, without what only the machine of the audit could see.
    pub fn of(bundle: &Bundle) -> Schedule {
        let elsewhere = |record: &&Record| {
            !matches!(
                record.source,
                Source::Packets | Source::Plaintext | Source::Reads | Source::Sockets
            )
        };
        let records = bundle.records.iter().filter(elsewhere).cloned().collect();
        Schedule::new(bundle.manifest.clone(), records)
    }

    /// Reads a schedule and its key.
    pub fn open(path: &Path) -> Result<(Schedule, Seed), ImportError> {
        let path = path.to_owned();
        let json = match files::read(&path, SCHEDULE_MAX) {
            Ok(json) => json,
            Err(source) => return Err(ImportError::Read { path, source }),
        };
        let schedule: Schedule = match serde_json::from_slice(&json) {
            Ok(schedule) => schedule,
            Err(_) if chosen_by_a_person(&json) => return Err(ImportError::NotDrawn(path)),
            Err(source) => return Err(ImportError::NotSchedule { path, source }),
        };
        if schedule.format > FORMAT {
            let format = schedule.format;
            return Err(ImportError::NewerSchedule { path, format });
        }
        let key = key_path(&path);
        let hex = match files::read_text(&key, 1 << 10) {
            Ok(hex) => hex,
            Err(source) => return Err(ImportError::ReadKey { path: key, source }),
        };
        let seed = Seed::from_hex(&hex).map_err(|source| ImportError::BadKey {
            schedule: path.clone(),
            source,
        })?;
        let sha256 = seed.sha256_hex();
        match sha256.eq_ignore_ascii_case(&schedule.manifest.seed_sha256) {
            true => Ok((schedule, seed)),
            false => Err(ImportError::OthersKey {
                schedule: path,
                key,
            }),
        }
    }

    /// Writes schedule and key; neither may exist.
    pub fn write(&self, path: &Path, seed: &Seed) -> Result<(), ImportError> {
        let mut json = serde_json::to_vec(self).expect("plain data");
        json.push(b'\n');
        let key = key_path(path);
        let write = |path: &Path, mode: u32, bytes: &[u8]| {
            let mut open = OpenOptions::new();
            let file = open.write(true).create_new(true).mode(mode).open(path);
            let written = file.and_then(|mut file| file.write_all(bytes));
            written.map_err(|source| ImportError::Write {
                path: path.to_owned(),
                source,
            })
        };
        write(&key, 0o600, format!("{}\n", seed.to_hex()).as_bytes())?;
        write(path, 0o644, &json)
    }
}

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
