//! A sound session of the test's own: a real server with two microphones that always hear something, and
//! real recorders. It touches no other server: every program gets a runtime folder of its own.

// Each program that uses this uses a part of it.
#![allow(dead_code)]

pub mod mumble;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Facts are waited for this long.
pub const LONG: Duration = Duration::from_secs(60);

/// Sound servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    PulseAudio,
    PipeWire,
}

pub const KINDS: [Kind; 2] = [Kind::PulseAudio, Kind::PipeWire];

impl Kind {
    /// Programs that it needs.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Kind::PulseAudio => &["pulseaudio", "pactl", "parec"],
            Kind::PipeWire => &[
                "pipewire",
                "wireplumber",
                "pipewire-pulse",
                "dbus-daemon",
                "pactl",
                "parec",
            ],
        }
    }
}

/// A program that is ended with the test.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Session {
    pub kind: Kind,
    dir: tempfile::TempDir,
    servers: Vec<Running>,
    bus: Option<Running>,
    feeding: Arc<AtomicBool>,
    hushed: Arc<AtomicBool>,
}

/// Whether a program is installed.
pub fn installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

impl Session {
    /// Starts a server, or says why there is none here.
    pub fn start(kind: Kind) -> Option<Session> {
        if let Some(lacking) = kind.programs().iter().find(|program| !installed(program)) {
            eprintln!("skipped: {lacking} is not installed");
            return None;
        }
        // A session's runtime folder is memory; the disk of a machine that runs tests may be busy.
        let memory = Path::new("/dev/shm");
        let folder = match memory.is_dir() {
            true => memory.to_owned(),
            false => std::env::temp_dir(),
        };
        let dir = tempfile::Builder::new()
            .prefix("mic-")
            .tempdir_in(folder)
            .unwrap();
        let mut session = Session {
            kind,
            dir,
            servers: Vec::new(),
            bus: None,
            feeding: Arc::new(AtomicBool::new(true)),
            hushed: Arc::default(),
        };
        session.servers();
        for name in ["mic1", "mic2"] {
            session.plug(name);
        }
        Some(session)
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// A program of the session.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let dir = self.path();
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", dir)
            .env("XDG_RUNTIME_DIR", dir)
            .env("XDG_CONFIG_HOME", dir.join("config"))
            .env("XDG_STATE_HOME", dir.join("state"))
            .env("LANG", "C.UTF-8")
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}", dir.join("bus").display()),
            )
            .stdin(Stdio::null());
        command
    }

    fn background(&self, program: &str, args: &[&str]) -> Running {
        let log = |name: &str| File::create(self.path().join(name)).unwrap();
        let mut command = self.command(program);
        command
            .args(args)
            .stdout(log(&format!("{program}.out")))
            .stderr(log(&format!("{program}.err")));
        Running(command.spawn().unwrap())
    }

    /// Starts the server's programs, each when the one before is up.
    fn servers(&mut self) {
        if self.bus.is_none() && installed("dbus-daemon") {
            let address = format!("--address=unix:path={}/bus", self.path().display());
            let args = ["--session", "--nofork", "--nopidfile", &address];
            self.bus = Some(self.background("dbus-daemon", &args));
            connects(&self.path().join("bus"));
        }
        let native = self.path().join("pulse/native");
        match self.kind {
            Kind::PulseAudio => {
                fs::create_dir_all(native.parent().unwrap()).unwrap();
                let config = format!(
                    "load-module module-native-protocol-unix socket={}\n\
                     load-module module-null-sink sink_name=spk\n\
                     set-default-sink spk\n",
                    native.display()
                );
                let file = self.path().join("server.pa");
                fs::write(&file, config).unwrap();
                let file = file.display().to_string();
                let server = self.background(
                    "pulseaudio",
                    &[
                        "-n",
                        "-F",
                        &file,
                        "--daemonize=no",
                        "--exit-idle-time=-1",
                        "--use-pid-file=no",
                        "--realtime=no",
                        "--disable-shm=yes",
                        "--log-target=stderr",
                    ],
                );
                self.servers.push(server);
            }
            Kind::PipeWire => {
                let lua = self.path().join("config/wireplumber");
                for (folder, text) in [
                    (
                        "main.lua.d",
                        "alsa_monitor.enabled = false\nv4l2_monitor.enabled = false\n\
                         libcamera_monitor.enabled = false\n",
                    ),
                    ("bluetooth.lua.d", "bluez_monitor.enabled = false\n"),
                ] {
                    fs::create_dir_all(lua.join(folder)).unwrap();
                    fs::write(lua.join(folder).join("60-test.lua"), text).unwrap();
                }
                for (program, socket) in [
                    ("pipewire", Some("pipewire-0")),
                    ("wireplumber", None),
                    ("pipewire-pulse", Some("pulse/native")),
                ] {
                    let server = self.background(program, &[]);
                    self.servers.push(server);
                    if let Some(socket) = socket {
                        connects(&self.path().join(socket));
                    }
                }
            }
        }
        connects(&native);
        until("the server answers", || {
            self.pactl(&["info"]).status.success()
        });
        if self.kind == Kind::PipeWire {
            let added = self.pactl(&["load-module", "module-null-sink", "sink_name=spk"]);
            assert!(added.status.success(), "{added:?}");
        }
    }

    /// Kills the sound server, as a crash would.
    pub fn kill_server(&mut self) {
        self.servers.clear();
    }

    /// Starts it again, with the same microphones.
    pub fn restart_server(&mut self) {
        self.servers();
        for name in ["mic1", "mic2"] {
            self.plug(name);
        }
    }

    pub fn pactl(&self, args: &[&str]) -> Output {
        self.command("pactl").args(args).output().unwrap()
    }

    /// Plugs in a microphone that hears a tone from its first sample on.
    pub fn plug(&self, name: &str) -> String {
        let fifo = self
            .path()
            .join(format!("{name}.{}", self.servers[0].0.id()));
        let args = [
            "load-module",
            "module-pipe-source",
            &format!("source_name={name}"),
            &format!("file={}", fifo.display()),
            "format=s16le",
            "rate=48000",
            "channels=1",
            // WirePlumber remembers mutes by this name: with the same one, a microphone would be muted
            // when it is plugged in because another one is.
            &format!("source_properties=media.name={name}"),
        ];
        let added = self.pactl(&args);
        assert!(added.status.success(), "{added:?}");
        let (feeding, hushed) = (self.feeding.clone(), self.hushed.clone());
        thread::spawn(move || feed(&fifo, &feeding, &hushed));
        String::from_utf8_lossy(&added.stdout).trim().to_owned()
    }

    /// Whether all microphones hear silence in the place of the tone.
    pub fn hush(&self, hushed: bool) {
        self.hushed.store(hushed, Ordering::Relaxed);
    }

    /// Takes it out again.
    pub fn unplug(&self, module: &str) {
        self.pactl(&["unload-module", module]);
    }

    /// What `pactl` says of each source: mute and volume of every one.
    pub fn contents(&self) -> Vec<String> {
        let said = self.pactl(&["list", "sources"]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let wanted = ["Name:", "Mute:", "Volume:"];
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| wanted.iter().any(|begin| line.starts_with(begin)))
            .map(str::to_owned)
            .collect()
    }

    /// A recorder that writes what it hears, 16 bit, one channel, to its standard output.
    pub fn recorder(&self, program: &str, source: &str) -> Command {
        let mut command = self.command(program);
        match program {
            "parec" => {
                let device = format!("--device={source}");
                let rest = [
                    "--latency-msec=10",
                    "--format=s16le",
                    "--rate=48000",
                    "--channels=1",
                ];
                command.arg(device).args(rest);
            }
            "pw-record" => {
                let rest = ["--latency", "10ms", "--rate", "48000", "--channels", "1"];
                command
                    .args(["--target", source])
                    .args(rest)
                    .args(["--format", "s16", "-"]);
            }
            "arecord" => {
                let config = self.path().join("asound.conf");
                fs::write(&config, "pcm.p { type pulse }\n").unwrap();
                let all = format!("/usr/share/alsa/alsa.conf:{}", config.display());
                let rest = [
                    "-D", "p", "-q", "-t", "raw", "-f", "S16_LE", "-r", "48000", "-c", "1",
                ];
                command
                    .env("ALSA_CONFIG_PATH", all)
                    .env("PULSE_SOURCE", source);
                command
                    .args(rest)
                    .args(["--buffer-time=40000", "--period-time=10000"]);
            }
            other => panic!("{other} is no recorder"),
        }
        command
    }

    /// Recorders of this machine that can record from this server.
    pub fn recorders(&self) -> Vec<&'static str> {
        let mut all = vec!["parec", "arecord"];
        if self.kind == Kind::PipeWire {
            all.push("pw-record");
        }
        all.retain(|program| installed(program));
        all
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.feeding.store(false, Ordering::Relaxed);
        // In the opposite order of starting them.
        while self.servers.pop().is_some() {}
    }
}

