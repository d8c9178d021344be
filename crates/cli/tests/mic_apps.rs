//! Excepted apps on real sound servers: who is excepted hears, everybody else records silence, and afterwards
//! everything is where it was.

mod common;
#[path = "../../mic/tests/session/mod.rs"]
mod session;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use common::program;
use serde_json::Value;
use session::{Kind, Recorder, Running, Session, until};

fn muteproof(session: &Session, args: &[&str]) -> Output {
    session.command(program()).args(args).output().unwrap()
}

fn status(session: &Session) -> Value {
    let said = muteproof(session, &["mic", "status", "--json"]);
    serde_json::from_slice(&said.stdout).unwrap_or_else(|e| panic!("{e}: {said:?}"))
}

fn guard(session: &Session) -> Running {
    use std::io::BufRead;
    let mut command = session.command(program());
    command.args(["mic", "guard", "--no-desktop"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    std::io::BufReader::new(out).read_line(&mut line).unwrap();
    Running(child)
}

/// A program of its own that records: a copy, for it is the file that is excepted.
fn copy(session: &Session, name: &str) -> PathBuf {
    let real = fs::canonicalize("/usr/bin/parec").unwrap();
    let path = session.path().join(name);
    fs::copy(real, &path).unwrap();
    path
}

fn records(session: &Session, program: &PathBuf, source: Option<&str>) -> Command {
    let mut command = session.command(program);
    command.args(source.map(|source| format!("--device={source}")));
    let rest = ["--format=s16le", "--rate=48000", "--channels=1"];
    command.args(["--record", "--latency-msec=10"]).args(rest);
    command
}

/// Where each recording is, and what the default source is.
fn places(session: &Session) -> Vec<String> {
    let said = |args: &[&str]| String::from_utf8_lossy(&session.pactl(args).stdout).into_owned();
    let sources = said(&["list", "short", "sources"]);
    let name = |index: &str| {
        let fields = sources
            .lines()
            .map(|line| line.split('\t').collect::<Vec<_>>());
        let mut named = fields.filter(|fields| fields[0] == index);
        named
            .next()
            .map(|fields| fields[1].to_owned())
            .unwrap_or_default()
    };
    let mut found: Vec<String> = said(&["list", "short", "source-outputs"])
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            format!("{} at {}", fields[0], name(fields[1]))
        })
        .collect();
    found.push(said(&["get-default-source"]));
    found
}

#[test]
fn only_an_excepted_app_hears_and_afterwards_everything_is_where_it_was() {
    if let Some(session) = Session::start(Kind::PulseAudio) {
        session.pactl(&["load-module", "module-stream-restore"]);
        session.pactl(&["set-default-source", "mic1"]);
        let call = copy(&session, "call");
        let other = copy(&session, "other");
        let start = |name: &str, program: &PathBuf, source: Option<&str>| {
            Recorder::start(name, records(&session, program, source))
        };
        let calls = start("call", &call, None);
        let mut others = vec![start("follows", &other, None)];
        others.push(start("names", &other, Some("mic1")));
        others.push(start("elsewhere", &other, Some("mic2")));
        calls.until_sound();
        others.iter().for_each(Recorder::until_sound);
        let (before, contents) = (places(&session), session.contents());
        let _guard = guard(&session);
        let app = call.display().to_string();
        let said = muteproof(&session, &["mic", "except", "--app", &app]);
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        let said = muteproof(&session, &["mic", "off"]);
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        until("it is open to the call alone", || {
            status(&session)["verified"] == "partly"
        });
        calls.until_sound();
        others.iter().for_each(|other| other.until_silent(24_000));
        calls.until_sound();
        let now = status(&session);
        assert_eq!(now["layers"]["streams"]["state"], "holds", "{now}");
        let text = muteproof(&session, &["mic", "status"]);
        let text = String::from_utf8_lossy(&text.stdout).into_owned();
        assert!(text.contains("off but for your exceptions"), "{text}");
        assert!(
            text.contains("OPEN, to your excepted programs alone"),
            "{text}"
        );
        assert!(text.contains("records mic1, BY YOUR EXCEPTION"), "{text}");
        // One that comes later, names the microphone, and lies about who it is.
        let mut liar = records(&session, &other, Some("mic1"));
        liar.args([
            "--client-name=call",
            "--property=application.process.binary=call",
        ]);
        liar.arg(format!(
            "--property=application.process.id={}",
            calls.child.0.id()
        ));
        let liar = Recorder::start("liar", liar);
        liar.until_silent(24_000);
        eprintln!(
            "{:?}: the liar heard {} ms",
            session.kind,
            liar.heard().sounding / 48
        );
        assert!(liar.heard().sounding < 48_000 / 2);
        calls.until_sound();
        // One that names nothing gets silence from its first sample on.
        let late = start("late", &other, None);
        late.until_silent(4_800);
        assert_eq!(late.heard().sounding, 0, "{:?}", session.kind);
        drop((liar, late));
        let said = muteproof(&session, &["mic", "on"]);
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        others.iter().for_each(Recorder::until_sound);
        until("every stream is where it was", || {
            places(&session) == before
        });
        assert_eq!(session.contents(), contents);
        remembers_nothing(&session);
    }
}

