//! `muteproof doctor`: what this machine can and cannot do, and the command that mends it.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use recipe::Sound;
use report::{Checked, Found, Lang, Looked, Mend, Wrong};
use session::machine::{
    self, BASE_PROGRAMS, CERTUTIL_PROGRAM, Missing, NAMES_PROGRAM, PASTA_PROGRAM,
    PIPEWIRE_PROGRAMS, PULSEAUDIO_PROGRAM, Program, WINDOW_PROGRAMS,
};
use session::recipes;
use stage::display::Display;

use crate::beside::{self, NoPackets};
use crate::fail::{Fail, print};
use crate::told::{BUILD_HELPER, BUILD_SPECIMENS, lack};
use crate::tried;

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Also check what these recipes need.
    pub recipes: Vec<String>,
    /// Print only the distribution's packages that are missing, one a line.
    #[arg(long)]
    pub packages: bool,
}

/// `muteproof doctor`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    if args.packages {
        return packages(&args.recipes);
    }
    let usual = machine::usual_sound();
    let sounds = [Sound::PulseAudio, Sound::PipeWire].into_iter();
    let sounds: Vec<Sound> = sounds.filter(|sound| machine::has_sound(*sound)).collect();
    let tried = tried::each(&sounds);
    tried::passed_with(&tried);
    let mut checks = vec![kernel()];
    checks.extend(tried::rows(&tried, usual));
    for program in &BASE_PROGRAMS {
        checks.push(installed(Looked::Program(program.0), program, true));
    }
    checks.push(installed(
        Looked::Program(PULSEAUDIO_PROGRAM.0),
        &PULSEAUDIO_PROGRAM,
        usual == Sound::PulseAudio,
    ));
    for program in WINDOW_PROGRAMS.iter().chain([&NAMES_PROGRAM]) {
        checks.push(installed(Looked::ForWindows(program.0), program, false));
    }
    let specimen = machine::specimen().map(|path| Found::Named(path.display().to_string()));
    checks.push(Checked {
        what: Looked::Specimens,
        found: specimen.ok_or_else(|| (Wrong::NotBuilt, command(BUILD_SPECIMENS))),
        needed: false,
    });
    checks.push(pipewire(usual == Sound::PipeWire));
    checks.push(installed(
        Looked::Program(PASTA_PROGRAM.0),
        &PASTA_PROGRAM,
        false,
    ));
    checks.push(installed(
        Looked::Program(CERTUTIL_PROGRAM.0),
        &CERTUTIL_PROGRAM,
        false,
    ));
    let display = Display::of(|name| std::env::var_os(name));
    checks.push(Checked {
        what: Looked::Display,
        found: match display {
            Ok(display) => Ok(Found::Named(display.name())),
            Err(why) => Err((Wrong::Said(why), Mend::Graphical)),
        },
        needed: false,
    });
    checks.push(tracing());
    checks.push(beside());
    for name in &args.recipes {
        checks.extend(missing_for(name)?.into_iter().map(|missing| Checked {
            what: Looked::Recipe {
                name: name.clone(),
                lack: lack(&missing),
            },
            found: Err((Wrong::Missing, Mend::Recipe(lack(&missing)))),
            needed: true,
        }));
    }
    let here = machine::distribution();
    let untried = (!here.tried).then_some(here.name);
    let said = report::doctor(&checks, untried, lang)?;
    print(said.as_bytes())?;
    Ok(match report::able(&checks) {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(3),
    })
}

fn command(command: impl Into<String>) -> Mend {
    Mend::Command(command.into())
}

/// Whether a program is there, and else what installs it.
fn installed(what: Looked, (program, packages): &Program, needed: bool) -> Checked {
    let here = machine::distribution();
    let found = machine::which(program).map(|path| Found::Named(path.display().to_string()));
    let install = format!("{} {}", here.install, here.package(packages));
    Checked {
        what,
        found: found.ok_or((Wrong::NotInstalled, command(install))),
        needed,
    }
}

