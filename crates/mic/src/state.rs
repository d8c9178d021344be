//! The state file: what was wished, and what has to be given back.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::MicError;

/// Bytes of a state file, which names some sources.
const STATE_MAX: u64 = 1 << 20;

/// A small JSON file that is replaced as a whole or not at all.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    /// The file `name` in `folder`, which need not exist yet.
    pub fn new(folder: &Path, name: &str) -> StateFile {
        StateFile {
            path: folder.join(name),
        }
    }

    /// Whether it is there.
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// What it holds; the default where there is none. A file that cannot be read is an error: to go on
    /// without it would lose what sources had.
    pub fn read<T: DeserializeOwned + Default>(&self) -> Result<T, MicError> {
        let text = match files::read_text(&self.path, STATE_MAX) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(T::default()),
            Err(e) => return Err(self.failed("read", e)),
        };
        serde_json::from_str(&text).map_err(|e| self.failed("understand", io::Error::other(e)))
    }

    /// Replaces it. It is not waited for the disk: the microphone is muted after this, and must not
    /// wait either.
    pub fn write<T: Serialize>(&self, value: &T) -> Result<(), MicError> {
        let fresh = self.path.with_extension("new");
        let write = || {
            if let Some(folder) = self.path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = fs::File::create(&fresh)?;
            serde_json::to_writer_pretty(&mut file, value)?;
            file.write_all(b"\n")?;
            fs::rename(&fresh, &self.path)
        };
        write().map_err(|e| self.failed("write", e))
    }

    fn failed(&self, doing: &'static str, error: io::Error) -> MicError {
        MicError::File {
            doing,
            path: self.path.clone(),
            error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use switch::{Former, PersistedState, Wish};

    #[test]
    fn what_was_written_is_read_and_damage_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a/b");
        let file = StateFile::new(&folder, "mic.json");
        assert_eq!(
            file.read::<PersistedState>().unwrap(),
            PersistedState::default()
        );
        let former = Former {
            muted: false,
            volumes: vec![65_536, 1],
            suspended: true,
        };
        let kept = PersistedState {
            wish: Wish::Off,
            former: [("mic".to_owned(), former)].into(),
            ..PersistedState::default()
        };
        file.write(&kept).unwrap();
        assert_eq!(file.read::<PersistedState>().unwrap(), kept);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::write(folder.join("mic.json"), "{").unwrap();
        assert!(file.read::<PersistedState>().is_err());
    }
}
