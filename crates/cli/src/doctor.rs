//! `muteproof doctor`: what this machine can and cannot do, and the command that mends it.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use session::machine::{self, BASE_PROGRAMS, PASTA_PROGRAM, PIPEWIRE_PROGRAMS, WINDOW_PROGRAMS};
use session::recipes;
use stage::display::Display;

use crate::fail::{Fail, print};

/// One thing that was looked at.
struct Check {
    what: String,
    /// `Ok`: what was found. `Err`: what is wrong, and the command that mends it.
    found: Result<String, (String, String)>,
    /// Without it no audit runs.
    needed: bool,
}

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
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    if args.packages {
        return packages(&args.recipes);
    }
    let mut checks = vec![kernel(), stage()];
    let here = machine::distribution();
    let programs = BASE_PROGRAMS.iter().map(|p| (p, true));
    for ((program, why, packages), needed) in
        programs.chain(WINDOW_PROGRAMS.iter().map(|p| (p, false)))
    {
        let what = match needed {
            true => format!("{program} ({why})"),
            false => format!("{program} ({why}; for apps with a window)"),
        };
        let found = match machine::which(program) {
            Some(path) => Ok(path.display().to_string()),
            None => Err((
                "not installed".to_owned(),
                format!("{} {}", here.install, here.package(packages)),
            )),
        };
        checks.push(Check {
            what,
            found,
            needed,
        });
    }
    let specimen = machine::specimen().map(|p| p.display().to_string());
    let build = || {
        (
            "not built".to_owned(),
            "cargo build --release -p specimens".to_owned(),
        )
    };
    checks.push(Check {
        what: "the specimens' program".to_owned(),
        found: specimen.ok_or_else(build),
        needed: false,
    });
    checks.push(pipewire());
    checks.extend(guided());
    checks.push(tracing());
    for name in &args.recipes {
        for line in missing_for(name)? {
            let (what, how) = line
                .split_once("; ")
                .unwrap_or((&line, "see the recipe's notes"));
            let found = Err(("missing".to_owned(), how.to_owned()));
            checks.push(Check {
                what: format!("{name}: {what}"),
                found,
                needed: true,
            });
        }
    }
    let mut out = String::new();
    for check in &checks {
        match &check.found {
            Ok(found) => out.push_str(&format!("ok       {}: {found}\n", check.what)),
            Err((wrong, mend)) => {
                let mark = if check.needed { "MISSING " } else { "lacking " };
                out.push_str(&format!(
                    "{mark} {}: {wrong}\n         -> {mend}\n",
                    check.what
                ));
            }
        }
    }
    let able = checks.iter().all(|c| c.found.is_ok() || !c.needed);
    out.push_str(match able {
        true => "This machine can audit.\n",
        false => "This machine cannot audit yet: mend what is MISSING.\n",
    });
    print(out.as_bytes())?;
    Ok(if able {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(3)
    })
}

