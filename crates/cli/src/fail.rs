//! Why a command could not do what it was asked.

use std::fmt::Display;
use std::io;
use std::path::Path;

/// What the outside world did wrong; a bug of ours is a panic.
#[derive(Debug)]
pub enum Fail {
    /// One line for standard error; exit code 3.
    Text(String),
    /// Everything was said already; only the exit code is left.
    Said(u8),
}

impl Fail {
    /// A failure with one line.
    pub fn text(text: impl Display) -> Fail {
        Fail::Text(text.to_string())
    }

    /// A file that could not be read or written.
    pub fn file(doing: &str, path: &Path, e: &io::Error) -> Fail {
        Fail::Text(format!("failed to {doing} {}: {e}", path.display()))
    }
}

/// Errors of the crates below say in their own words what is wrong, and where.
macro_rules! said_by {
    ($($error:ty),+ $(,)?) => {
        $(impl From<$error> for Fail {
            fn from(e: $error) -> Fail {
                Fail::text(e)
            }
        })+
    };
}

said_by!(
    analysis::Error,
    bundle::FolderError,
    import::ImportError,
    session::Error
);

/// Writes data to standard output. A reader that has gone is not an error.
pub fn print(bytes: &[u8]) -> Result<(), Fail> {
    use io::Write;
    match io::stdout().lock().write_all(bytes) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => Err(Fail::text(e)),
        _ => Ok(()),
    }
}
