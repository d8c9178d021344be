//! The commands that a program gives itself: steps of the stage, which need a process with one thread.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use stage::NsError;

use crate::first;

/// Step 1 of the stage.
pub const STAGE_COMMAND: &str = "__stage";

/// PID 1 of the stage.
const SESSION_COMMAND: &str = "__session";

/// Can a stage be made here at all?
const PROBE_COMMAND: &str = "__probe";

/// PID 1 of the stage that is only tried.
const PROBE_INNER_COMMAND: &str = "__probe-inner";

/// Runs the hidden command that these arguments (without the program's name) are, if they are one. Must
/// come before anything else in `main`: it needs a process with one thread.
///
/// `how_to_allow` says what would allow user namespaces, where they are forbidden.
pub fn hidden(
    mut args: impl Iterator<Item = OsString>,
    how_to_allow: fn() -> &'static str,
) -> Option<ExitCode> {
    let first = args.next()?;
    match first.to_str()? {
        STAGE_COMMAND => {
            let wanted: Vec<PathBuf> = args.map(PathBuf::from).collect();
            return Some(step(SESSION_COMMAND, &wanted, Some(how_to_allow)));
        }
        SESSION_COMMAND => {
            let held = args.map(|fd| fd.to_str().and_then(|fd| fd.parse().ok()));
            return Some(first::run(
                &held.map(|fd| fd.unwrap_or(-1)).collect::<Vec<_>>(),
            ));
        }
        _ => {}
    }
    match (first.to_str()?, args.next()) {
        (PROBE_COMMAND, None) => Some(step(PROBE_INNER_COMMAND, &[], None)),
        (PROBE_INNER_COMMAND, None) => Some(probe_inner()),
        (stage::side::HOLDER_COMMAND, Some(spec)) => {
            // What the holder is told is JSON, which is text.
            let spec = spec.to_string_lossy();
            Some(match stage::side::run_holder(&spec) {
                Ok(()) => ExitCode::SUCCESS,
                Err(e) => {
                    print!("{e}");
                    ExitCode::FAILURE
                }
            })
        }
        _ => None,
    }
}

fn step(inner: &str, wanted: &[PathBuf], how_to_allow: Option<fn() -> &'static str>) -> ExitCode {
    let mut command = Command::new("/proc/self/exe");
    command.arg(inner);
    match (stage::ns::become_stage(command, wanted), how_to_allow) {
        (Ok(code), _) => code,
        (Err(e @ NsError::UserNamespace(_)), Some(how)) => {
            eprintln!("{e}; allow them: {}", how());
            ExitCode::from(3)
        }
        (Err(e), _) => {
            eprintln!("{e}");
            ExitCode::from(3)
        }
    }
}

/// Makes a stage, really, and takes it down again; `Err` is what went wrong.
pub fn probe(program: &Path) -> Result<(), std::io::Error> {
    let out = Command::new(program)
        .arg(PROBE_COMMAND)
        .stdin(Stdio::null())
        .output()?;
    match out.status.success() {
        true => Ok(()),
        false => {
            let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
            Err(std::io::Error::other(said))
        }
    }
}

/// The inner half of the probe, as PID 1 of a stage.
fn probe_inner() -> ExitCode {
    let made = stage::ns::init_stage(None).and_then(|()| {
        let side = |name: &str| {
            stage::Side::new(stage::SideSpec {
                name: name.to_owned(),
                show: Vec::new(),
                resolver: None,
                nested: false,
                etc: Vec::new(),
            })
        };
        let (app, peer) = (side("app")?, side("peer")?);
        stage::net::join(&app, &peer)
    });
    match made {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(3)
        }
    }
}
