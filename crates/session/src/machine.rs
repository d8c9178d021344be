//! What is on this machine: programs, packages, hashes, versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use recipe::{On, Role, Sound, Vars};
use record::{Net, Remote, RemoteRole, Subject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stage::net::{APP_ADDRESS, PEER_ADDRESS};

use crate::error::Error;
use crate::recipes::Found;

/// A program that the stage needs, and its package by distribution. What it is for is told by whoever
/// talks to a person.
pub type Program = (&'static str, [&'static str; 3]);

/// Programs that every stage needs.
pub const BASE_PROGRAMS: [Program; 2] = [
    ("ip", ["iproute2", "iproute", "iproute2"]),
    ("dbus-daemon", ["dbus", "dbus-daemon", "dbus"]),
];

/// Who draws the windows of the sides, and who can press keys there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DisplayServer {
    /// Xvfb, with openbox.
    #[default]
    X11,
    /// weston, without a screen. No program may press keys or click there, so only what is found by name is pressed.
    Wayland,
}

/// The program that a stage with PulseAudio needs.
pub const PULSEAUDIO_PROGRAM: Program = ("pulseaudio", ["pulseaudio", "pulseaudio", "pulseaudio"]);

/// Programs that a stage with PipeWire needs.
pub const PIPEWIRE_PROGRAMS: [Program; 4] = [
    ("pipewire", ["pipewire", "pipewire", "pipewire"]),
    ("wireplumber", ["wireplumber", "wireplumber", "wireplumber"]),
    (
        "pipewire-pulse",
        ["pipewire-pulse", "pipewire-pulseaudio", "pipewire-pulse"],
    ),
    ("pw-dump", ["pipewire-bin", "pipewire-utils", "pipewire"]),
];

/// The program that guided audits need for the outside network.
pub const PASTA_PROGRAM: Program = ("pasta", ["passt", "passt", "passt"]);

/// The program that makes Chromium trust the network which answers everything.
pub const CERTUTIL_PROGRAM: Program = (stage::nss::CERTUTIL, ["libnss3-tools", "nss-tools", "nss"]);

/// Programs that apps with a window need.
pub const WINDOW_PROGRAMS: [Program; 3] = [
    ("Xvfb", ["xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"]),
    ("openbox", ["openbox", "openbox", "openbox"]),
    ("xdotool", ["xdotool", "xdotool", "xdotool"]),
];

/// The same where the sides' display is Wayland's.
pub const WAYLAND_PROGRAMS: [Program; 1] = [("weston", ["weston"; 3])];

/// The program that shows a display inside a window, for who records a recipe.
pub const NESTED_PROGRAM: Program = (
    "Xephyr",
    [
        "xserver-xephyr",
        "xorg-x11-server-Xephyr",
        "xorg-server-xephyr",
    ],
);

/// The program that makes the bus on which windows say of themselves what is in them: what steps by name need.
pub const NAMES_PROGRAM: Program = (
    "at-spi-bus-launcher",
    ["at-spi2-core", "at-spi2-core", "at-spi2-core"],
);

/// Where distributions put programs that nobody calls by hand.
const HELPERS: [&str; 3] = ["/usr/libexec", "/usr/lib/at-spi2-core", "/usr/lib"];

/// A distribution, as far as installing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distribution {
    /// Key in recipes, and index into the package lists.
    pub key: &'static str,
    /// What it is called.
    pub name: &'static str,
    index: usize,
    /// The command that installs packages, up to their names: what follows is no option.
    pub install: &'static str,
    /// The command that installs them anew, with the files that they had.
    pub reinstall: &'static str,
    /// Whether what is said of its packages was tried, and is not only from its lists.
    pub tried: bool,
}

