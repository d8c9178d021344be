//! The key of the pseudonyms: made once, kept beside the original, never in a copy.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("failed to read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be made.
    #[error("failed to make {}: {source}", path.display())]
    Make {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no key: 64 hexadecimal digits were expected", .0.display())]
    NoKey(PathBuf),
}

/// Longest file that is taken for one that may hold a key, bytes.
const FILE_MAX: u64 = 256;

/// Where the key lies that goes with a bundle: beside its folder, as nothing may be added to what is sealed.
pub(super) fn place(dir: &Path) -> io::Result<PathBuf> {
    let dir = dir.canonicalize()?;
    let mut name = dir.file_name().unwrap_or_default().to_owned();
    name.push(".names-key");
    Ok(dir.with_file_name(name))
}

/// The key in a file; a new one is drawn and written (mode 0600) where there is no file.
pub(super) fn of(path: &Path) -> Result<[u8; 32], KeyError> {
    let failed = |source| KeyError::Make {
        path: path.to_owned(),
        source,
    };
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(mut file) => {
            let mut key = [0; 32];
            getrandom::fill(&mut key).map_err(|e| failed(io::Error::other(e.to_string())))?;
            let line = format!("{}\n", hex::encode(key));
            file.write_all(line.as_bytes()).map_err(failed)?;
            Ok(key)
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let text = files::read_text(path, FILE_MAX).map_err(|source| KeyError::Read {
                path: path.to_owned(),
                source,
            })?;
            let key = hex::decode(text.trim()).ok();
            let key = key.and_then(|key| key.try_into().ok());
            key.ok_or_else(|| KeyError::NoKey(path.to_owned()))
        }
        Err(e) => Err(failed(e)),
    }
}
