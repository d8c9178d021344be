//! What the end-to-end tests share: finding the programs, running audits, looking at processes.

// Each test program uses a part of this.
#![allow(dead_code)]

pub mod display;
pub mod elsewhere;
pub mod package;
pub mod terminal;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

/// Facts are waited for this long: two cores may be shared by three audits and a compiler.
pub const LONG: Duration = Duration::from_secs(120);

/// The program under test.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_muteproof"))
}

/// A command of the program under test.
pub fn muteproof(args: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(args).stdin(Stdio::null());
    command
}

/// The repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the tests lie in the repository")
}

/// A recipe that is only for tests.
pub fn test_recipe(name: &str) -> String {
    repository()
        .join("testdata/recipes")
        .join(name)
        .display()
        .to_string()
}

/// The specimens' program, built where it is absent or older than its sources.
///
/// `cargo test` builds the programs of a package only for its own tests.
pub fn specimens() -> PathBuf {
    let program = program();
    let folder = program.parent().expect("a program lies in a folder");
    let specimen = folder.join("muteproof-specimen");
    let built = |path: &Path| fs::metadata(path).and_then(|m| m.modified()).ok();
    let sources = repository().join("crates/specimens/src");
    let newest = fs::read_dir(&sources).expect("the specimens have sources");
    let newest = newest
        .flatten()
        .filter_map(|e| built(&e.path()))
        .max()
        .unwrap_or(SystemTime::UNIX_EPOCH);
    if built(&specimen).is_some_and(|at| at >= newest) {
        return specimen;
    }
    let profile = match folder.file_name().and_then(|n| n.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let target = folder
        .parent()
        .expect("a profile's folder lies in a target folder");
    let built_now = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "cli", "-p", "specimens"])
        .args(["--bin", "muteproof-specimen", "--profile", profile])
        .arg("--target-dir")
        .arg(target)
        .current_dir(repository())
        .status()
        .expect("cargo runs");
    assert!(
        built_now.success() && specimen.is_file(),
        "{} is not there: cargo build -p specimens --profile {profile}",
        specimen.display()
    );
    specimen
}

/// The helper that `cargo xtask helper` builds, in the folder of the optimised programs.
pub fn helper() -> Option<PathBuf> {
    let program = program();
    let target = program.parent()?.parent()?;
    let helper = target.join("release/muteproof-helper");
    let root = nix::unistd::geteuid().is_root();
    match helper.is_file() && root {
        true => Some(helper),
        false => {
            skip("not root, or no helper: `cargo xtask helper` builds it");
            None
        }
    }
}

/// The folder of the helper in front of the others, so that muteproof finds it.
pub fn with_helper(command: &mut Command, helper: &Path) {
    let folder = helper.parent().expect("a file lies in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", folder.display()));
}

/// Says why a test does nothing here.
pub fn skip(why: &str) {
    eprintln!("skipped: {why}");
}

/// Whether a program is installed.
pub fn installed(program: &str) -> bool {
    ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        .iter()
        .any(|dir| Path::new(dir).join(program).is_file())
}

/// What a finished command said.
#[derive(Debug, Clone)]
pub struct Said {
    /// Exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }
}

impl Said {
    /// The lines of standard error that are about a failure.
    pub fn complaints(&self) -> Vec<&str> {
        let ours = |l: &&str| l.starts_with("muteproof:");
        self.err.lines().filter(ours).collect()
    }
}

/// Runs a command to its end.
pub fn said(command: &mut Command) -> Said {
    command.output().expect("the command runs").into()
}

/// Runs muteproof to its end.
pub fn run(args: &[&str]) -> Said {
    said(&mut muteproof(args))
}

/// A finished audit.
#[derive(Debug)]
pub struct Audited {
    /// What it said.
    pub said: Said,
    /// The folder that it made.
    pub out: PathBuf,
    /// Goes when the value goes.
    _dir: Arc<TempDir>,
}

/// Audits by a recipe, profile smoke.
pub fn audit(recipe: &str) -> Audited {
    Running::start(recipe).end()
}

/// Likewise, and again where the machine was too busy.
pub fn audit_in_time(recipe: &str) -> Audited {
    audit_in_time_with(recipe, &[])
}