/// The distribution of this machine, from os-release(5).
pub fn distribution() -> Distribution {
    let text = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let ids: String = text
        .lines()
        .filter(|l| l.starts_with("ID=") || l.starts_with("ID_LIKE="))
        .collect::<Vec<_>>()
        .join(" ");
    if ids.contains("fedora") || ids.contains("rhel") {
        Distribution {
            key: "fedora",
            name: "Fedora",
            index: 1,
            install: "sudo dnf install --",
            reinstall: "sudo dnf reinstall --",
            tried: false,
        }
    } else if ids.contains("arch") {
        Distribution {
            key: "arch",
            name: "Arch",
            index: 2,
            install: "sudo pacman -S --",
            reinstall: "sudo pacman -S --",
            tried: false,
        }
    } else {
        Distribution {
            key: "debian",
            name: "Debian",
            index: 0,
            install: "sudo apt-get install --no-install-recommends --",
            reinstall: "sudo apt-get install --reinstall --",
            tried: true,
        }
    }
}

impl Distribution {
    /// The package of a base program.
    pub fn package(&self, packages: &[&'static str; 3]) -> &'static str {
        packages[self.index]
    }
}

/// Looks for a program in the places where the sides look too.
pub fn which(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(PathBuf::from(program)).filter(|p| p.is_file());
    }
    let places = [
        "/usr/local/bin",
        "/usr/bin",
        "/bin",
        "/usr/games",
        "/usr/sbin",
        "/sbin",
    ];
    let helpers = HELPERS.iter().filter(|_| program == NAMES_PROGRAM.0);
    places
        .iter()
        .chain(helpers)
        .map(|dir| Path::new(dir).join(program))
        .find(|p| p.is_file())
}

/// Whether one of the programs is there that `wanted` names, as a recipe does: `a|b` where either will do.
pub fn is_there(wanted: &str) -> bool {
    wanted.split('|').any(|program| which(program).is_some())
}

/// The sound server of a stage that may have any: the one that is there, PulseAudio where both are.
pub fn usual_sound() -> Sound {
    match !has_sound(Sound::PulseAudio) && has_sound(Sound::PipeWire) {
        true => Sound::PipeWire,
        false => Sound::PulseAudio,
    }
}

/// Whether all programs of a sound server are there.
pub fn has_sound(sound: Sound) -> bool {
    let mut programs = sound_programs(sound).iter();
    programs.all(|(name, _)| which(name).is_some())
}

/// What a stage with this sound server stands on, in words that change when any of it does: the kernel, the
/// sound server, muteproof itself.
pub fn versions(sound: Sound) -> String {
    format!(
        "Linux {}\n{}\nmuteproof {}\n",
        kernel(),
        sound_server(sound),
        env!("CARGO_PKG_VERSION")
    )
}

fn kernel() -> String {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    release.trim().to_owned()
}

/// Programs that a sound server consists of.
pub fn sound_programs(sound: Sound) -> &'static [Program] {
    match sound {
        Sound::PulseAudio => &[PULSEAUDIO_PROGRAM],
        Sound::PipeWire => &PIPEWIRE_PROGRAMS,
    }
}

/// The specimens' binary beside this one.
pub fn specimen() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    // A test binary lies one folder deeper than the programs.
    let dirs = [own.parent()?.to_owned(), own.parent()?.parent()?.to_owned()];
    dirs.iter()
        .map(|dir| dir.join("muteproof-specimen"))
        .find(|p| p.is_file())
}

/// What a recipe needs and this machine lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// A program of the stage.
    Program {
        /// Its name.
        program: &'static str,
        /// The command that installs it.
        install: String,
    },
    /// The specimens' program is not beside this one.
    Specimens,
    /// A program of the recipe.
    Own {
        /// Its name or path.
        program: String,
        /// The command that installs it, where the recipe names packages for this distribution.
        install: Option<String>,
    },
}

/// Which of these programs are not there.
pub fn missing_programs(programs: &[Program]) -> Vec<Missing> {
    programs.iter().filter_map(lacking).collect()
}

fn lacking((program, packages): &Program) -> Option<Missing> {
    let here = distribution();
    let install = format!("{} {}", here.install, here.package(packages));
    which(program)
        .is_none()
        .then_some(Missing::Program { program, install })
}

