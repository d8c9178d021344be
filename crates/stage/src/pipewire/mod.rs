//! PipeWire as a side's sound server: `pipewire`, `wireplumber`, `pipewire-pulse` and a session bus,
//! in a view of their own.
//!
//! PipeWire knows no clients that may only play and record: whoever may make a node in the server
//! may name a plugin for it to load. So its servers live in a [`Side`] of their own, which shows them
//! no more than an app sees, and nothing of app, peer or stage; only their sockets are shown to the
//! side that they are for. `stage-access.lua` takes from others what they do not need.

mod graph;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ns::{NsError, doing};
use crate::side::SIDE_RUN;
use crate::{Identity, Own, Side, SideSpec};

pub use graph::Graph;

/// The programs that the server is made of; the last one is for [`Graph`].
pub const PROGRAMS: [&str; 4] = ["pipewire", "wireplumber", "pipewire-pulse", "pw-dump"];

/// Sockets in the runtime folder: PipeWire's own protocol, PulseAudio's.
const SOCKETS: [&str; 2] = ["pipewire-0", "pulse/native"];

/// The socket that only the stage's own programs use; since PipeWire 1.0.
const MANAGERS: &str = "pipewire-0-manager";

const ACCESS: &str = include_str!("stage-access.lua");

/// The view that the servers live in.
#[derive(Debug)]
pub struct Jail {
    side: Side,
}

impl Jail {
    /// Makes the view and writes down the servers' configuration; `output`: what their output is called.
    pub fn new(name: &str, output: &str) -> Result<Jail, NsError> {
        let side = Side::new(SideSpec {
            trusted: None,
            installed: None,
            name: name.to_owned(),
            show: Vec::new(),
            resolver: None,
            nested: false,
            etc: Vec::new(),
            identity: Identity::default(),
        })?;
        let config = side.home_dir().join(".config");
        let pipewire = include_str!("pipewire.conf")
            .replace("@ACCESS@", &access())
            .replace("@OUTPUT@", output);
        let files: [(&str, &str); 7] = [
            ("pipewire/pipewire.conf", &pipewire),
            (
                "pipewire/pipewire-pulse.conf",
                include_str!("pipewire-pulse.conf"),
            ),
            (
                "wireplumber/main.lua.d/60-stage.lua",
                include_str!("wireplumber-main.lua"),
            ),
            (
                "wireplumber/bluetooth.lua.d/60-stage.lua",
                include_str!("wireplumber-bluetooth.lua"),
            ),
            (
                "wireplumber/wireplumber.conf.d/60-stage.conf",
                include_str!("wireplumber.conf"),
            ),
            // Where version 0.4 looks for scripts, and where 0.5 does.
            ("wireplumber/scripts/stage-access.lua", ACCESS),
            (
                "../.local/share/wireplumber/scripts/stage-access.lua",
                ACCESS,
            ),
        ];
        for (name, text) in files {
            doing(format!("write {name}"), write(&config.join(name), text))?;
        }
        Ok(Jail { side })
    }

    /// The servers in their order: name, command, and the socket that says that it is up.
    pub fn servers(&self) -> Vec<(&'static str, Command, Option<PathBuf>)> {
        let run = self.side.run_dir();
        let bus = format!("--address=unix:path={SIDE_RUN}/bus");
        let bus = ["dbus-daemon", "--session", "--nofork", "--nopidfile", &bus];
        let command = |argv: &[&str]| {
            let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
            self.side.server_command(&argv)
        };
        vec![
            ("bus", command(&bus), Some(run.join("bus"))),
            (
                "pipewire",
                command(&[&path_of(PROGRAMS[0])]),
                Some(run.join(SOCKETS[0])),
            ),
            ("wireplumber", command(&[&path_of(PROGRAMS[1])]), None),
            (
                "pulse",
                command(&[&path_of(PROGRAMS[2])]),
                Some(run.join(SOCKETS[1])),
            ),
        ]
    }

    /// The socket for PulseAudio's protocol, as the stage sees it.
    pub fn pulse_socket(&self) -> PathBuf {
        self.side.run_dir().join(SOCKETS[1])
    }

    /// What a side is shown of it: (on the stage, in the side's view).
    pub fn shown(&self) -> Vec<(PathBuf, PathBuf)> {
        SOCKETS
            .iter()
            .map(|name| {
                let in_view = Path::new(SIDE_RUN).join(name);
                (self.side.run_dir().join(name), in_view)
            })
            .collect()
    }

    /// Follows the server's graph, where `own` are the stage's.
    pub fn graph(&self, own: Own) -> io::Result<Graph> {
        let mut argv = vec![
            path_of(PROGRAMS[3]),
            "--monitor".into(),
            "--no-colors".into(),
        ];
        if self.side.run_dir().join(MANAGERS).exists() {
            argv.extend(["--remote".to_owned(), MANAGERS.to_owned()]);
        }
        Graph::follow(self.side.server_command(&argv), own)
    }
}

/// How the stage's own programs are told from others. Since 1.0 by the socket that they use, which nobody
/// else is shown; before, by their command line, which counts only inside the server's PID namespace: a
/// program of the app's side has no PID there. Each version refuses what the other one reads.
fn access() -> String {
    match version().is_some_and(|(major, _)| major >= 1) {
        true => format!(
            "access.socket = {{ {} = \"stage\", {MANAGERS} = \"unrestricted\" }}",
            SOCKETS[0]
        ),
        false => {
            let allowed = [PROGRAMS[1], PROGRAMS[3]].map(path_of).join(" ");
            format!("access.allowed = [ {allowed} ] access.force = stage")
        }
    }
}

/// Major and minor version of the machine's PipeWire, by what it says of itself.
fn version() -> Option<(u32, u32)> {
    let output = Command::new(path_of(PROGRAMS[0])).arg("--version").output();
    of_version(&String::from_utf8_lossy(&output.ok()?.stdout))
}

fn of_version(said: &str) -> Option<(u32, u32)> {
    let linked = said
        .lines()
        .find_map(|line| line.trim().strip_prefix("Linked with libpipewire "))?;
    let mut parts = linked.split('.').map(|part| part.parse().ok());
    Some((parts.next()??, parts.next()??))
}

/// Where a program of the server's lies: its whole path is what it is let in by.
fn path_of(program: &str) -> String {
    let places = ["/usr/local/bin", "/usr/bin", "/bin"];
    places
        .iter()
        .map(|place| Path::new(place).join(program))
        .find(|path| path.is_file())
        .map_or(program.to_owned(), |path| path.display().to_string())
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        let said = "pipewire\nCompiled with libpipewire 0.3.65\nLinked with libpipewire 1.4.2\n";
        assert_eq!(of_version(said), Some((1, 4)));
        assert_eq!(of_version("pipewire"), None);
        assert_eq!(of_version("Linked with libpipewire one"), None);
    }
}
