//! `muteproof audit --beside`: the device stands beside this machine, which is its way out and its loudspeaker at once.
//! What is played, what the device sends and what a person says are on one clock; nothing is searched for, and
//! nothing in the network is changed.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use import::{CaptureOptions, Drift, Here, Options};
use observe::beside::{Asked, Capture, Device, Interface, Nobody};
use report::{Guide, Lang};

use crate::device_logs;
use crate::fail::Fail;
use crate::heard;
use crate::interrupt::on_interrupt;
use crate::judged::after_audit;
use crate::options::Judging;
use crate::play;
use crate::staged::usual_folder;
use crate::terminal::Terminal;
use crate::told::BUILD_HELPER;

/// A device that has nothing to say for so long is not there.
const SILENT: Duration = Duration::from_secs(60);

/// Files beside the bundle: of the device alone.
const CAPTURE: &str = "capture.pcapng";
const SCHEDULE: &str = "schedule.json";

/// What the helper may then do: trace calls as before, and make sockets for packets.
const RIGHTS: &str = "cap_bpf,cap_net_raw,cap_perfmon,cap_sys_ptrace+ep";

/// Arguments of `audit --beside`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "A device beside this machine")]
pub struct Beside {
    /// Audit an app on a device that stands beside this machine and reaches the network through it: you join, mute and
    /// say so; this machine plays, and records what the device sends.
    #[arg(
        long,
        requires = "capture_on",
        conflicts_with_all = ["guided", "recipe", "command", "transitions", "attention", "sounds", "stop_early",
            "keep_audio", "camera", "sound", "intercept", "against"]
    )]
    pub beside: bool,
    /// The network interface that the device hangs on: a hotspot's, a shared cable's, a switch's mirror.
    #[arg(long, value_name = "INTERFACE", requires = "beside")]
    pub capture_on: Option<String>,
    /// The device, by its IP address, its network interface's address or a name that this machine can look up; without
    /// it the only one that sends anything.
    #[arg(long, value_name = "DEVICE", requires = "beside")]
    pub device: Option<String>,
    /// Output to play at, as the sound server names it; without it the one that is set as the default.
    #[arg(long, value_name = "SINK", requires = "beside")]
    pub output: Option<String>,
    /// Let this machine's own microphone listen along, and say which, as the sound server names it; without a name the
    /// default one. Only how loud it was is kept, 50 times a second.
    #[arg(
        long,
        value_name = "SOURCE",
        num_args = 0..=1,
        default_missing_value = "",
        requires = "beside"
    )]
    pub listen: Option<String>,
    /// Socket of the sound server; without it your own.
    #[arg(long, value_name = "SOCKET", requires = "beside")]
    pub server: Option<PathBuf>,
    /// Name of the app, for the report.
    #[arg(long, default_value = "app", requires = "beside")]
    pub title: String,
    /// A domain of the operator's own, as in example.org; may be given again.
    #[arg(long, value_name = "NAME", requires = "beside")]
    pub domain: Vec<String>,
    /// Keys of TLS connections that the device writes down (SSLKEYLOGFILE): read when the recording is over.
    #[arg(long, value_name = "FILE", requires = "beside")]
    pub keylog: Option<PathBuf>,
}

/// What an audit of any kind is asked besides.
pub struct How<'a> {
    /// How long.
    pub profile: &'a str,
    /// Folder for bundle and reports.
    pub out: Option<&'a Path>,
    /// How the verdict is shown.
    pub judging: &'a Judging,
}

