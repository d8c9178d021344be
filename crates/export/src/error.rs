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
    /// A cache cannot be read or written.
    #[error("failed to keep what was heard in {}: {source}", path.display())]
    Cache {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that is no cache.
    #[error("{}: this is no cache of export-check; name another file", .0.display())]
    NoCache(PathBuf),
    /// The passphrase of a cache is wrong.
    #[error("{}: the passphrase is wrong, or the cache is damaged", .0.display())]
    Passphrase(PathBuf),
    /// Copies cannot be written.
    #[error("failed to copy recordings into {}: {source}", path.display())]
    Copy {
        /// Where to.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// No voice in what was given as the owner's.
    #[error("{}: nobody speaks in it for as long as a second; give another recording", .0.display())]
    NoVoice(PathBuf),
    /// The models do not fit the program.
    #[error(transparent)]
    Voices(#[from] voices::Error),
}
