//! A call by Mumble in the session: a server, one that speaks and one that listens, by the scripts of the
//! recipe. What the speaker sends is heard where the listener plays it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::{LONG, Running, Session, installed};

const ADDRESS: &str = "127.0.0.1";

/// A call that goes on until this is dropped.
pub struct Call {
    _programs: Vec<Running>,
}

/// The sink that the listener plays to, where nobody else plays.
pub const HEARD_AT: &str = "heard.monitor";

fn recipe() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../recipes/mumble")
}

impl Call {
    /// Starts it: who speaks has the microphone `mic`. Says why where it cannot.
    pub fn start(session: &Session, mic: &str) -> Option<Call> {
        let needed = ["mumble", "murmurd", "openssl", "sqlite3", "Xvfb", "sh"];
        if let Some(lacking) = needed.iter().find(|program| !is_there(program)) {
            eprintln!("no call by Mumble: {lacking} is not installed");
            return None;
        }
        for sink in ["heard", "unheard"] {
            let sink = format!("sink_name={sink}");
            session.pactl(&["load-module", "module-null-sink", &sink]);
        }
        let home = session.path().join("murmur");
        fs::create_dir(&home).unwrap();
        sh(session, &home, &["server.sh", ADDRESS]);
        let ini = home.join("server/server.ini");
        // Started by root it becomes another user by default, who cannot write there.
        let text = fs::read_to_string(&ini).unwrap();
        fs::write(&ini, format!("{text}uname=root\n")).unwrap();
        // A port of its own is not needed: the machine's live tests run one after the other.
        let mut server = in_home(session, "murmurd", &home);
        server.arg("-fg").arg("-ini").arg(&ini);
        let (server, said) = listened(server);
        wait(&said, "Server listening on");
        let mut display = session.command("Xvfb");
        display
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "640x480x24",
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut display = display.spawn().unwrap();
        let mut number = String::new();
        let out = display.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut number).unwrap();
        let mut programs = vec![server, Running(display)];
        for (name, input, output) in [
            ("bob", "unheard.monitor", "heard"),
            ("alice", mic, "unheard"),
        ] {
            let home = session.path().join(name);
            fs::create_dir(&home).unwrap();
            // It transmits all the time: when a voice ends is not what is asked here.
            sh(session, &home, &["client.sh", ADDRESS, "0"]);
            let config = home.join(".config/Mumble/Mumble.conf");
            let text = fs::read_to_string(&config).unwrap();
            // A steady tone is noise to it otherwise.
            let text = text
                .replace("input=mic", &format!("input={input}"))
                .replace("output=spk", &format!("output={output}"))
                .replace(
                    "[audio]",
                    "[audio]\nnoisesupress=0\ndenoise=false\nnoiseCancelMode=0",
                );
            fs::write(&config, text).unwrap();
            let mut client = in_home(session, "mumble", &home);
            client
                .args(["-m", &format!("mumble://{name}@{ADDRESS}:64738/")])
                .env("DISPLAY", format!(":{}", number.trim()))
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            programs.push(Running(client.spawn().unwrap()));
            wait(&said, &format!("{name}(-1)> Authenticated"));
        }
        // The last first: a client that loses its server asks its user.
        programs.reverse();
        Some(Call {
            _programs: programs,
        })
    }
}

fn is_there(program: &str) -> bool {
    installed(program)
        || ["/usr/sbin", "/sbin"]
            .iter()
            .any(|f| Path::new(f).join(program).is_file())
}

fn in_home(session: &Session, program: &str, home: &Path) -> Command {
    let mut command = session.command(program);
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join(".config"))
        .env("XDG_DATA_HOME", home.join(".local/share"));
    command
}

fn sh(session: &Session, home: &Path, args: &[&str]) {
    let mut command = in_home(session, "sh", home);
    command.arg(recipe().join(args[0])).args(&args[1..]);
    let done = command.output().unwrap();
    assert!(done.status.success(), "{done:?}");
}

/// A program whose output is read, line by line.
fn listened(mut command: Command) -> (Running, Receiver<String>) {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let (sender, said) = channel();
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let other = sender.clone();
    thread::spawn(move || {
        let lines = BufReader::new(out).lines().map_while(Result::ok);
        lines.for_each(|line| drop(sender.send(line)));
    });
    thread::spawn(move || {
        let lines = BufReader::new(err).lines().map_while(Result::ok);
        lines.for_each(|line| drop(other.send(line)));
    });
    (Running(child), said)
}

fn wait(said: &Receiver<String>, text: &str) {
    loop {
        let line = said.recv_timeout(LONG);
        match line.unwrap_or_else(|_| panic!("the server did not say: {text}")) {
            line if line.contains(text) => return,
            _ => {}
        }
    }
}
