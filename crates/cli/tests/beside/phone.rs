//! Apps on a device, the operator's server, and a neighbour that talks all the time.

use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use crate::air::{Ends, Loudspeaker};
use crate::common::{installed, program, repository, skip};
use crate::network::{Ip, Network};

/// An app on a device.
pub struct App {
    child: Ends,
    stdin: ChildStdin,
}

impl App {
    /// A specimen that has joined, by this way to the server.
    pub fn specimen(
        network: &Network,
        device: usize,
        kind: &str,
        by: Ip,
        speaker: &Loudspeaker,
    ) -> App {
        let mut command = Command::new(specimen());
        command.args(["app", "--kind", kind, "--to", &network.server(by)]);
        let mut command = network.device(device, &command);
        hears(&mut command, speaker);
        let (app, mut lines) = App::start(command);
        let joined = lines.any(|line| line.is_ok_and(|line| line == "joined"));
        assert!(joined, "{kind} does not join");
        app
    }

    /// Mumble, and its server's output, in which it is said that it has joined.
    pub fn mumble(
        network: &Network,
        speaker: &Loudspeaker,
        home: &Path,
        server: &mut Mumble,
    ) -> App {
        let mut command = Command::new("unshare");
        command.args([
            "--pid",
            "--fork",
            "--kill-child",
            "dbus-run-session",
            "--",
            "sh",
        ]);
        command.arg(repository().join("crates/cli/tests/beside/mumble.sh"));
        let address = network.server(Ip::V4);
        command.arg(address.trim_end_matches(":5004"));
        command.arg(repository().join("recipes/mumble"));
        let mut command = network.device(0, &command);
        hears(&mut command, speaker);
        let home = home.join("phone");
        std::fs::create_dir(&home).unwrap();
        command.env("HOME", &home).env("XDG_RUNTIME_DIR", &home);
        let (app, _) = App::start(command);
        server.until("alice(-1)> Authenticated");
        app
    }

    fn start(mut command: Command) -> (App, Lines<BufReader<ChildStdout>>) {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let child = Ends(child);
        (App { child, stdin }, lines)
    }

    pub fn say(&mut self, word: &str) {
        writeln!(self.stdin, "{word}").unwrap();
    }

    /// Stops it, or lets it go on, as a device does that sleeps.
    pub fn sleeps(&self, sleeps: bool) {
        use nix::sys::signal::{Signal, kill};
        let signal = if sleeps {
            Signal::SIGSTOP
        } else {
            Signal::SIGCONT
        };
        kill(nix::unistd::Pid::from_raw(self.child.0.id() as i32), signal).unwrap();
    }
}

fn hears(command: &mut Command, speaker: &Loudspeaker) {
    command.env("PULSE_SERVER", format!("unix:{}", speaker.socket()));
    command.env("PULSE_SOURCE", "mic");
}

fn specimen() -> PathBuf {
    program().with_file_name("muteproof-specimen")
}

/// The operator's server, for one way to it.
pub fn server(network: &Network, by: Ip) -> Ends {
    let mut command = Command::new(specimen());
    command.args(["peer", "--listen", &network.server(by)]);
    let mut command = network.outside(&command);
    command.stdout(Stdio::null());
    Ends(command.spawn().unwrap())
}

/// A Mumble server at the operator's.
pub struct Mumble {
    _child: Ends,
    lines: Lines<BufReader<ChildStderr>>,
}

impl Mumble {
    /// Nothing where it is not installed; says so.
    pub fn start(network: &Network, home: &Path) -> Option<Mumble> {
        let program = ["murmurd", "mumble-server"]
            .into_iter()
            .find(|program| installed(program));
        let missing = ["mumble", "dbus-run-session", "Xvfb", "sqlite3"];
        let missing = missing.iter().find(|program| !installed(program));
        let (Some(program), None) = (program, missing) else {
            skip(&format!(
                "{} is not installed",
                missing.unwrap_or(&"murmurd")
            ));
            return None;
        };
        let home = home.join("operator");
        std::fs::create_dir(&home).unwrap();
        let address = network.server(Ip::V4);
        let address = address.trim_end_matches(":5004");
        let made = Command::new("sh")
            .arg(repository().join("recipes/mumble/server.sh"))
            .arg(address)
            .env("HOME", &home)
            .status();
        assert!(made.unwrap().success());
        // Else it becomes a user who may not look into this test's folder.
        let settings = home.join("server/server.ini");
        let mut ini = File::options().append(true).open(&settings).unwrap();
        writeln!(ini, "uname=root").unwrap();
        let mut command = Command::new(program);
        command.args(["-fg", "-ini"]).arg(settings);
        let mut command = network.outside(&command);
        command
            .env("HOME", &home)
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child: Child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut server = Mumble {
            _child: Ends(child),
            lines,
        };
        server.until("Server listening");
        Some(server)
    }

    fn until(&mut self, text: &str) {
        let said = self
            .lines
            .any(|line| line.is_ok_and(|line| line.contains(text)));
        assert!(said, "the server does not say `{text}`");
    }
}
