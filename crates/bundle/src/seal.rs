use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::names::SEAL;

/// SHA-256 of every file of a bundle, by path inside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// Path inside the bundle → SHA-256, hexadecimal.
    pub files: BTreeMap<String, String>,
}

/// What is wrong with a sealed bundle.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// A file differs from what was sealed.
    #[error("{file} was changed after the bundle was sealed; a verdict needs the original")]
    Changed {
        /// Path inside the bundle.
        file: String,
    },
    /// A sealed file is gone.
    #[error("{file} is missing from the sealed bundle")]
    Missing {
        /// Path inside the bundle.
        file: String,
    },
    /// A file was added.
    #[error("{file} was added after the bundle was sealed; move it out of the folder")]
    Added {
        /// Path inside the bundle.
        file: String,
    },
    /// The seal itself cannot be read.
    #[error("{SEAL} is not a seal: {0}")]
    Unreadable(String),
    /// A file cannot be written.
    #[error("failed to write {file}: {source}")]
    Write {
        /// Path inside the bundle.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be read.
    #[error("failed to read {file}: {source}")]
    Io {
        /// Path inside the bundle.
        file: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Seal {
    /// Hashes everything in `dir` but the seal itself. What is neither a file nor a folder cannot be sealed.
    pub fn of(dir: &Path) -> Result<Seal, SealError> {
        let mut files = BTreeMap::new();
        let mut open = vec![PathBuf::new()];
        while let Some(sub) = open.pop() {
            let here = dir.join(&sub);
            let entries = fs::read_dir(&here).map_err(|e| failed(&sub, e))?;
            for entry in entries {
                let entry = entry.map_err(|e| failed(&sub, e))?;
                let path = sub.join(entry.file_name());
                if path == Path::new(SEAL) {
                    continue;
                }
                let kind = entry.file_type().map_err(|e| failed(&path, e))?;
                if kind.is_dir() {
                    open.push(path);
                } else {
                    let hash = sha256_file(&entry.path()).map_err(|e| failed(&path, e))?;
                    files.insert(path.to_string_lossy().into_owned(), hash);
                }
            }
        }
        Ok(Seal { files })
    }

    /// Compares what was sealed with what is there now.
    pub fn verify(&self, dir: &Path) -> Result<(), SealError> {
        let now = Seal::of(dir)?;
        for (file, hash) in &self.files {
            match now.files.get(file) {
                None => return Err(SealError::Missing { file: file.clone() }),
                Some(found) if found != hash => {
                    return Err(SealError::Changed { file: file.clone() });
                }
                Some(_) => {}
            }
        }
        match now
            .files
            .keys()
            .find(|file| !self.files.contains_key(*file))
        {
            Some(file) => Err(SealError::Added { file: file.clone() }),
            None => Ok(()),
        }
    }

    /// One hash over the seal: names the whole bundle.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.to_json()))
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("two strings a file");
        json.push(b'\n');
        json
    }
}

fn failed(file: &Path, source: io::Error) -> SealError {
    SealError::Io {
        file: file.display().to_string(),
        source,
    }
}

fn sha256_file(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(files::Refused::Link.into());
    }
    let mut file = files::open(path)?;
    let mut chunk = vec![0; 1 << 16];
    loop {
        match io::Read::read(&mut file, &mut chunk)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            n => hasher.update(&chunk[..n]),
        }
    }
}