/// Whether a stage with PipeWire can be made: needed where that is the sound server that is used.
fn pipewire(needed: bool) -> Checked {
    let here = machine::distribution();
    let (there, lacking): (Vec<&Program>, Vec<&Program>) = PIPEWIRE_PROGRAMS
        .iter()
        .partition(|(program, _): &&Program| machine::which(program).is_some());
    let mut packages: Vec<&str> = lacking
        .iter()
        .map(|(_, packages)| here.package(packages))
        .collect();
    packages.sort_unstable();
    packages.dedup();
    let install = format!("{} {}", here.install, packages.join(" "));
    let names: Vec<&str> = lacking.iter().map(|(program, _)| *program).collect();
    Checked {
        what: Looked::PipeWire,
        found: match names.is_empty() {
            true => Ok(Found::PipeWire(there.len())),
            false => Err((Wrong::Without(names), command(install))),
        },
        needed,
    }
}

/// What a recipe needs with the sound server that it has by default.
fn missing_for(recipe: &str) -> Result<Vec<Missing>, Fail> {
    let found = recipes::find(recipe)?;
    let sound = found.recipe.app.sound.unwrap_or_else(machine::usual_sound);
    Ok(machine::missing(
        &found,
        sound,
        machine::DisplayServer::default(),
    ))
}

/// Packages that would have to be installed for `recipes` and for any app with a window.
fn packages(recipes: &[String]) -> Result<ExitCode, Fail> {
    let here = machine::distribution();
    let mut missing: Vec<String> = BASE_PROGRAMS
        .iter()
        .chain(machine::sound_programs(machine::usual_sound()))
        .chain(&WINDOW_PROGRAMS)
        .chain([&NAMES_PROGRAM])
        .filter(|(program, _)| machine::which(program).is_none())
        .map(|(_, packages)| here.package(packages).to_owned())
        .collect();
    for name in recipes {
        missing.extend(machine::missing_packages(&recipes::find(name)?.recipe));
    }
    missing.sort();
    missing.dedup();
    for package in missing {
        print(format!("{package}\n").as_bytes())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens a socket for packets, as `audit --beside` does.
fn beside() -> Checked {
    let found = match beside::socket() {
        Ok(_) => Ok(Found::Packets),
        Err(NoPackets { why, command: mend }) => Err((Wrong::Said(why), command(mend))),
    };
    Checked {
        what: Looked::Beside,
        found,
        needed: false,
    }
}

/// Asks the helper to watch a namespace that cannot be: it says what it lacks before it refuses.
fn tracing() -> Checked {
    let rights = |path: &Path| {
        command(format!(
            "sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace+ep {}",
            path.display()
        ))
    };
    let found = match session::helper() {
        None => Err((Wrong::NoHelper, command(BUILD_HELPER))),
        Some(path) => {
            let asked = Command::new(&path)
                .args(["--net", "0"])
                .stdin(Stdio::null())
                .output();
            match asked {
                Ok(out) if out.status.code() == Some(REFUSED) => {
                    Ok(Found::Named(path.display().to_string()))
                }
                Ok(out) => {
                    let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
                    Err((Wrong::Said(said), rights(&path)))
                }
                Err(e) => Err((Wrong::Said(e.to_string()), command(BUILD_HELPER))),
            }
        }
    };
    Checked {
        what: Looked::Tracing,
        found,
        needed: false,
    }
}

/// The helper's exit code for a request that it refuses though it could watch.
const REFUSED: i32 = 2;

fn kernel() -> Checked {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|n| n.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let release = release.trim().to_owned();
    Checked {
        what: Looked::Kernel,
        found: match version >= (5, 12) {
            true => Ok(Found::Named(release)),
            false => Err((Wrong::Said(release), Mend::Kernel)),
        },
        needed: true,
    }
}

/// What would allow user namespaces, for the stage's own process. That speaks English, as the log does.
pub fn how_to_allow_namespaces() -> &'static str {
    let outside = "run muteproof outside the container, or start the container with --privileged";
    tried::forbidding().unwrap_or(outside)
}