/// Likewise, with further arguments.
pub fn audit_in_time_with(recipe: &str, args: &[&str]) -> Audited {
    in_time(|| {
        let with = |command: &mut Command| {
            command.args(args);
        };
        Running::start_with(recipe, with).end()
    })
}

/// Audits, and again where the session itself says that the machine was too busy to play and record in
/// time: for nothing else, and not for ever.
pub fn in_time(audit: impl Fn() -> Audited) -> Audited {
    for _ in 0..2 {
        let audited = audit();
        if !audited.was_too_busy() {
            return audited;
        }
    }
    audit()
}

impl Audited {
    /// One that was started otherwise.
    pub fn new(said: Said, out: PathBuf, dir: Arc<TempDir>) -> Audited {
        Audited {
            said,
            out,
            _dir: dir,
        }
    }

    /// Whether the session itself says that the machine was too busy to play and record in time.
    pub fn was_too_busy(&self) -> bool {
        let verdict = self.judgement()["verdict"].clone();
        let busy = ["sound_not_heard", "edges_off", "edges_differ"];
        let is_busy = |reason: &Value| busy.iter().any(|word| reason["is"] == *word);
        let reasons = verdict["reasons"].as_array();
        let busy = reasons.is_some_and(|reasons| reasons.iter().any(is_busy));
        if busy {
            eprintln!("the machine was too busy, so again: {verdict}");
        }
        busy
    }

    /// The report.
    pub fn report(&self) -> Value {
        let path = self.out.join("report.json");
        let text = fs::read_to_string(&path)
            .unwrap_or_else(|e| panic!("{}: {e}\n{}", path.display(), self.said.err));
        serde_json::from_str(&text).expect("the report is JSON")
    }

    /// The judgement in the report.
    pub fn judgement(&self) -> Value {
        self.report()["judgement"].clone()
    }

    /// The bundle.
    pub fn bundle(&self) -> PathBuf {
        self.out.join("bundle")
    }

    /// Judged again: the bytes of the report, and the exit code that the audit had.
    pub fn judged_again_is_the_same(&self) {
        self.judged_again_is(self.said.code.expect("an exit code"));
    }

    /// Judged again: the bytes of the report, and this exit code.
    pub fn judged_again_is(&self, code: i32) {
        let again = run(&["analyze", "--json", &self.out.display().to_string()]);
        let report = fs::read_to_string(self.out.join("report.json")).expect("a report");
        assert!(again.out == report, "analyze differs from the report");
        assert_eq!(again.code, Some(code), "{}", again.err);
    }
}

/// Runs one of our own commands (`cargo xtask`) that makes these two audits, with the programs that the
/// tests use; again where the machine was too busy.
pub fn in_time_both(command: &[&str], names: [&str; 2]) -> [Audited; 2] {
    specimens();
    let xtask = program().with_file_name("xtask");
    assert!(
        xtask.is_file(),
        "{} is not there: cargo build -p xtask",
        xtask.display()
    );
    let mut last = None;
    for _ in 0..3 {
        let dir = Arc::new(tempfile::tempdir().expect("a temporary folder"));
        let mut both = Command::new(&xtask);
        both.args(command)
            .arg("--out")
            .arg(dir.path())
            .env("MUTEPROOF_XTASK_BUILT", "1")
            .stdin(Stdio::null());
        let said = said(&mut both);
        let audited = names.map(|name| Audited {
            said: said.clone(),
            out: dir.path().join(name),
            _dir: dir.clone(),
        });
        if !audited.iter().any(Audited::was_too_busy) {
            assert_eq!(said.code, Some(0), "{}\n{}", said.out, said.err);
            return audited;
        }
        last = Some(audited);
    }
    last.expect("three tries")
}

/// An audit under way.
#[derive(Debug)]
pub struct Running {
    /// The process that a person would have started.
    pub child: Child,
    /// The folder that it makes.
    pub out: PathBuf,
    dir: TempDir,
}

impl Running {
    /// Starts an audit, profile smoke.
    pub fn start(recipe: &str) -> Running {
        Running::start_with(recipe, |_| {})
    }

    /// Likewise, with a last change to the command.
    pub fn start_with(recipe: &str, change: impl FnOnce(&mut Command)) -> Running {
        Running::start_as(recipe, "smoke", change)
    }