/// `muteproof audit --beside`.
pub fn run(args: &Beside, how: &How, lang: Lang) -> Result<ExitCode, Fail> {
    let protocol = crate::options::protocol(how.profile)?;
    let name = args.capture_on.as_deref().unwrap_or_default();
    let interface = Interface::find(name).map_err(|e| Fail::NoInterface { why: e.to_string() })?;
    let asked = match &args.device {
        None => Asked::Only,
        Some(device) => Asked::parse(device).map_err(|name| Fail::UnknownDevice { name })?,
    };
    let mut played = play::Args {
        wav: None,
        page: None,
        output: args.output.clone(),
        server: args.server.clone(),
        listen: args.listen.clone(),
        schedule: PathBuf::new(),
        profile: how.profile.to_owned(),
        title: args.title.clone(),
    };
    play::server(&played)?;
    play::listens(&played)?;
    let socket = socket().map_err(|NoPackets { why, command }| Fail::NoPackets { why, command })?;
    let screen = Terminal::open(lang)?.screen();
    let ended = |e: std::io::Error| Fail::CaptureEnded { why: e.to_string() };
    let mut capture = Capture::begin(socket, interface).map_err(ended)?;
    screen.say(&Guide::Looking { interface: name });
    let device = capture
        .device(&asked, SILENT)
        .map_err(|nobody| no_device(name, nobody))?;
    screen.say(&Guide::Found {
        device: &device.to_string(),
    });
    let out = folder(how.out)?;
    let begun = Begun::new(&out)?;
    played.schedule = out.join(SCHEDULE);
    let file = out.join(CAPTURE);
    let running = capture.of(&device, &file).map_err(ended)?;
    let seed = play::fresh_seed()?;
    let typed = play::played(&played, &seed, &protocol, lang, |schedule| {
        heard::tell(&screen, &out, &file, &device, (schedule, &seed));
    })?;
    let captured = running.end().map_err(ended)?;
    let here = Here {
        interface: name.to_owned(),
        covered: captured.covered,
    };
    let lost: u64 = here
        .covered
        .windows(2)
        .map(|pair| pair[1].0 - pair[0].1)
        .sum();
    if lost > 0 {
        let seconds = lost as f64 / 1e9;
        screen.say(&Guide::Lost { seconds });
    }
    // A person spent half an hour on it.
    begun.keep();
    let fetched = device_logs::by_adb(&out);
    // From here on what the device sent is read: root has no rights then but to write the folder.
    files::confine(&[&out]).map_err(Fail::system)?;
    let logs = device_logs::asked(&typed, fetched);
    if let Err(why) = judge(args, &out, &device, here, logs) {
        let folder = out.to_string_lossy();
        screen.say(&Guide::Kept { folder: &folder });
        return Err(why);
    }
    after_audit(&out, how.judging, lang)
}

/// The bundle of what was played and captured.
fn judge(
    args: &Beside,
    out: &Path,
    device: &Device,
    here: Here,
    mic_logs: Vec<PathBuf>,
) -> Result<(), Fail> {
    let of = CaptureOptions {
        captures: vec![out.join(CAPTURE)],
        keylog: args.keylog.clone(),
        device: device.addresses.clone(),
        domains: args.domain.clone(),
        search_s: 0,
        drift: Drift::Known(0.0),
        here: Some(here),
    };
    let options = Options {
        schedule: out.join(SCHEDULE),
        out: out.join(bundle::BUNDLE_DIR),
        mic_logs,
        utc_offset_s: device_logs::east_s(),
        ..Options::default()
    };
    import::capture(&of, &options)?;
    Ok(())
}

/// Why no packets can be taken, and the command that mends it.
pub struct NoPackets {
    /// What was said.
    pub why: String,
    /// What a person runs.
    pub command: String,
}

/// A socket for packets: by an own right to one, or by the helper's.
pub fn socket() -> Result<OwnedFd, NoPackets> {
    let own = match observe::beside::packet_socket() {
        Ok(socket) => return Ok(socket),
        Err(e) => e.to_string(),
    };
    let Some(helper) = session::helper() else {
        return Err(NoPackets {
            why: format!("{own}, and {} is not installed", session::HELPER),
            command: BUILD_HELPER.to_owned(),
        });
    };
    observe::beside::packet_socket_of(&helper).map_err(|e| NoPackets {
        why: e.to_string(),
        command: format!("sudo setcap {RIGHTS} {}", helper.display()),
    })
}

fn no_device(interface: &str, nobody: Nobody) -> Fail {
    let interface = interface.to_owned();
    match nobody {
        Nobody::Silent => Fail::SilentDevice {
            interface,
            seconds: SILENT.as_secs(),
        },
        Nobody::Several(devices) => {
            let devices: Vec<String> = devices.iter().map(Device::to_string).collect();
            let devices = devices.join("; ");
            Fail::SeveralDevices { interface, devices }
        }
    }
}

/// The folder that was asked for, or one called by the time, by its whole path.
fn folder(out: Option<&Path>) -> Result<PathBuf, Fail> {
    let out = match out {
        Some(out) => {
            bundle::fresh_folder(out)?;
            out.to_owned()
        }
        None => usual_folder("beside", jiff::Timestamp::now())?,
    };
    let whole = out.canonicalize();
    whole.map_err(|e| Fail::file("find", &out, &e))
}

/// A folder that goes again where nothing came of it.
struct Begun {
    out: PathBuf,
    is_kept: Arc<AtomicBool>,
}

impl Begun {
    fn new(out: &Path) -> Result<Begun, Fail> {
        let begun = Begun {
            out: out.to_owned(),
            is_kept: Arc::default(),
        };
        let (folder, is_kept) = (begun.out.clone(), begun.is_kept.clone());
        on_interrupt(move |_| {
            if !is_kept.load(Ordering::Acquire) {
                let _ = fs::remove_dir_all(&folder);
            }
            std::process::exit(130);
        })
        .map_err(Fail::system)?;
        Ok(begun)
    }

    fn keep(&self) {
        self.is_kept.store(true, Ordering::Release);
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if !self.is_kept.load(Ordering::Acquire) {
            let _ = fs::remove_dir_all(&self.out);
        }
    }
}
