//! A network namespace, the helper, and what it said.
#![allow(dead_code)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tap::{Body, Frame};

pub const HELPER: &str = env!("CARGO_BIN_EXE_muteproof-helper");

/// Says why tests are skipped here, if they are.
pub fn skipped() -> bool {
    let why = observe_bpf::abilities::missing();
    let why = match why.first() {
        Some(why) => why.clone(),
        None if !nix::unistd::geteuid().is_root() => "needs root".to_owned(),
        None => return false,
    };
    println!("SKIPPED: {why}");
    true
}

/// Whether a program is there; says that a test is skipped otherwise.
pub fn there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
    if !there {
        println!("SKIPPED: {program} is not installed");
    }
    there
}

/// A process that ends with its owner.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits for a fact.
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(30);
    while !done() {
        assert!(Instant::now() < end, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A network namespace with nothing but its loopback.
pub struct Net {
    holder: Running,
    pub inode: u32,
}

impl Net {
    pub fn new() -> Net {
        let holder = Command::new("unshare")
            .args(["--net", "sh", "-c", "ip link set lo up; echo up; exec cat"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut holder = Running(holder);
        let mut line = String::new();
        BufReader::new(holder.0.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "up\n");
        let ns = fs::metadata(format!("/proc/{}/ns/net", holder.0.id())).unwrap();
        let inode = ns.ino() as u32;
        Net { holder, inode }
    }

    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command
            .arg(format!("--net=/proc/{}/ns/net", self.holder.0.id()))
            .arg("--")
            .arg(program);
        command
    }
}

/// The helper, and all frames so far.
pub struct Helper {
    child: Child,
    frames: Arc<Mutex<Vec<Frame>>>,
    reader: Option<JoinHandle<()>>,
}

impl Helper {
    pub fn start(net: &Net, more: &[&str]) -> Helper {
        let mut command = Command::new(HELPER);
        command.args(["--net", &net.inode.to_string()]).args(more);
        Helper::of(command)
    }

    pub fn of(mut command: Command) -> Helper {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let frames = Arc::new(Mutex::new(Vec::new()));
        let (mut out, sink) = (child.stdout.take().unwrap(), frames.clone());
        let reader = std::thread::spawn(move || {
            let (mut reader, mut bytes) = (tap::Reader::default(), vec![0; 1 << 16]);
            while let Ok(n @ 1..) = out.read(&mut bytes) {
                sink.lock()
                    .unwrap()
                    .extend(reader.push(&bytes[..n]).unwrap());
            }
        });
        let helper = Helper {
            child,
            frames,
            reader: Some(reader),
        };
        helper.wait_for("watching ");
        helper
    }

    /// Waits until a line says that something is watched.
    pub fn wait_for(&self, text: &str) {
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            let said = |f: &Frame| matches!(&f.body, Body::Attached(line) if line.contains(text));
            if self.frames.lock().unwrap().iter().any(said) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("`{text}` is not watched: {:?}", self.frames.lock().unwrap());
    }

    /// Ends it by its standard input; all frames.
    pub fn end(mut self) -> Vec<Frame> {
        drop(self.child.stdin.take());
        self.reader.take().unwrap().join().unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
        std::mem::take(&mut *self.frames.lock().unwrap())
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many events were lost, by what the helper said.
pub fn lost(frames: &[Frame]) -> u64 {
    frames
        .iter()
        .map(|frame| match frame.body {
            Body::Lost { events } => events,
            _ => 0,
        })
        .sum()
}

/// A copy of the helper that anybody can start, wherever the checkout lies.
pub fn for_anybody(folder: &Path) -> PathBuf {
    let open = |path: &Path| fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    open(folder);
    let copy = folder.join("muteproof-helper");
    fs::copy(HELPER, &copy).unwrap();
    open(&copy);
    copy
}

/// A cgroup of the test's own; its processes go back to the root with it.
pub struct Cgroup {
    root: PathBuf,
    folder: PathBuf,
}

impl Cgroup {
    /// Says why there is none.
    pub fn new(name: &str) -> Option<Cgroup> {
        let Some(root) = cgroup_root() else {
            println!("SKIPPED: no cgroup (version 2) is mounted");
            return None;
        };
        let root = PathBuf::from(root);
        let folder = root.join(format!("muteproof-{name}-{}", std::process::id()));
        if let Err(e) = fs::create_dir(&folder) {
            println!("SKIPPED: no cgroup can be made here ({e})");
            return None;
        }
        Some(Cgroup { root, folder })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn take(&self, pid: u32) {
        fs::write(self.folder.join("cgroup.procs"), pid.to_string()).unwrap();
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let pids = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        for pid in pids.lines() {
            let _ = fs::write(self.root.join("cgroup.procs"), pid);
        }
        let _ = fs::remove_dir(&self.folder);
    }
}

pub fn cgroup_root() -> Option<String> {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    let line = mounts
        .lines()
        .find(|line| line.split(' ').nth(2) == Some("cgroup2"))?;
    line.split(' ').nth(1).map(str::to_owned)
}

/// Runs gcc.
pub fn gcc(args: &[&std::ffi::OsStr]) {
    let status = Command::new("gcc")
        .args(["-O1", "-Wall"])
        .args(args)
        .status()
        .unwrap();
    assert!(status.success());
}

/// Builds the stand-in library under `name` and the app against it.
pub fn build(folder: &Path, name: &str) -> PathBuf {
    let c = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c");
    let app = folder.join("app");
    let library = folder.join(name);
    gcc(&[
        "-shared".as_ref(),
        "-fPIC".as_ref(),
        "-o".as_ref(),
        library.as_ref(),
        c.join("library.c").as_ref(),
    ]);
    gcc(&[
        "-o".as_ref(),
        app.as_ref(),
        c.join("app.c").as_ref(),
        library.as_ref(),
    ]);
    app
}

/// An app of [`build`] that waits for its line.
pub struct App {
    running: Running,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    told: PathBuf,
}

impl App {
    pub fn start(command: Command, calls: u32, told: PathBuf) -> App {
        App::with(command, &calls.to_string(), told)
    }

    /// With another first argument.
    pub fn with(mut command: Command, first: &str, told: PathBuf) -> App {
        let child = command
            .arg(first)
            .arg(&told)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut running = Running(child);
        let stdin = running.0.stdin.take().unwrap();
        let stdout = BufReader::new(running.0.stdout.take().unwrap());
        App {
            running,
            stdin,
            stdout,
            told,
        }
    }

    pub fn pid(&self) -> u32 {
        self.running.0.id()
    }

    /// Gives it a line, and takes the one that it answers.
    pub fn ask(&mut self, answer: &str) {
        self.stdin.write_all(b"\n").unwrap();
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), answer);
    }

    /// Lets it make its calls; what it got and gave: (name, bytes, data).
    pub fn go(&mut self) -> Vec<(String, u32, Vec<u8>)> {
        self.ask("done");
        let told = fs::read_to_string(&self.told).unwrap();
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        told.lines()
            .map(|line| {
                let mut words = line.splitn(3, ' ');
                let name = words.next().unwrap().to_owned();
                let bytes = words.next().unwrap().parse().unwrap();
                (
                    name,
                    bytes,
                    words
                        .next()
                        .unwrap()
                        .as_bytes()
                        .chunks(2)
                        .map(byte)
                        .collect(),
                )
            })
            .collect()
    }
}

/// The same of a frame, where it is a read or a plaintext.
pub fn told(frame: &Frame) -> Option<(String, u32, Vec<u8>)> {
    match &frame.body {
        Body::Read {
            door, bytes, data, ..
        } => Some((format!("read{}", *door as u8), *bytes, data.clone())),
        Body::Plain {
            sink, bytes, data, ..
        } => Some((format!("plain{}", *sink as u8), *bytes, data.clone())),
        _ => None,
    }
}