/// What a recipe needs and this machine lacks, and how to get it.
pub fn missing(found: &Found, sound: Sound, display: DisplayServer) -> Vec<Missing> {
    let here = distribution();
    let app = &found.recipe.app;
    let mut missing = Vec::new();
    let base = BASE_PROGRAMS.iter();
    let window = match display {
        DisplayServer::X11 => &WINDOW_PROGRAMS[..],
        DisplayServer::Wayland => &WAYLAND_PROGRAMS[..],
    };
    let window = window.iter().filter(|_| app.window);
    let by_name = [On::App, On::Peer].map(|on| found.recipe.names_on(on));
    let names = [NAMES_PROGRAM];
    let names = names.iter().filter(|_| by_name.contains(&true));
    let all = base.chain(sound_programs(sound)).chain(window).chain(names);
    missing.extend(all.filter_map(lacking));
    let binary = binary_of(&found.recipe);
    let own = app.programs.iter().chain([&binary]);
    for program in own.cloned() {
        if program.contains("${specimen}") {
            if specimen().is_none() {
                missing.push(Missing::Specimens);
            }
        } else if !is_there(&program) {
            let packages = app.packages.get(here.key);
            let install = packages.map(|p| format!("{} {}", here.install, p.join(" ")));
            missing.push(Missing::Own { program, install });
        }
    }
    missing
}

/// The audited binary, with the recipe's own variables filled in. What cannot be filled in was refused when
/// the recipe was read.
fn binary_of(recipe: &recipe::Recipe) -> String {
    let binary = &recipe.app.binary;
    let filled = Vars::new(&recipe.vars, []).and_then(|vars| vars.fill(binary));
    filled.unwrap_or_else(|_| binary.clone())
}

/// The recipe's packages, if any program of its is missing here.
pub fn missing_packages(recipe: &recipe::Recipe) -> Vec<String> {
    let app = &recipe.app;
    let binary = binary_of(recipe);
    let binary = std::iter::once(&binary).filter(|b| !b.contains("${specimen}"));
    let lacks = app
        .programs
        .iter()
        .chain(binary)
        .any(|program| !is_there(program));
    let packages = app.packages.get(distribution().key).filter(|_| lacks);
    packages.cloned().unwrap_or_default()
}

/// Everything that the manifest says of the app.
pub fn subject(found: &Found) -> Result<Subject, Error> {
    let app = &found.recipe.app;
    let named = binary_of(&found.recipe);
    let binary = match named.contains("${specimen}") {
        true => specimen().unwrap_or_default(),
        false => which(&named).unwrap_or_default(),
    };
    let binary_sha256 = sha256(&binary).map_err(|e| Error::file("read", &binary, e))?;
    let packages = app
        .packages
        .get(distribution().key)
        .cloned()
        .unwrap_or_default();
    let packages: Vec<(String, String)> = packages
        .into_iter()
        .map(|p| {
            let version = package_version(&p).unwrap_or_else(|| "unknown".to_owned());
            (p, version)
        })
        .collect();
    let version = match (named.contains("${specimen}"), packages.first()) {
        (true, _) => env!("CARGO_PKG_VERSION").to_owned(),
        (false, Some((_, version))) => version.clone(),
        (false, None) => "unknown".to_owned(),
    };
    Ok(Subject {
        recipe: found.name.clone(),
        recipe_sha256: found.sha256(),
        title: found.recipe.title.clone(),
        binary: named.replace("${specimen}", "muteproof-specimen"),
        binary_sha256,
        version,
        packages,
        mute_way: app.mute_way.clone(),
        called: found.recipe.called.iter().map(called).collect(),
    })
}

fn called((language, called): (&String, &recipe::Called)) -> (String, record::Called) {
    let recipe::Called { title, mute_way } = called.clone();
    (language.clone(), record::Called { title, mute_way })
}

