//! A stage that is only tried: made, with a sound server on it; a tone is played into the virtual microphone and
//! heard at the app's side, which then looks for the places where an audit keeps its key.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::RawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use recipe::Sound;
use record::{Body, SILENCE_DBFS};
use serde::{Deserialize, Serialize};
use stage::ns::{self, STAGE_DIR};
use stage::pulse::{Meter, play_tones, start_recorder};
use stage::side::SIDE_RUN;
use stage::sound::{OUTPUT, OnEnd};
use stage::{Identity, NsError, Side, SideSpec, SoundServer, net};

/// Step 1 of a stage that is only tried.
pub(crate) const PROBE_COMMAND: &str = "__probe";

/// PID 1 of that stage.
pub(crate) const PROBE_INNER_COMMAND: &str = "__probe-inner";

/// The program at the app's side that hears the tone.
pub(crate) const EAR_COMMAND: &str = "__ear";

/// What a stage showed that was made and taken down again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tried {
    /// What the app's side heard and saw; why it could not listen; nothing where no sound was asked for.
    pub sensed: Option<Result<Sensed, String>>,
}

/// What the app's side of a stage heard and saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensed {
    /// The loudest that the virtual microphone gave while tones were played, dBFS.
    pub loudest_dbfs: f32,
    /// The quietest, between them.
    pub quietest_dbfs: f32,
    /// Places where an audit keeps its key, and that could be opened.
    pub open: Vec<String>,
}

/// What is wrong with what was heard and seen.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The app's side can get at the key.
    Open(Vec<String>),
    /// The tones did not arrive.
    NotHeard {
        /// The loudest that did, dBFS.
        loudest_dbfs: f32,
    },
    /// Something else sounds all the time.
    NeverSilent {
        /// Between the tones, dBFS.
        quietest_dbfs: f32,
    },
}

/// Tones arrive at -17 dBFS; a path that takes off more is none to measure by.
const TONE_DBFS: f32 = -23.0;

/// Between them the virtual microphone gives zeros, or a resampler's traces.
const SILENT_DBFS: f32 = -60.0;

impl Sensed {
    /// What is wrong with it, the worst first.
    pub fn fault(&self) -> Option<Fault> {
        let (loudest_dbfs, quietest_dbfs) = (self.loudest_dbfs, self.quietest_dbfs);
        if !self.open.is_empty() {
            return Some(Fault::Open(self.open.clone()));
        }
        if loudest_dbfs.is_nan() || loudest_dbfs < TONE_DBFS {
            return Some(Fault::NotHeard { loudest_dbfs });
        }
        (quietest_dbfs > SILENT_DBFS).then_some(Fault::NeverSilent { quietest_dbfs })
    }
}

/// Makes a stage, really, with this sound server or none, tries it, and takes it down again: `program` again,
/// which must give its hidden commands to `hidden`. `Err` is why no stage could be made.
pub fn probe(program: &Path, sound: Option<Sound>) -> io::Result<Tried> {
    let sound = serde_json::to_string(&sound)?;
    let mut stage = Command::new(program)
        .args([PROBE_COMMAND, &sound])
        // Its end ends the stage, however this process ends.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let lifeline = stage.stdin.take();
    let out = stage.wait_with_output()?;
    drop(lifeline);
    if !out.status.success() {
        let said = String::from_utf8_lossy(&out.stderr);
        // Servers talk too; the last line is the stage's own.
        let last = said
            .trim()
            .lines()
            .last()
            .unwrap_or("it ended without a word");
        return Err(io::Error::other(last.to_owned()));
    }
    serde_json::from_slice(&out.stdout).map_err(io::Error::from)
}

/// PID 1 of a stage that is only tried. `held` is a descriptor of this program.
pub(crate) fn inner(sound: &OsStr, held: RawFd) -> ExitCode {
    let sound = sound
        .to_str()
        .and_then(|text| serde_json::from_str(text).ok());
    match tried(sound.flatten(), held) {
        Ok(tried) => {
            println!("{}", serde_json::to_string(&tried).unwrap_or_default());
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(3)
        }
    }
}

