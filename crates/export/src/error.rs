use std::path::PathBuf;

use thiserror::Error;

/// Why an export cannot be checked at all: what is wrong, and what to do next.
#[derive(Debug, Error)]
pub enum Error {
    /// It cannot be read.
    #[error("failed to read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// An archive of a kind that is not read.
    #[error("{}: {kind} archives are not read; unpack it and name the folder", path.display())]
    Archive {
        /// Which.
        path: PathBuf,
        /// Of which kind.
        kind: &'static str,
    },
    /// The models do not fit the program.
    #[error(transparent)]
    Voices(#[from] voices::Error),
}
