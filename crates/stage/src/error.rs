//! What can fail while the stage is being set up, and what was being done then.

use std::io;

/// What failed while the stage was being set up.
#[derive(Debug, thiserror::Error)]
pub enum NsError {
    /// This kernel or its administrator forbids unprivileged user namespaces.
    #[error("user namespaces are forbidden here ({0})")]
    UserNamespace(io::Error),
    /// Something else did not work.
    #[error("failed to {doing}: {source}")]
    Io {
        /// What was being done.
        doing: String,
        /// What the kernel said.
        source: io::Error,
    },
}

impl NsError {
    /// Wraps `source` with what was being done.
    pub fn io(doing: impl Into<String>, source: impl Into<io::Error>) -> NsError {
        NsError::Io {
            doing: doing.into(),
            source: source.into(),
        }
    }
}

/// Turns `f`'s error into an [`NsError`] that says what was being done.
pub(crate) fn doing<T, E: Into<io::Error>>(
    what: impl Into<String>,
    f: Result<T, E>,
) -> Result<T, NsError> {
    f.map_err(|e| NsError::io(what, e))
}

/// What the kernel says where there may be no user namespace, or no more of them.
pub(crate) fn forbidden(e: nix::Error) -> NsError {
    NsError::UserNamespace(match e {
        // What the kernel calls a full device is `user.max_user_namespaces`.
        nix::Error::ENOSPC => io::Error::other("there may be no more of them"),
        e => e.into(),
    })
}