fn tried(sound: Option<Sound>, held: RawFd) -> Result<Tried, NsError> {
    ns::init_stage(None)?;
    ns::die_with_stdin(drop);
    let ear = ns::show(held, Path::new("/proc/self/exe"), "ear");
    let doing = |what: &str, e: io::Error| NsError::io(what, e);
    // Where they are in an audit.
    let bundle = Path::new(STAGE_DIR).join("bundle");
    let sham = Path::new(STAGE_DIR).join("sound-sham");
    let logs = Path::new(STAGE_DIR).join("logs");
    for folder in [&bundle, &sham, &logs] {
        fs::create_dir_all(folder).map_err(|e| doing("make a folder on the stage", e))?;
    }
    fs::write(bundle.join(SEED), "").map_err(|e| doing("write on the stage", e))?;
    let _sham =
        UnixListener::bind(sham.join(SOCKET)).map_err(|e| doing("listen on the stage", e))?;
    let silent: OnEnd = Arc::new(|_, _| {});
    let server = sound.map(|sound| SoundServer::start(sound, "sound-app", OUTPUT, &logs, &silent));
    let side = |name: &str, show: Vec<(PathBuf, PathBuf)>| {
        Side::new(SideSpec {
            trusted: None,
            installed: None,
            name: name.to_owned(),
            show,
            resolver: None,
            nested: false,
            etc: Vec::new(),
            identity: Identity::default(),
        })
    };
    let mut shown = Vec::new();
    if let Ok(ear) = &ear {
        shown.push((ear.clone(), PathBuf::from(SIDE_EAR)));
    }
    if let Some(Ok(server)) = &server {
        shown.extend(server.shown());
    }
    let (app, peer) = (side("app", shown)?, side("peer", Vec::new())?);
    net::join(&app, &peer, None)?;
    let sensed = server.map(|server| {
        let server = server?;
        ear.map_err(|e| e.to_string())?;
        sense(&server, &app)
    });
    Ok(Tried { sensed })
}

/// The file of a bundle that nobody on a side may see.
const SEED: &str = "seed";

/// PulseAudio's socket.
const SOCKET: &str = "native";

/// Where the app's side sees this program.
const SIDE_EAR: &str = "/ear/muteproof";

/// How long a tone is waited for: a busy machine may let a server stand still for seconds.
const WITHIN: Duration = Duration::from_secs(6);

/// Three a second, for longer than somebody listens.
const TONES: usize = 30;

/// Plays tones until the app's side has heard them.
fn sense(server: &SoundServer, app: &Side) -> Result<Sensed, String> {
    let socket = server.socket();
    let (failed, failure) = channel();
    // It plays until the stage ends.
    thread::spawn(move || {
        if let Err(e) = play_tones(&socket, "mic_sink", TONES) {
            let _ = failed.send(format!("the player: {e}"));
        }
    });
    let ear = [SIDE_EAR, EAR_COMMAND].map(str::to_owned);
    let ear = app
        .command(&ear)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let said = ear.and_then(Child::wait_with_output);
    let said = said.map_err(|e| format!("a program on the app's side: {e}"))?;
    if let Ok(why) = failure.try_recv() {
        return Err(why);
    }
    let heard: Option<Result<Sensed, String>> = serde_json::from_slice(&said.stdout).ok();
    heard.unwrap_or_else(|| {
        let why = String::from_utf8_lossy(&said.stderr);
        let why = why.trim().lines().last().unwrap_or("without a word");
        Err(format!("a program on the app's side ended: {why}"))
    })
}

/// What runs at the app's side: listens, looks around, and says both on standard output.
pub(crate) fn ear() -> ExitCode {
    let socket = Path::new(SIDE_RUN).join("pulse").join(SOCKET);
    let sensed = listen(&socket).map(|(loudest_dbfs, quietest_dbfs)| Sensed {
        loudest_dbfs,
        quietest_dbfs,
        open: open_places(),
    });
    let sensed = sensed.map_err(|e| format!("the virtual microphone: {e}"));
    println!("{}", serde_json::to_string(&sensed).unwrap_or_default());
    ExitCode::SUCCESS
}

