use std::io;
use std::path::PathBuf;

/// Why a file cannot be read at all. What is wrong inside of one is in [`crate::Scan`].
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The file cannot be opened, or its first bytes cannot be read.
    #[error("failed to read {}: {source}", path.display())]
    Open {
        /// Which.
        path: PathBuf,
        /// What the system said, or the library that unpacks.
        source: io::Error,
    },
    /// A packed file was to be followed as it grows.
    #[error("{} is packed: only plain captures can be followed as they grow", .0.display())]
    FollowedPacked(PathBuf),
}
