//! A mapped file that becomes shorter while it is read.
//!
//! Reading behind its end gives a signal and no error (mmap(2), SIGBUS). Nothing can be said of the rest
//! then, and what was found up to there must not look whole.

use std::sync::OnceLock;

use nix::errno::Errno;
use nix::libc::{self, c_int};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

const TEXT: &str = "muteproof: a capture became shorter while it was read, so nothing is said of it: \
                    read it again once nobody writes to it, or follow it with --follow\n";

/// As for a file that cannot be read.
const CODE: c_int = 3;

/// From now on it is said in one line, and the program ends.
pub fn tell() -> Result<(), Errno> {
    static TOLD: OnceLock<Result<(), Errno>> = OnceLock::new();
    *TOLD.get_or_init(|| {
        let action = SigAction::new(
            SigHandler::Handler(handle),
            SaFlags::empty(),
            SigSet::empty(),
        );
        // SAFETY: the handler makes async-signal-safe calls only; see there.
        unsafe { sigaction(Signal::SIGBUS, &action) }.map(drop)
    })
}

extern "C" fn handle(_signal: c_int) {
    // SAFETY: write(2) and _exit(2) are async-signal-safe (signal-safety(7)), and the text is static.
    unsafe {
        libc::write(libc::STDERR_FILENO, TEXT.as_ptr().cast(), TEXT.len());
        libc::_exit(CODE);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    const FILE: &str = "MUTEPROOF_TEST_SHORTER";

    /// Ends this process, so it is run in another one.
    #[test]
    fn reading_behind_the_end_is_said() {
        if let Some(path) = std::env::var_os(FILE) {
            let file = std::fs::File::options()
                .read(true)
                .write(true)
                .open(path)
                .unwrap();
            super::tell().unwrap();
            // SAFETY: nobody but this thread has the file.
            let map = unsafe { memmap2::Mmap::map(&file) }.unwrap();
            file.set_len(0).unwrap();
            panic!("the byte {} is not there", map[0]);
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, [7; 10_000]).unwrap();
        let done = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "capture::shorter::tests::reading_behind_the_end_is_said",
            ])
            .arg("--nocapture")
            .env(FILE, &path)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(said.contains("became shorter while it was read"), "{said}");
        assert_eq!(done.status.code(), Some(super::CODE));
    }
}