/// The loudest and the quietest that the virtual microphone gives, until tones and silence were there in half
/// a second or it was waited for long enough.
fn listen(socket: &Path) -> io::Result<(f32, f32)> {
    let (tell, records) = channel();
    let out = move |_, body: Body| drop(tell.send(body));
    start_recorder(socket, "mic", Meter::default(), out)?;
    let until = Instant::now() + WITHIN;
    let (mut loudest, mut quietest) = (SILENCE_DBFS, 0.0f32);
    while let Ok(body) = records.recv_timeout(until.saturating_duration_since(Instant::now())) {
        match body {
            Body::Levels { rms_dbfs, .. } => {
                let most = rms_dbfs.iter().copied().fold(SILENCE_DBFS, f32::max);
                let least = rms_dbfs.iter().copied().fold(0.0, f32::min);
                (loudest, quietest) = (loudest.max(most), quietest.min(least));
                if most >= TONE_DBFS && least <= SILENT_DBFS {
                    return Ok((most, least));
                }
            }
            Body::Detached { why: Some(why) } => return Err(io::Error::other(why)),
            _ => {}
        }
    }
    Ok((loudest, quietest))
}

/// The places where an audit keeps its key, or what would show it, as far as they can be opened from here.
fn open_places() -> Vec<String> {
    let stage = Path::new(STAGE_DIR);
    let seed = stage.join("bundle").join(SEED);
    let sham = stage.join("sound-sham").join(SOCKET);
    let mut open = Vec::new();
    let mut tried = |path: PathBuf, opened: bool| {
        if opened {
            open.push(path.display().to_string());
        }
    };
    tried(stage.to_owned(), fs::read_dir(stage).is_ok());
    tried(seed.clone(), File::open(&seed).is_ok());
    tried(sham.clone(), UnixStream::connect(&sham).is_ok());
    let own = std::process::id();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    for process in processes {
        let number = process
            .file_name()
            .to_str()
            .and_then(|n| n.parse::<u32>().ok());
        if number.is_none_or(|number| number == own) {
            continue;
        }
        let within = |name: &str| process.path().join(name);
        tried(within("mem"), File::open(within("mem")).is_ok());
        // Opening is allowed to everybody; reading asks for the right.
        let mut byte = [0];
        let environ = File::open(within("environ")).and_then(|mut file| file.read(&mut byte));
        tried(within("environ"), environ.is_ok());
        tried(within("root"), fs::read_dir(within("root/")).is_ok());
    }
    open
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensed(loudest_dbfs: f32, quietest_dbfs: f32, open: &[&str]) -> Sensed {
        Sensed {
            loudest_dbfs,
            quietest_dbfs,
            open: open.iter().map(|place| (*place).to_owned()).collect(),
        }
    }

    #[test]
    fn a_tone_with_silence_around_it_and_no_key_in_sight_is_right() {
        assert_eq!(sensed(-17.0, -120.0, &[]).fault(), None);
        assert_eq!(sensed(-22.9, -60.0, &[]).fault(), None);
    }

    #[test]
    fn a_microphone_that_is_never_fed_is_told() {
        for loudest_dbfs in [-120.0, -40.0, -23.1] {
            let fault = sensed(loudest_dbfs, -120.0, &[]).fault();
            assert_eq!(fault, Some(Fault::NotHeard { loudest_dbfs }));
        }
        let fault = sensed(f32::NAN, -120.0, &[]).fault();
        assert!(matches!(fault, Some(Fault::NotHeard { .. })));
    }

    #[test]
    fn a_microphone_that_is_never_silent_is_told() {
        let quietest_dbfs = -30.0;
        let fault = sensed(-17.0, quietest_dbfs, &[]).fault();
        assert_eq!(fault, Some(Fault::NeverSilent { quietest_dbfs }));
    }

    #[test]
    fn a_key_in_sight_is_told_before_everything_else() {
        let fault = sensed(-120.0, -120.0, &["/run/muteproof"]).fault();
        assert_eq!(fault, Some(Fault::Open(vec!["/run/muteproof".into()])));
    }

    /// Off a stage other processes are in sight, and that is seen.
    #[test]
    fn what_can_be_opened_is_found() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let open = open_places();
        let _ = child.kill();
        let _ = child.wait();
        let root = format!("/proc/{}/root", child.id());
        assert!(open.contains(&root), "{open:?}");
    }
}
