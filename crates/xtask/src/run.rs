//! Running other programs, in words.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a task comes to: nothing, or one line that says why not.
pub type Done = Result<(), String>;

/// The repository's root.
pub fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

/// Cargo, in the repository's root.
pub fn cargo(args: &[&str]) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    command
}

/// The command with what others leave of the processor: a session of its own, since the kernel's scheduler
/// weighs sessions against each other first (sched(7), "The autogroup feature"), at the lowest priority.
pub fn idle(command: &Command) -> Command {
    const LOWEST: &str = "echo 19 2>/dev/null >/proc/self/autogroup; exec nice -n 19 \"$@\"";
    let mut idle = Command::new("setsid");
    idle.args(["--wait", "sh", "-c", LOWEST, "sh"]);
    idle.arg(command.get_program()).args(command.get_args());
    idle.current_dir(command.get_current_dir().unwrap_or(&root()));
    idle.envs(
        command
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    idle
}

/// Set by a test that runs this program: the programs beside it are the ones to use, and are built.
pub const BUILT: &str = "MUTEPROOF_XTASK_BUILT";

/// Whether the programs are taken as the tests build them.
static DEVELOPMENT: AtomicBool = AtomicBool::new(false);

/// From here on the programs are those of the development build, which the tests need anyhow: a second
/// build, optimised, would take CI as long as a third of its tests.
pub fn use_development_build() {
    DEVELOPMENT.store(true, Ordering::Relaxed);
}

/// The release build's folder.
pub fn release() -> PathBuf {
    target().join("release")
}

/// Cargo's target folder.
pub fn target() -> PathBuf {
    let target =
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    root().join(target)
}

/// The folder of the programs that [`build`] builds.
pub fn programs() -> PathBuf {
    let own = env::current_exe().ok().filter(|_| is_built());
    if let Some(folder) = own.as_deref().and_then(Path::parent) {
        return folder.to_owned();
    }
    match DEVELOPMENT.load(Ordering::Relaxed) {
        true => target().join("debug"),
        false => release(),
    }
}

/// Unpacks an audit of `testdata/bundles` into a folder; its path.
pub fn unpacked(into: &Path, name: &str) -> Result<String, String> {
    let archive = root().join(format!("testdata/bundles/{name}.tar.xz"));
    run(Command::new("tar")
        .arg("xJf")
        .arg(archive)
        .arg("-C")
        .arg(into))?;
    Ok(into.join(name).display().to_string())
}

fn is_built() -> bool {
    env::var_os(BUILT).is_some()
}

/// How many audits run side by side: so many, but one where a test runs this program, whose runner counts
/// it as one.
pub fn abreast(usual: usize) -> usize {
    if is_built() { 1 } else { usual }
}

/// Builds the programs, optimised.
pub fn build() -> Done {
    if is_built() {
        return Ok(());
    }
    run(&mut match DEVELOPMENT.load(Ordering::Relaxed) {
        // Just as the tests want it: a build without them has other features of some crates (those that only
        // tests ask for), and half of all would be built twice.
        true => cargo(&["test", "--quiet", "--workspace", "--no-run"]),
        false => cargo(&[
            "build",
            "--release",
            "--quiet",
            "-p",
            "cli",
            "-p",
            "specimens",
        ]),
    })
}

/// Puts `text` into a page of docs/, between two marks on lines of their own.
pub fn put_between(page: &str, [begin, end]: [&str; 2], text: &str) -> Done {
    let path = root().join("docs").join(page);
    let whole = fs::read_to_string(&path).map_err(|e| format!("{page}: {e}"))?;
    let parts = whole.split_once(begin);
    let parts = parts.and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{page} has no place for what is made"))?;
    let fresh = format!("{before}{begin}\n{}\n{end}{after}", text.trim());
    fs::write(&path, fresh).map_err(|e| format!("{page}: {e}"))
}

/// Runs a program to its end; its output goes where ours goes.
pub fn run(command: &mut Command) -> Done {
    let what = words(command);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{what}` failed ({status})")),
        Err(e) => Err(format!("`{what}` did not start: {e}")),
    }
}

/// What a program prints, where it succeeds.
pub fn said(command: &mut Command) -> Result<String, String> {
    let what = words(command);
    let out = command
        .output()
        .map_err(|e| format!("`{what}` did not start: {e}"))?;
    match out.status.success() {
        true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
        false => {
            let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
            Err(format!("`{what}` failed ({}): {said}", out.status))
        }
    }
}

/// A command as an error quotes it: in one line, a script that is handed to a shell left out.
fn words(command: &Command) -> String {
    let args = command.get_args().map(|arg| match arg.to_string_lossy() {
        script if script.contains('\n') => "…".into(),
        arg => arg,
    });
    std::iter::once(command.get_program().to_string_lossy())
        .chain(args)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What muteproof prints. What it finds is no failure, 3 is, and so is nothing.
pub fn muteproof(args: &[&str]) -> Result<Vec<u8>, String> {
    let said = Command::new(programs().join("muteproof"))
        .args(args)
        .output()
        .map_err(|e| format!("muteproof did not start: {e}"))?;
    match said.status.code() {
        Some(0..=2 | 4) if !said.stdout.is_empty() => Ok(said.stdout),
        _ => Err(String::from_utf8_lossy(&said.stderr).into_owned()),
    }
}

/// The value after `--name`, if it was given.
pub fn option<'a>(args: &'a [String], name: &str) -> Option<&'a str> {
    let at = args.iter().position(|a| a == name)?;
    args.get(at + 1).map(String::as_str)
}

/// Whether `--name` was given.
pub fn flag(args: &[String], name: &str) -> bool {
    args.iter().any(|a| a == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_quotes_a_command_in_one_line() {
        let failed = run(Command::new("sh").args(["-c", "\nexit 3\n", "sh", "word"]));
        assert_eq!(
            failed,
            Err("`sh -c … sh word` failed (exit status: 3)".to_owned())
        );
    }
}