/// What PulseAudio keeps of streams names no silent source, and none that a stream was moved to.
fn remembers_nothing(session: &Session) {
    let run = session.path().as_os_str().to_owned();
    let places = mic::Places::of(|name| {
        ["XDG_RUNTIME_DIR", "HOME"]
            .contains(&name)
            .then(|| run.clone())
    });
    let mut server = mic::sound::PulseServer::open(&places.unwrap().sound).unwrap();
    let remembered = server.remembered();
    assert!(
        !remembered.is_empty(),
        "module-stream-restore keeps something"
    );
    let at = |entry: &&mic::streams::Remembered| entry.device().is_some();
    let kept: Vec<_> = remembered.values().filter(at).collect();
    assert!(kept.is_empty(), "{kept:?}");
}

/// What was moved there stays pinned, so nothing is moved, and that is said in a line.
#[test]
fn on_pipewire_no_recording_is_moved() {
    let Some(session) = Session::start(Kind::PipeWire) else {
        return;
    };
    let call = copy(&session, "call").display().to_string();
    let _guard = guard(&session);
    for args in [
        &["mic", "except", "--app", &call][..],
        &["mic", "off", "--streams"],
    ] {
        let said = muteproof(&session, args);
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(3), "{said:?}");
        assert!(text.contains("not moved on PipeWire"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    assert_eq!(status(&session)["verified"], "on");
    let sources = session.pactl(&["list", "short", "sources"]).stdout;
    assert!(!String::from_utf8_lossy(&sources).contains("muteproof_silence"));
}

#[test]
fn moved_streams_hear_nothing_whoever_un_mutes() {
    if let Some(session) = Session::start(Kind::PulseAudio) {
        session.pactl(&["set-default-source", "mic1"]);
        let recorder = Recorder::start("parec", session.recorder("parec", "mic1"));
        recorder.until_sound();
        let _guard = guard(&session);
        let said = muteproof(&session, &["mic", "off", "--streams"]);
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        until("it is moved", || {
            status(&session)["layers"]["streams"]["n"] == 1
        });
        assert_eq!(status(&session)["verified"], "off");
        recorder.until_silent(9_600);
        let heard = recorder.heard().sounding;
        for _ in 0..20 {
            session.pactl(&["set-source-mute", "mic1", "0"]);
        }
        recorder.until_silent(9_600);
        assert_eq!(recorder.heard().sounding, heard, "{:?}", session.kind);
        assert_eq!(muteproof(&session, &["mic", "on"]).status.code(), Some(0));
        recorder.until_sound();
    }
}

#[test]
fn a_program_that_is_not_there_is_refused_in_a_line() {
    let Some(session) = Session::start(Kind::PulseAudio) else {
        return;
    };
    let said = muteproof(&session, &["mic", "except", "--app", "/nowhere/call"]);
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    assert!(
        text.contains("there is no program `/nowhere/call`"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
}
