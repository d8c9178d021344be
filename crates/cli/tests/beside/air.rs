//! A loudspeaker, a room, and what a device's microphone hears in it.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use crate::common::{installed, skip, until};

/// A program that ends with its value.
pub struct Ends(pub Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A sound server with a loudspeaker, `spk`, and what the device's microphone hears, `mic`.
pub struct Loudspeaker {
    socket: PathBuf,
    _server: Ends,
}

impl Loudspeaker {
    pub fn new(dir: &Path) -> Option<Loudspeaker> {
        if !installed("pulseaudio") || !installed("parec") {
            skip("pulseaudio and its utilities are not installed");
            return None;
        }
        let socket = dir.join("native");
        // Who connects before the server asks for credentials sends none (the crate `pulseaudio` does).
        let config = format!(
            "load-module module-native-protocol-unix socket={} auth-anonymous=1\n\
             load-module module-null-sink sink_name=spk rate=48000\n\
             load-module module-pipe-source source_name=mic file={} format=s16le rate=48000 channels=1\n\
             set-default-sink spk\nset-default-source mic\n",
            socket.display(),
            dir.join(FIFO).display()
        );
        let file = dir.join("server.pa");
        fs::write(&file, config).unwrap();
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "-F"]).arg(&file);
        command.args([
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--use-pid-file=no",
            "--realtime=no",
            "--disable-shm=yes",
            "--log-target=stderr",
        ]);
        command.env("HOME", dir).env("XDG_RUNTIME_DIR", dir);
        command
            .stdout(Stdio::null())
            .stderr(File::create(dir.join("server.log")).unwrap());
        let server = Ends(command.spawn().unwrap());
        until("the sound server", || {
            let mut pactl = Command::new("pactl");
            pactl.args(["--server", &format!("unix:{}", socket.display()), "info"]);
            let told = pactl.output().ok()?.stdout;
            let told = String::from_utf8_lossy(&told).into_owned();
            told.contains("Default Source: mic").then_some(())
        });
        Some(Loudspeaker {
            socket,
            _server: server,
        })
    }

    pub fn socket(&self) -> String {
        self.socket.display().to_string()
    }
}

/// Where samples go that the device's microphone hears.
const FIFO: &str = "air";

/// The air of a room between the loudspeaker and the device's microphone, which is the source `mic`.
pub struct Air {
    _hears: Ends,
    is_down: Arc<AtomicBool>,
}

/// Samples a second.
const RATE: usize = 48_000;
/// Metres a second.
const SOUND: f64 = 343.0;

impl Air {
    /// So many metres: later and weaker by them, with the echoes of a living room that fade by 60 dB in 0.4 s, and with
    /// the noise of a quiet one.
    pub fn new(speaker: &Loudspeaker, dir: &Path, metres: f64) -> Air {
        let mut hears = Command::new("parec");
        hears.args([
            "--device=spk.monitor",
            "--format=s16le",
            "--rate=48000",
            "--channels=1",
            "--latency-msec=20",
        ]);
        hears.env("PULSE_SERVER", format!("unix:{}", speaker.socket()));
        let mut hears = hears.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = hears.stdout.take().unwrap();
        let mut to = File::options().write(true).open(dir.join(FIFO)).unwrap();
        let is_down = Arc::new(AtomicBool::new(false));
        let down = is_down.clone();
        thread::spawn(move || {
            let mut room = Room::new(metres);
            let mut bytes = [0; RATE / 50 * 2];
            while out.read_exact(&mut bytes).is_ok() {
                let samples = bytes
                    .chunks_exact(2)
                    .map(|b| i16::from_le_bytes([b[0], b[1]]))
                    .map(|s| if down.load(Relaxed) { 0 } else { s });
                let heard: Vec<u8> = samples.flat_map(|s| room.hears(s).to_le_bytes()).collect();
                if to.write_all(&heard).is_err() {
                    return;
                }
            }
        });
        Air {
            _hears: Ends(hears),
            is_down,
        }
    }

    /// The loudspeaker's own volume, of which the sound server knows nothing.
    pub fn turns_down(&self) {
        self.is_down.store(true, Relaxed);
    }
}

/// What a room does to sound.
struct Room {
    /// Samples of late, and how strong.
    paths: Vec<(usize, f64)>,
    past: Vec<f64>,
    at: usize,
    random: u64,
}

impl Room {
    fn new(metres: f64) -> Room {
        let mut room = Room {
            paths: vec![((metres / SOUND * RATE as f64) as usize, 0.5 / metres)],
            past: vec![0.0; RATE / 2],
            at: 0,
            random: 88_172_645_463_325_252,
        };
        for echo in 0..40 {
            let late = 0.005 + 0.395 * (f64::from(echo) + room.uniform()) / 40.0;
            let strong = 0.1 * 10f64.powf(-3.0 * late / 0.4) * (2.0 * room.uniform() - 1.0);
            room.paths.push(((late * RATE as f64) as usize, strong));
        }
        room
    }

    /// From 0 to 1 (Marsaglia's xorshift of 64 bits).
    fn uniform(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }

    fn hears(&mut self, sample: i16) -> i16 {
        let len = self.past.len();
        self.past[self.at] = f64::from(sample);
        let at = |late: usize| self.past[(self.at + len - late) % len];
        let heard: f64 = self
            .paths
            .iter()
            .map(|(late, strong)| strong * at(*late))
            .sum();
        self.at = (self.at + 1) % len;
        // 60 dB below full scale.
        let noise = 57.0 * (self.uniform() - 0.5);
        (heard + noise).round().clamp(-32_768.0, 32_767.0) as i16
    }
}
