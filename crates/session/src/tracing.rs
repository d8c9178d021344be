//! Starting the privileged helper beside an audit.
//!
//! The helper is the only part with rights beyond a person's own. It writes into a pipe whose other
//! end only the session on the stage has; this process never sees what it says.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::unistd::pipe2;

use crate::protocol::{FromStage, Tap};

/// The helper's name; it lies beside muteproof or in the path.
pub const HELPER: &str = "muteproof-helper";

/// The helper's program, where there is one.
pub fn helper() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok()?.with_file_name(HELPER);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).map(|dir| dir.join(HELPER));
    std::iter::once(beside).chain(in_path).find(|p| p.is_file())
}

/// A helper that can be started once the stage stands.
pub enum Tracing {
    /// Its program, and the pipe: the session's end, and its own.
    Ready {
        /// The program.
        program: PathBuf,
        /// Inherited by the stage.
        read: OwnedFd,
        /// Becomes the helper's standard output.
        write: OwnedFd,
    },
    /// There is none.
    Absent(String),
}

impl Tracing {
    /// Looks for the helper and makes the pipe.
    pub fn prepare() -> Tracing {
        let Some(program) = helper() else {
            let why = format!("{HELPER} is not installed; `cargo xtask helper` builds it");
            return Tracing::Absent(why);
        };
        let pipe = || -> nix::Result<(OwnedFd, OwnedFd)> {
            let (read, write) = pipe2(OFlag::O_CLOEXEC)?;
            // This end goes through two processes to the session, which closes it for all others.
            fcntl(read.as_fd(), FcntlArg::F_SETFD(FdFlag::empty()))?;
            Ok((read, write))
        };
        match pipe() {
            Ok((read, write)) => Tracing::Ready {
                program,
                read,
                write,
            },
            Err(e) => Tracing::Absent(format!("no pipe for {HELPER}: {e}")),
        }
    }

    /// What the session is told of it.
    pub fn tap(&self) -> Tap {
        match self {
            Tracing::Ready { read, .. } => Tap::Pipe {
                fd: read.as_raw_fd(),
            },
            Tracing::Absent(why) => Tap::Absent { why: why.clone() },
        }
    }

    /// Reads the stage's output to its end; starts the helper when the app's side stands, and ends it
    /// when the stage has ended. Messages about something else go to `other`. Must be called when the stage
    /// has been started. An error is a line that is no message: nothing behind it was taken.
    pub fn follow(
        self,
        stage: ChildStdout,
        mut other: impl FnMut(FromStage),
    ) -> Result<(), String> {
        // The stage has its end of the pipe by now; the helper must not have one.
        let mut ready = match self {
            Tracing::Ready {
                program,
                read,
                write,
            } => {
                drop(read);
                Some((program, write))
            }
            Tracing::Absent(_) => None,
        };
        let mut helper = None;
        let mut lines = BufReader::new(stage).lines().map_while(Result::ok);
        let unreadable = lines.find_map(|line| {
            match serde_json::from_str(&line) {
                Ok(FromStage::AppNetwork { inode }) => {
                    if let Some((program, write)) = ready.take() {
                        helper = start(&program, inode, write);
                    }
                }
                Ok(message) => other(message),
                Err(e) => return Some(format!("the stage said what cannot be read: {e}")),
            }
            None
        });
        // To its end, so that a stage that still writes is not held up.
        lines.for_each(drop);
        if let Some((mut child, said)) = helper {
            // Its standard input ends, and so does it.
            drop(child.stdin.take());
            let _ = child.wait();
            let _ = said.join();
        }
        unreadable.map_or(Ok(()), Err)
    }
}

type Running = (Child, std::thread::JoinHandle<()>);

fn start(program: &Path, inode: u64, write: OwnedFd) -> Option<Running> {
    let tell = write.try_clone();
    let spawned = Command::new(program)
        .args(["--net", &inode.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::from(write))
        .stderr(Stdio::piped())
        .spawn();
    let failed = move |why: String| {
        // A session that has ended needs no telling.
        let _ = tell.map(|pipe| std::fs::File::from(pipe).write_all(&frame(why)));
    };
    match spawned {
        Ok(mut child) => {
            let mut errors = child.stderr.take()?;
            let said = std::thread::spawn(move || {
                let mut text = String::new();
                let _ = errors.read_to_string(&mut text);
                if let Some(line) = text.lines().last() {
                    failed(format!("{HELPER}: {}", line.trim()));
                }
            });
            Some((child, said))
        }
        Err(e) => {
            failed(format!("{HELPER} did not start: {e}"));
            None
        }
    }
}

/// The helper's own words, as it would have written them.
fn frame(why: String) -> Vec<u8> {
    let mut bytes = Vec::new();
    let t = stage::clock::now();
    tap::write(
        &tap::Frame {
            t_ns: t.0,
            pid: 0,
            tid: 0,
            command: [0; 16],
            body: tap::Body::Failed(why),
        },
        &mut bytes,
    );
    bytes
}
