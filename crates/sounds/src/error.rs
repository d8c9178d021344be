use std::path::PathBuf;

use thiserror::Error;

/// Why sounds cannot be used: which file, what is wrong with it, what to do next.
#[derive(Debug, Error)]
pub enum Error {
    /// A file or folder could not be read or written.
    #[error("failed to {doing} {}: {e}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        e: std::io::Error,
    },
    /// No sound file that can be read.
    #[error("{}: no sound can be read from it ({why}); WAV, FLAC, Ogg Vorbis, Opus and MP3 can be", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        why: String,
    },
    /// A file with nothing to be heard.
    #[error("{}: there is no sound in it; take it out of the library", .0.display())]
    Silent(PathBuf),
    /// The manifest is not one.
    #[error("{}: {why}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Where and what.
        why: String,
    },
    /// A folder without a manifest.
    #[error("{}: there is no sounds.toml; make a library of it with `muteproof sounds import`", .0.display())]
    NoLibrary(PathBuf),
    /// A folder without sounds in labelled folders.
    #[error("{}: no sounds in it; wanted are folders named by what is heard, with sound files in them", .0.display())]
    NoSounds(PathBuf),
    /// A label's folder without sounds.
    #[error("{}: no sound files in this folder; fill it or take it away", .0.display())]
    EmptyLabel(PathBuf),
    /// One file under two labels.
    #[error("{} and {} are the same file with different labels; keep one", one.display(), other.display())]
    SameFile {
        /// One of them.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// The folder is there already.
    #[error("{} exists; a library is written into a folder of its own", .0.display())]
    Exists(PathBuf),
    /// Labels and sources do not fit.
    #[error(transparent)]
    Attack(#[from] attack::Error),
}

impl Error {
    pub(crate) fn file(
        doing: &'static str,
        path: &std::path::Path,
    ) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.to_owned();
        move |e| Error::File { doing, path, e }
    }
}
