//! That there is one guard.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};

use crate::MicError;

/// The lock that there is one guard by; its file names it.
pub(crate) fn lock(run: &Path) -> Result<Flock<fs::File>, MicError> {
    let path = run.join("guard.lock");
    let made = fs::create_dir_all(run).and_then(|()| {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(run, fs::Permissions::from_mode(0o700))?;
        fs::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
    });
    let opened = made.map_err(|e| file("open", &path, e))?;
    match Flock::lock(opened, FlockArg::LockExclusiveNonblock) {
        Ok(mut lock) => {
            // The lock holds whether or not it says by whom: a full folder keeps nobody from muting.
            let written = lock
                .set_len(0)
                .and_then(|()| write!(lock, "{}", std::process::id()));
            if let Err(e) = written {
                note(&file("write", &path, e));
            }
            Ok(lock)
        }
        Err((mut held, _)) => {
            let mut text = String::new();
            let _ = held.read_to_string(&mut text);
            Err(MicError::SecondGuard(text.trim().parse().unwrap_or(0)))
        }
    }
}

pub(crate) fn file(doing: &'static str, path: &Path, error: io::Error) -> MicError {
    MicError::File {
        doing,
        path: PathBuf::from(path),
        error,
    }
}

/// To standard error, if anybody still reads that. A sound server may have said it, to a terminal.
pub(crate) fn note(e: &dyn std::fmt::Display) {
    let text: String = e.to_string().chars().filter(|c| !c.is_control()).collect();
    let _ = writeln!(io::stderr(), "muteproof: {text}");
}
