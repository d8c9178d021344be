//! The commands that a program gives itself: steps of the stage, which need a process with one thread.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use stage::NsError;

use crate::probe::{EAR_COMMAND, PROBE_COMMAND, PROBE_INNER_COMMAND};
use crate::sink::SINK_COMMAND;
use crate::{first, probe};

/// Step 1 of the stage.
pub const STAGE_COMMAND: &str = "__stage";

/// PID 1 of the stage.
const SESSION_COMMAND: &str = "__session";

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
            let session = [OsStr::new(SESSION_COMMAND)];
            return Some(step(&session, &wanted, Some(how_to_allow)));
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
        (PROBE_COMMAND, Some(sound)) => {
            // By its path: behind `/proc/self/exe` it lies in mounts that are not the stage's.
            let own = [std::env::current_exe().unwrap_or_default()];
            Some(step(&[PROBE_INNER_COMMAND.as_ref(), &sound], &own, None))
        }
        (PROBE_INNER_COMMAND, Some(sound)) => {
            let held = args.next()?.to_str()?.parse().unwrap_or(-1);
            Some(probe::inner(&sound, held))
        }
        (EAR_COMMAND, None) => Some(probe::ear()),
        (SINK_COMMAND, None) => Some(match ::sink::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                eprintln!("the sink: {e}");
                ExitCode::FAILURE
            }
        }),
        (stage::install::INSTALL_COMMAND, Some(job)) => Some(
            match stage::install::run_installer(&job.to_string_lossy()) {
                Ok(code) => ExitCode::from(code.clamp(0, 255) as u8),
                Err(e) => {
                    eprintln!("{e}");
                    ExitCode::FAILURE
                }
            },
        ),
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

fn step(
    inner: &[&OsStr],
    wanted: &[PathBuf],
    how_to_allow: Option<fn() -> &'static str>,
) -> ExitCode {
    let mut command = Command::new("/proc/self/exe");
    command.args(inner);
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