/// The hash of a file, piece by piece: a recipe may name any.
fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = files::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; 1 << 16];
    loop {
        match std::io::Read::read(&mut file, &mut chunk)? {
            0 => return Ok(hex::encode(hasher.finalize())),
            n => hasher.update(&chunk[..n]),
        }
    }
}

fn package_version(package: &str) -> Option<String> {
    let (program, args): (&str, Vec<&str>) = match distribution().key {
        "fedora" => (
            "rpm",
            vec!["-q", "--qf", "%{VERSION}-%{RELEASE}", "--", package],
        ),
        "arch" => ("pacman", vec!["-Q", "--", package]),
        _ => ("dpkg-query", vec!["-W", "-f", "${Version}", "--", package]),
    };
    said(program, &args)
}

/// The first line of what a program prints; nothing where it fails.
pub fn said(program: &str, args: &[&str]) -> Option<String> {
    let out = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let out = out.ok().filter(|out| out.status.success())?;
    let text = String::from_utf8_lossy(&out.stdout);
    text.lines()
        .next()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
}

/// Facts about this machine for the manifest.
pub fn host(app: &recipe::App, sound: Sound) -> Vec<(String, String)> {
    let os = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let pretty = os.lines().find_map(|l| l.strip_prefix("PRETTY_NAME="));
    let cores = std::thread::available_parallelism().map_or(0, |n| n.get());
    let mut facts = vec![
        (
            "system".to_owned(),
            pretty.unwrap_or("unknown").trim_matches('"').to_owned(),
        ),
        ("kernel".to_owned(), format!("Linux {}", kernel())),
        ("architecture".to_owned(), std::env::consts::ARCH.to_owned()),
        ("cores".to_owned(), cores.to_string()),
        (
            "privilege".to_owned(),
            if nix::unistd::geteuid().is_root() {
                "root"
            } else {
                "user"
            }
            .to_owned(),
        ),
    ];
    facts.push(("sound server".to_owned(), sound_server(sound)));
    if app.sandbox.is_some() {
        let mounts = "nested: the app may make mounts";
        facts.push(("sandbox".to_owned(), mounts.to_owned()));
    }
    facts
}

/// What the manifest says of the sides' display; nothing where it is the usual one.
pub fn display(server: DisplayServer) -> Option<(String, String)> {
    let weston = || said("weston", &["--version"]).unwrap_or_else(|| "weston".to_owned());
    match server {
        DisplayServer::X11 => None,
        DisplayServer::Wayland => Some(("display".to_owned(), format!("Wayland, by {}", weston()))),
    }
}

/// The sound server of the sides, with its version.
fn sound_server(sound: Sound) -> String {
    match sound {
        Sound::PulseAudio => {
            said("pulseaudio", &["--version"]).unwrap_or_else(|| sound.to_string())
        }
        Sound::PipeWire => format!(
            "PipeWire {}, WirePlumber {}",
            linked_version("pipewire"),
            linked_version("wireplumber")
        ),
    }
}

/// The last word of what a program says of its version: of the library that it runs with.
fn linked_version(program: &str) -> String {
    let out = Command::new(program).arg("--version").output();
    let text = out.map(|out| String::from_utf8_lossy(&out.stdout).into_owned());
    let last = text.ok().and_then(|text| {
        let word = text.split_whitespace().last();
        word.map(str::to_owned)
    });
    last.unwrap_or_else(|| "unknown".to_owned())
}

/// Addresses of the stage, with the recipe's roles.
pub fn net(found: &Found) -> Net {
    let fill = |text: &str| {
        text.replace("${peer}", PEER_ADDRESS)
            .replace("${app}", APP_ADDRESS)
    };
    let remotes = found.recipe.remote.iter().map(|remote| Remote {
        address: fill(&remote.address),
        port: remote.port,
        role: match remote.role {
            Role::Server => RemoteRole::Server,
            Role::Participant => RemoteRole::Participant,
        },
    });
    Net {
        app: vec![APP_ADDRESS.to_owned()],
        remotes: remotes.collect(),
        domains: Vec::new(),
    }
}