    /// Likewise, by any profile.
    pub fn start_as(recipe: &str, profile: &str, change: impl FnOnce(&mut Command)) -> Running {
        specimens();
        let dir = tempfile::tempdir().expect("a temporary folder");
        let out = dir.path().join("audit");
        let mut command = muteproof(&["audit", recipe, "--profile", profile, "--out"]);
        command
            .arg(&out)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        change(&mut command);
        let child = command.spawn().expect("muteproof starts");
        Running { child, out, dir }
    }

    /// Waits until the log of the bundle has a line with all of `parts`.
    pub fn until_logged(&mut self, parts: &[&str]) {
        let log = self.out.join("bundle/session.jsonl");
        until(&format!("a record with {parts:?}"), || {
            if let Ok(Some(status)) = self.child.try_wait() {
                let mut said = String::new();
                if let Some(err) = &mut self.child.stderr {
                    let _ = err.read_to_string(&mut said);
                }
                panic!("the audit ended ({status}) before a record with {parts:?}:\n{said}");
            }
            let text = fs::read_to_string(&log).unwrap_or_default();
            let line = text.lines().any(|l| parts.iter().all(|p| l.contains(p)));
            line.then_some(())
        });
    }

    /// Waits until the stimulus plays: everything stands by then.
    pub fn until_control(&mut self) {
        self.until_logged(&["phase_begin", "control"]);
    }

    /// Sends a signal to the process that a person would have started.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id() as i32), signal).expect("a signal can be sent");
    }

    /// Waits for the end.
    pub fn end(self) -> Audited {
        let Running { child, out, dir } = self;
        let said = child
            .wait_with_output()
            .expect("muteproof can be waited for");
        Audited {
            said: said.into(),
            out,
            _dir: Arc::new(dir),
        }
    }
}

/// Waits until `f` gives something.
pub fn until<T>(what: &str, mut f: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LONG;
    loop {
        if let Some(found) = f() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come in {LONG:?}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A process as `/proc` shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// Number of the process that started it, or that inherited it.
    pub parent: i32,
    /// Clock ticks from boot to its start: tells it from a later one of the same number.
    pub start: u64,
    /// Its arguments, joined.
    pub command: String,
}

/// All processes that are not zombies.
pub fn processes() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("there is a /proc").flatten();
    let numbers = entries.filter_map(|e| e.file_name().to_str()?.parse().ok());
    numbers.filter_map(process).collect()
}

fn process(pid: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field, the command, may hold anything: count from its closing bracket.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    if ["Z", "X"].contains(&fields[0]) {
        return None;
    }
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(Process {
        pid,
        parent: fields[1].parse().ok()?,
        start: fields[19].parse().ok()?,
        command: String::from_utf8_lossy(&arguments).replace('\0', " "),
    })
}

/// All processes that descend from `pid`.
pub fn descendants(pid: u32) -> Vec<Process> {
    let all = processes();
    let mut found: Vec<Process> = Vec::new();
    let mut open = vec![pid as i32];
    while let Some(parent) = open.pop() {
        for child in all.iter().filter(|p| p.parent == parent) {
            open.push(child.pid);
            found.push(child.clone());
        }
    }
    found
}

/// Namespaces that `processes` live in and that we do not.
pub fn own_namespaces(processes: &[Process]) -> BTreeSet<String> {
    let of = |pid: &str| -> BTreeSet<String> {
        let kinds = ["user", "mnt", "pid", "net", "ipc", "uts"];
        kinds
            .iter()
            .filter_map(|kind| fs::read_link(format!("/proc/{pid}/ns/{kind}")).ok())
            .map(|link| link.display().to_string())
            .collect()
    };
    let all = processes.iter().flat_map(|p| of(&p.pid.to_string()));
    let ours = of("self");
    all.filter(|link| !ours.contains(link)).collect()
}

/// What an audit could leave behind on this machine, as it is now.
#[derive(Debug)]
pub struct Machine {
    mounts: BTreeSet<String>,
    sockets: BTreeSet<String>,
    temporary: BTreeSet<PathBuf>,
}

