use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Why no new folder could be made.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// Something has this name already; nothing is ever written over.
    #[error("{} exists already; name another folder by --out", .0.display())]
    Exists(PathBuf),
    /// The system does not let it be made.
    #[error("failed to make {}: {source}", path.display())]
    Make {
        /// The folder, or one that it lies in.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Makes a folder that was not there, and those that it lies in. Free space matters less than whether the
/// place can be written at all.
pub fn fresh_folder(dir: &Path) -> Result<(), FolderError> {
    let make = |path: &Path, source| FolderError::Make {
        path: path.to_owned(),
        source,
    };
    if let Some(parent) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
        fs::create_dir_all(parent).map_err(|e| make(parent, e))?;
    }
    // What comes to lie in it is the person's own.
    let made = fs::DirBuilder::new().mode(0o700).create(dir);
    made.map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => FolderError::Exists(dir.to_owned()),
        _ => make(dir, e),
    })
}