/// A program, what for, and its package by distribution.
type Program = (&'static str, &'static str, [&'static str; 3]);

/// Whether a stage with PipeWire can be made: not needed, unless a recipe says so.
fn pipewire() -> Check {
    let here = machine::distribution();
    let (there, lacking): (Vec<&Program>, Vec<&Program>) = PIPEWIRE_PROGRAMS
        .iter()
        .partition(|(program, ..): &&Program| machine::which(program).is_some());
    let found = match lacking.is_empty() {
        true => Ok(format!(
            "{} programs; between programs of one side it keeps less apart than PulseAudio \
             (docs/sound.md)",
            there.len()
        )),
        false => {
            let names: Vec<&str> = lacking.iter().map(|(program, ..)| *program).collect();
            let mut packages: Vec<&str> = lacking
                .iter()
                .map(|(_, _, packages)| here.package(packages))
                .collect();
            packages.sort_unstable();
            packages.dedup();
            let mend = format!("{} {}", here.install, packages.join(" "));
            Err((format!("without {}", names.join(", ")), mend))
        }
    };
    Check {
        what: "PipeWire as the stage's sound server (--sound pipewire)".to_owned(),
        found,
        needed: false,
    }
}

/// What guided audits need: the outside network, and a display to show the app on.
fn guided() -> [Check; 2] {
    let here = machine::distribution();
    let (program, why, packages) = &PASTA_PROGRAM;
    let mend = format!("{} {}", here.install, here.package(packages));
    let pasta = machine::which(program).map(|path| path.display().to_string());
    let display = Display::of(|name| std::env::var_os(name));
    let start = "start muteproof from a terminal in a graphical session".to_owned();
    let found = [
        (
            format!("{program} ({why})"),
            pasta.ok_or(("not installed".to_owned(), mend)),
        ),
        (
            "your display, for guided audits".to_owned(),
            display.map(|d| d.name()).map_err(|why| (why, start)),
        ),
    ];
    found.map(|(what, found)| Check {
        what,
        found,
        needed: false,
    })
}

/// What a recipe needs with the sound server that it has by default.
fn missing_for(recipe: &str) -> Result<Vec<String>, Fail> {
    let found = recipes::find(recipe)?;
    let sound = found.recipe.app.sound.unwrap_or_default();
    Ok(machine::missing(&found, sound))
}

/// Packages that would have to be installed for `recipes` and for any app with a window.
fn packages(recipes: &[String]) -> Result<ExitCode, Fail> {
    let here = machine::distribution();
    let mut missing: Vec<String> = BASE_PROGRAMS
        .iter()
        .chain(&WINDOW_PROGRAMS)
        .filter(|(program, ..)| machine::which(program).is_none())
        .map(|(_, _, packages)| here.package(packages).to_owned())
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

/// Asks the helper to watch a namespace that cannot be: it says what it lacks before it refuses.
fn tracing() -> Check {
    let rights = |path: &Path| {
        format!(
            "sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace+ep {}",
            path.display()
        )
    };
    let found = match session::helper() {
        None => Err((
            "muteproof-helper is not built".to_owned(),
            "cargo xtask helper".to_owned(),
        )),
        Some(path) => {
            let asked = Command::new(&path)
                .args(["--net", "0"])
                .stdin(Stdio::null())
                .output();
            match asked {
                Ok(out) if out.status.code() == Some(REFUSED) => Ok(path.display().to_string()),
                Ok(out) => {
                    let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
                    Err((said, rights(&path)))
                }
                Err(e) => Err((e.to_string(), "cargo xtask helper".to_owned())),
            }
        }
    };
    Check {
        what: "tracing of microphone reads and plaintext".to_owned(),
        found,
        needed: false,
    }
}

/// The helper's exit code for a request that it refuses though it could watch.
const REFUSED: i32 = 2;

fn kernel() -> Check {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release
        .split(['.', '-'])
        .map_while(|n| n.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let release = release.trim().to_owned();
    Check {
        what: "Linux 5.12 or newer".to_owned(),
        found: match version >= (5, 12) {
            true => Ok(release),
            false => Err((release, "update the kernel".to_owned())),
        },
        needed: true,
    }
}

/// Makes a stage, really, and takes it down again.
fn stage() -> Check {
    let what = "a stage without root (user, network, mount and PID namespaces)".to_owned();
    let found = match session::probe(Path::new("/proc/self/exe")) {
        Ok(()) => Ok("made one".to_owned()),
        Err(e) => Err((e.to_string(), how_to_allow_namespaces().to_owned())),
    };
    Check {
        what,
        found,
        needed: true,
    }
}

/// The switch that forbids user namespaces here, from the places where distributions put one.
pub fn how_to_allow_namespaces() -> &'static str {
    let is = |path: &str, value: &str| {
        fs::read_to_string(Path::new("/proc/sys").join(path)).is_ok_and(|text| text.trim() == value)
    };
    if is("user/max_user_namespaces", "0") {
        "sudo sysctl user.max_user_namespaces=15000"
    } else if is("kernel/unprivileged_userns_clone", "0") {
        "sudo sysctl kernel.unprivileged_userns_clone=1"
    } else if is("kernel/apparmor_restrict_unprivileged_userns", "1") {
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    } else {
        "run muteproof outside the container, or start the container with --privileged"
    }
}