impl Machine {
    /// Looks.
    pub fn look() -> Machine {
        let lines = |path: &str| -> BTreeSet<String> {
            let text = fs::read_to_string(path).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        let place = |line: &String| line.split_whitespace().nth(4).map(str::to_owned);
        let socket = |line: &String| line.split_whitespace().nth(7).map(str::to_owned);
        let dirs = ["/tmp", "/tmp/.X11-unix", "/var/tmp", "/dev/shm", "/run"];
        let entries = dirs.iter().filter_map(|dir| fs::read_dir(dir).ok());
        Machine {
            mounts: lines("/proc/self/mountinfo")
                .iter()
                .filter_map(place)
                .collect(),
            sockets: lines("/proc/net/unix").iter().filter_map(socket).collect(),
            temporary: entries.flatten().flatten().map(|e| e.path()).collect(),
        }
    }

    /// Compares with now. Other tests work in the same temporary folders, under random names
    /// (`.tmp…`); what sound servers, buses, displays and muteproof itself would leave begins with
    /// one of these.
    pub fn nothing_new(&self) {
        let now = Machine::look();
        let new: Vec<_> = now.mounts.difference(&self.mounts).collect();
        assert!(new.is_empty(), "mounts are left: {new:?}");
        // A stage's display is the first; displays of tests have high numbers.
        let names = ["muteproof", "pulse", "dbus", "X0", "specimen"];
        let telling = |path: &str| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let name = name.trim_start_matches(['.', '@']);
            names.iter().any(|n| name.starts_with(n))
        };
        let new: Vec<_> = now.sockets.difference(&self.sockets).collect();
        assert!(!new.iter().any(|s| telling(s)), "sockets are left: {new:?}");
        let new: Vec<_> = now.temporary.difference(&self.temporary).collect();
        let left = |p: &&PathBuf| telling(&p.to_string_lossy());
        assert!(!new.iter().any(left), "files are left: {new:?}");
        assert!(!Path::new("/run/muteproof").exists());
    }
}

/// The processes of a running audit and their namespaces.
#[derive(Debug)]
pub struct Family {
    processes: Vec<Process>,
    namespaces: BTreeSet<String>,
}

impl Family {
    /// Everything that lives on the stage of this audit now.
    pub fn of(running: &Running) -> Family {
        let processes = descendants(running.child.id());
        assert!(processes.len() > 8, "that is no stage: {processes:?}");
        let namespaces = own_namespaces(&processes);
        // The stage and two sides, of most kinds each.
        assert!(namespaces.len() >= 12, "{namespaces:?}");
        Family {
            processes,
            namespaces,
        }
    }

    /// Waits until none of them is left, nor anything else in their namespaces.
    pub fn is_gone(&self) {
        let mut left = BTreeMap::new();
        let deadline = Instant::now() + LONG;
        loop {
            let now = processes();
            let known = |p: &&Process| {
                let same = |q: &Process| (q.pid, q.start) == (p.pid, p.start);
                let inside = || {
                    let one = std::slice::from_ref(*p);
                    !own_namespaces(one).is_disjoint(&self.namespaces)
                };
                self.processes.iter().any(same) || inside()
            };
            left.clear();
            left.extend(now.iter().filter(known).map(|p| (p.pid, p.command.clone())));
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "processes are left: {left:?}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// The one process among the descendants of `running` whose command has all of `parts`.
pub fn descendant(running: &Running, parts: &[&str]) -> Process {
    let all = descendants(running.child.id());
    let fits = |p: &&Process| parts.iter().all(|part| p.command.contains(part));
    let found: Vec<&Process> = all.iter().filter(fits).collect();
    assert_eq!(found.len(), 1, "{parts:?} among {all:#?}");
    found[0].clone()
}

/// All files in a folder and in those inside it.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let files = entries.flat_map(|entry| match entry.path().is_dir() {
        true => files(&entry.path()),
        false => vec![entry.path()],
    });
    files.collect()
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), &target).expect("a file can be copied")),
        }
    }
}

/// How a process that `timeout` bounds ended; kills it when the time is up.
pub fn wait(child: &mut Child, timeout: Duration) -> ExitStatus {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return status;
        }
        if Instant::now() >= deadline {
            let _ = child.kill();
            panic!("it did not end in {timeout:?}");
        }
        thread::sleep(Duration::from_millis(20));
    }
}