/// Feeds a microphone with a tone that has no sample of zero, in time with the clock.
fn feed(fifo: &Path, feeding: &AtomicBool, hushed: &AtomicBool) {
    let Ok(mut out) = File::options().write(true).open(fifo) else {
        return;
    };
    let begun = Instant::now();
    let tone: Vec<u8> = (0..480)
        .flat_map(|n: i32| (if n / 24 % 2 == 0 { 8_000i16 } else { -8_000 }).to_le_bytes())
        .collect();
    let silence = vec![0; tone.len()];
    for n in 1u32.. {
        let heard = match hushed.load(Ordering::Relaxed) {
            true => &silence,
            false => &tone,
        };
        if !feeding.load(Ordering::Relaxed) || out.write_all(heard).is_err() {
            return;
        }
        let due = begun + n * Duration::from_millis(10);
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

/// What a recorder has recorded so far.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    pub samples: u64,
    /// When a sample that is not zero arrived last.
    pub last_sound: Option<Instant>,
    /// How many in a row are zero now.
    pub silent: u64,
    /// How many were not zero.
    pub sounding: u64,
}

/// A recorder that runs, and what it hears.
pub struct Recorder {
    pub name: String,
    pub child: Running,
    heard: Arc<Mutex<Heard>>,
}

impl Recorder {
    pub fn start(name: &str, command: Command) -> Recorder {
        Recorder::start_above(name, command, 0)
    }

    /// The same, but what is not louder than `floor` is silence.
    pub fn start_above(name: &str, mut command: Command, floor: i16) -> Recorder {
        let log = command.get_envs().find(|(key, _)| *key == "HOME");
        let log = log.and_then(|(_, home)| home).map(PathBuf::from);
        let log = log.unwrap_or_default().join(format!("{name}.err"));
        command
            .stdout(Stdio::piped())
            .stderr(File::create(log).unwrap());
        let mut child = command.spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let told = heard.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut odd: Option<u8> = None;
            while let Ok(n @ 1..) = out.read(&mut buffer) {
                let now = Instant::now();
                let mut bytes: Vec<u8> = odd.take().into_iter().collect();
                bytes.extend(&buffer[..n]);
                if bytes.len() % 2 == 1 {
                    odd = bytes.pop();
                }
                let mut heard = told.lock().unwrap();
                for pair in bytes.chunks_exact(2) {
                    heard.samples += 1;
                    let sample = i16::from_le_bytes([pair[0], pair[1]]);
                    match sample.unsigned_abs() <= floor.unsigned_abs() {
                        true => heard.silent += 1,
                        false => {
                            heard.silent = 0;
                            heard.sounding += 1;
                            heard.last_sound = Some(now);
                        }
                    }
                }
            }
        });
        Recorder {
            name: name.to_owned(),
            child: Running(child),
            heard,
        }
    }

    /// A recorder that says in words, on its standard error, whether each piece of 512 samples is zero.
    pub fn start_words(name: &str, mut command: Command) -> Recorder {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let out = BufReader::new(child.stderr.take().unwrap());
        let heard = Arc::new(Mutex::new(Heard::default()));
        let told = heard.clone();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                let mut heard = told.lock().unwrap();
                if line.contains("\"SOUND\"") {
                    heard.last_sound = Some(Instant::now());
                    (heard.silent, heard.sounding) = (0, heard.sounding + 512);
                } else if line.contains("\"ZERO\"") {
                    heard.silent += 512;
                } else {
                    continue;
                }
                heard.samples += 512;
            }
        });
        Recorder {
            name: name.to_owned(),
            child: Running(child),
            heard,
        }
    }

    pub fn heard(&self) -> Heard {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until sound arrives (again).
    pub fn until_sound(&self) {
        let since = Instant::now();
        let sounds = || self.heard().last_sound.is_some_and(|at| at > since);
        until(&format!("{} hears something", self.name), sounds);
    }

    /// Waits until so many samples in a row are zero.
    pub fn until_silent(&self, samples: u64) {
        until(&format!("{} hears nothing", self.name), || {
            self.heard().silent >= samples
        });
    }
}

/// Waits for something that will be.
pub fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < LONG, "not in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

fn connects(socket: &Path) {
    until(&format!("{} is there", socket.display()), || {
        UnixStream::connect(socket).is_ok()
    });
}
