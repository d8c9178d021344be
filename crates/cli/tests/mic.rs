//! The microphone switch on real sound servers that the test starts, with real recorders.

mod common;
#[path = "../../mic/tests/session/mod.rs"]
mod session;

use std::fs;
use std::process::{Child, Output, Stdio};
use std::time::Instant;

use common::program;
use serde_json::Value;
use session::{KINDS, Kind, Recorder, Running, Session, until};

/// Runs `muteproof` in the session.
fn muteproof(session: &Session, args: &[&str]) -> Output {
    session.command(program()).args(args).output().unwrap()
}

fn json(said: &Output) -> Value {
    let text = String::from_utf8_lossy(&said.stdout);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {said:?}"))
}

/// A guard that stays until the test ends.
fn guard(session: &Session) -> Running {
    let mut child: Child = session
        .command(program())
        .args(["mic", "guard", "--no-desktop"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    use std::io::BufRead;
    let out = child.stdout.take().unwrap();
    std::io::BufReader::new(out).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");
    Running(child)
}

/// The event log's lines of one kind.
fn events(session: &Session, event: &str) -> Vec<Value> {
    let path = session.path().join("state/muteproof/mic-events.jsonl");
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|line: &Value| line["event"] == event)
        .collect()
}

#[test]
fn off_is_digital_silence_in_every_recording_and_on_is_as_before() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        session.pactl(&["set-source-volume", "mic1", "43211"]);
        session.pactl(&["set-source-mute", "mic2", "0"]);
        let _guard = guard(&session);
        let recorders: Vec<Recorder> = session
            .recorders()
            .into_iter()
            .flat_map(|program| ["mic1", "mic2"].map(|source| (program, source)))
            .map(|(program, source)| Recorder::start(program, session.recorder(program, source)))
            .collect();
        recorders.iter().for_each(Recorder::until_sound);
        // Only now: a suspended source of PipeWire 1.4 takes a volume when it is recorded.
        let before = session.contents();
        let pressed = Instant::now();
        let said = muteproof(&session, &["mic", "off", "--json"]);
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        let status = json(&said);
        assert_eq!(status["verified"], "off", "{status}");
        assert_eq!(status["layers"]["source_mute"]["n"], 2, "{status}");
        for recorder in &recorders {
            recorder.until_silent(24_000);
            let last = recorder.heard().last_sound.unwrap();
            let ms = last.saturating_duration_since(pressed).as_secs_f64() * 1e3;
            eprintln!("{:?}: {} heard for {ms:.1} ms", session.kind, recorder.name);
        }
        let proof = muteproof(&session, &["mic", "status"]);
        assert_eq!(proof.status.code(), Some(0), "{proof:?}");
        let on = muteproof(&session, &["mic", "on", "--json"]);
        assert_eq!(
            (on.status.code(), json(&on)["verified"].as_str()),
            (Some(0), Some("on"))
        );
        until("everything is given back", || session.contents() == before);
        recorders.iter().for_each(Recorder::until_sound);
    }
}

#[test]
fn off_without_a_guard_starts_one_that_ends_with_on() {
    let Some(session) = Session::start(Kind::PulseAudio) else {
        return;
    };
    let socket = session.path().join("muteproof/guard");
    let said = muteproof(&session, &["mic", "off", "--json"]);
    assert_eq!(json(&said)["guarded"], true, "{said:?}");
    assert!(socket.exists());
    // Another one is refused in a line that says which one there is.
    let second = muteproof(&session, &["mic", "guard"]);
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(3));
    assert!(
        text.contains("a guard is running already, as process "),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "{text}");
    let said = muteproof(&session, &["mic", "except", "nobody"]);
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(3));
    assert!(text.contains("there is no source `nobody`"), "{text}");
    assert_eq!(muteproof(&session, &["mic", "on"]).status.code(), Some(0));
    until("the guard ends", || !socket.exists());
}

#[test]
fn who_opens_a_source_again_hears_nothing_from_then_on() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        let before = session.contents();
        let _guard = guard(&session);
        let recorder = Recorder::start("parec", session.recorder("parec", "mic1"));
        recorder.until_sound();
        assert_eq!(muteproof(&session, &["mic", "off"]).status.code(), Some(0));
        recorder.until_silent(4_800);
        session.pactl(&["set-source-mute", "mic1", "0"]);
        until("it is told", || !events(&session, "contested").is_empty());
        until("it is closed", || {
            session.contents().contains(&"Mute: yes".to_owned())
        });
        recorder.until_silent(4_800);
        let leaked = recorder.heard().sounding;
        // From the second time on there is no volume either.
        for _ in 0..20 {
            session.pactl(&["set-source-mute", "mic1", "0"]);
        }
        recorder.until_silent(4_800);
        assert_eq!(recorder.heard().sounding, leaked, "{:?}", session.kind);
        let status = json(&muteproof(&session, &["mic", "status", "--json"]));
        assert_eq!(status["verified"], "off", "{status}");
        assert_eq!(status["layers"]["volume"]["state"], "holds", "{status}");
        muteproof(&session, &["mic", "on"]);
        until("everything is given back", || session.contents() == before);
    }
}

#[test]
fn off_stays_off_when_the_server_is_killed_and_started_again() {
    for mut session in KINDS.into_iter().filter_map(Session::start) {
        let _guard = guard(&session);
        assert_eq!(muteproof(&session, &["mic", "off"]).status.code(), Some(0));
        session.kill_server();
        until("its end is told", || {
            !events(&session, "server_lost").is_empty()
        });
        let gone = muteproof(&session, &["mic", "status"]);
        let text = String::from_utf8_lossy(&gone.stderr).into_owned();
        assert_eq!(gone.status.code(), Some(3), "{gone:?}");
        assert!(text.contains("no sound server answers at"), "{text}");
        session.restart_server();
        until("the sources are closed", || {
            let status = muteproof(&session, &["mic", "status", "--json"]);
            let silent = |status: &Value| {
                let sources = status["sources"].as_array().unwrap();
                let microphones = sources.iter().filter(|s| s["monitor"] == false);
                microphones.filter(|s| s["proof"] == "silent").count() == 2
            };
            status.status.code() == Some(0) && silent(&json(&status))
        });
        let back = events(&session, "server_back");
        assert!(
            back.iter().all(|e| e["gap_ms"].as_f64() > Some(0.0)),
            "{back:?}"
        );
        assert!(!back.is_empty());
    }
}

#[test]
fn a_microphone_that_is_plugged_in_while_off_is_closed_and_the_time_is_told() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        let _guard = guard(&session);
        assert_eq!(muteproof(&session, &["mic", "off"]).status.code(), Some(0));
        session.plug("mic3");
        let told = |e: &Value| e["source"] == "mic3" && e["added"] == true;
        until("it is told", || {
            events(&session, "was_open").iter().any(told)
        });
        let found = events(&session, "was_open");
        eprintln!("{:?}: {found:?}", session.kind);
        let recorder = Recorder::start("parec", session.recorder("parec", "mic3"));
        recorder.until_silent(4_800);
        assert_eq!(recorder.heard().sounding, 0);
        muteproof(&session, &["mic", "on"]);
        recorder.until_sound();
    }
}

#[test]
fn the_watch_names_the_process_and_not_what_it_says_of_itself() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        let honest = Recorder::start("parec", session.recorder("parec", "mic1"));
        honest.until_sound();
        let mut command = session.recorder("parec", "mic2");
        command.args([
            "--client-name=Harmless",
            "--property=application.process.id=1",
            "--property=application.process.binary=init",
        ]);
        let liar = Recorder::start("liar", command);
        liar.until_sound();
        let said = muteproof(&session, &["mic", "watch", "--now", "--json"]);
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        for (source, recorder, lies) in [("mic1", &honest, false), ("mic2", &liar, true)] {
            let line = lines.iter().find(|line| line["source"] == source);
            let line = line.unwrap_or_else(|| panic!("{text}"));
            assert_eq!(line["pid"], recorder.child.0.id(), "{line}");
            assert!(line["program"].as_str().unwrap().contains("pa"), "{line}");
            assert_eq!(line["mismatch"], lies, "{line}");
        }
        let front = muteproof(&session, &[]);
        let page = String::from_utf8_lossy(&front.stdout).into_owned();
        assert!(page.contains("CLAIMS TO BE PROCESS 1"), "{page}");
        assert!(page.contains("muteproof mic off"), "{page}");
    }
}

/// A watch that stays, and its lines so far.
fn watch(session: &Session) -> (Running, std::sync::Arc<std::sync::Mutex<Vec<Value>>>) {
    use std::io::BufRead;
    let mut command = session.command(program());
    command.args(["mic", "watch", "--json", "--log"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let out = std::io::BufReader::new(child.stdout.take().unwrap());
    let lines = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = lines.clone();
    std::thread::spawn(move || {
        for line in out.lines().map_while(Result::ok) {
            told.lock()
                .unwrap()
                .push(serde_json::from_str(&line).unwrap());
        }
    });
    (Running(child), lines)
}

#[test]
fn who_claims_to_be_another_client_is_found_by_arrival() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        let (_watch, lines) = watch(&session);
        let of = |recorder: &Recorder, lies: bool| {
            let pid = recorder.child.0.id();
            let fits = |line: &Value| line["pid"] == pid && line["mismatch"] == lies;
            let is_told = || lines.lock().unwrap().iter().any(fits);
            until(
                &format!("{} is told (lies: {lies})", recorder.name),
                is_told,
            );
        };
        let honest = Recorder::start("honest", session.recorder("parec", "mic1"));
        of(&honest, false);
        let mut command = session.recorder("parec", "mic2");
        command.arg(format!(
            "--property=application.process.id={}",
            honest.child.0.id()
        ));
        let liar = Recorder::start("liar", command);
        of(&liar, true);
        if session.kind == Kind::PipeWire && session::installed("pw-record") {
            // PipeWire's own clients may say what they like of themselves, too.
            let mut command = session.recorder("pw-record", "mic2");
            command.args(["-P", "{ application.process.id = 1 pipewire.sec.pid = 1 }"]);
            let liar = Recorder::start("native", command);
            liar.until_sound();
            let pid = liar.child.0.id();
            until("the native client is told by its process", || {
                lines.lock().unwrap().iter().any(|line| line["pid"] == pid)
            });
        }
        drop(liar);
        until("its end is told", || {
            lines
                .lock()
                .unwrap()
                .iter()
                .any(|line| line["watch"] == "end")
        });
        let log = session.path().join("state/muteproof/mic-events.jsonl");
        let logged = fs::read_to_string(log).unwrap();
        assert!(logged.contains("\"watch\":\"begin\""), "{logged}");
    }
}

#[test]
fn a_guard_that_watches_knows_since_when() {
    let Some(session) = Session::start(Kind::PulseAudio) else {
        return;
    };
    let mut command = session.command(program());
    command.args(["mic", "guard", "--no-desktop", "--watch"]);
    let _guard = Running(command.stdout(Stdio::null()).spawn().unwrap());
    let recorder = Recorder::start("parec", session.recorder("parec", "mic1"));
    let pid = format!(" {})", recorder.child.0.id());
    let since = |lang: &str, word: &str| {
        let mut front = session.command(program());
        let said = front.env("LANG", lang).output().unwrap();
        let page = String::from_utf8_lossy(&said.stdout).into_owned();
        page.lines()
            .any(|line| line.contains(&pid) && line.contains(word))
    };
    until("it is told since when", || {
        since("en_GB.UTF-8", "hears, since 20")
    });
    assert!(since("de_DE.UTF-8", "hört, seit 20"));
}

#[test]
fn a_recorder_that_comes_again_and_again_hears_nothing() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        let _guard = guard(&session);
        assert_eq!(muteproof(&session, &["mic", "off"]).status.code(), Some(0));
        for n in 0..8 {
            let source = ["mic1", "mic2"][n % 2];
            let recorder = Recorder::start("again", session.recorder("parec", source));
            recorder.until_silent(960);
            assert_eq!(recorder.heard().sounding, 0, "{:?}", session.kind);
        }
    }
}

#[test]
fn a_microphone_that_is_looped_to_a_loudspeaker_is_silent_there() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        let looped = ["load-module", "module-loopback", "source=mic1", "sink=spk"];
        let looped = session.pactl(&[&looped[..], &["latency_msec=20"]].concat());
        assert!(looped.status.success(), "{looped:?}");
        let recorder = Recorder::start("monitor", session.recorder("parec", "spk.monitor"));
        recorder.until_sound();
        let _guard = guard(&session);
        // The recording of the monitor is silent, and would hear whatever else is played: nobody says "off".
        let off = muteproof(&session, &["mic", "off"]);
        assert_eq!(off.status.code(), Some(2), "{off:?}");
        recorder.until_silent(9_600);
        let said = muteproof(&session, &["mic", "watch", "--now", "--json"]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let pid = format!("\"pid\":{}", recorder.child.0.id());
        let line = text.lines().find(|line| line.contains(&pid));
        let line = line.unwrap_or_else(|| panic!("{text}"));
        assert!(
            line.contains("\"source\":\"spk.monitor\",\"monitor\":true"),
            "{line}"
        );
    }
}

/// A virtual cable: another program plays a microphone into a sink, whose monitor is the default source.
#[test]
fn a_monitor_that_is_the_default_source_is_told_and_not_called_off() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        let sink = session.pactl(&["load-module", "module-null-sink", "sink_name=cable"]);
        assert!(sink.status.success(), "{sink:?}");
        if session.kind == Kind::PipeWire {
            // WirePlumber 0.5.8 takes no monitor as default while a microphone is there.
            let unplugged = session.pactl(&["unload-module", "module-pipe-source"]);
            assert!(unplugged.status.success(), "{unplugged:?}");
        }
        let set = session.pactl(&["set-default-source", "cable.monitor"]);
        assert!(set.status.success(), "{set:?}");
        until("it is the default", || {
            let info = session.pactl(&["info"]);
            String::from_utf8_lossy(&info.stdout).contains("Default Source: cable.monitor")
        });
        let _guard = guard(&session);
        let said = muteproof(&session, &["mic", "off"]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert_eq!(said.status.code(), Some(2), "{said:?}");
        assert!(text.contains("YOUR DEFAULT SOURCE"), "{text}");
        assert!(!text.contains("every source was recorded"), "{text}");
        let said = muteproof(&session, &["mic", "except", "cable.monitor", "--json"]);
        assert_eq!(json(&said)["verified"], "partly", "{said:?}");
    }
}

/// A source that PipeWire keeps for its own programs: it is named, and nobody says that all is off.
#[test]
fn a_source_that_is_not_listed_is_named() {
    let Some(session) = Session::start(Kind::PipeWire) else {
        return;
    };
    for needed in ["pw-loopback", "pw-record", "pw-dump", "pw-link"] {
        if !session::installed(needed) {
            return common::skip(&format!("{needed} is not installed"));
        }
    }
    let mut command = session.command("pw-loopback");
    command.args([
        "--capture-props=media.class=Audio/Sink node.name=feed",
        "--playback-props=media.class=Audio/Source/Internal node.name=inner_mic",
    ]);
    let _inner = Running(command.stdout(Stdio::null()).spawn().unwrap());
    let _guard = guard(&session);
    until("it is named", || {
        let said = muteproof(&session, &["mic", "off", "--json"]);
        let status = json(&said);
        let sources = status["sources"].as_array().unwrap();
        let inner = |s: &&Value| s["name"] == "inner_mic" && s["hidden"] == true;
        said.status.code() == Some(2) && sources.iter().any(|s| inner(&s))
    });
    let text =
        String::from_utf8_lossy(&muteproof(&session, &["mic", "status"]).stdout).into_owned();
    assert!(text.contains("CANNOT BE MUTED OR RECORDED HERE"), "{text}");
    assert!(!text.contains("every source was recorded"), "{text}");
    // Whoever records it is told with its name.
    let mut command = session.command("pw-record");
    command.args(["--target", "0", "-P", "{ node.name=reader }", "/dev/null"]);
    let reader = Running(command.stderr(Stdio::null()).spawn().unwrap());
    until("it is connected", || {
        let mut link = session.command("pw-link");
        link.args(["inner_mic:capture_FL", "reader:input_FL"]);
        link.stderr(Stdio::null()).status().unwrap().success()
    });
    let pid = format!("\"pid\":{}", reader.0.id());
    until("the watch names what it reads", || {
        let said = muteproof(&session, &["mic", "watch", "--now", "--json"]);
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        let mut lines = text.lines().filter(|line| line.contains(&pid));
        lines.any(|line| line.contains("\"source\":\"inner_mic\""))
    });
    let said = muteproof(&session, &["mic", "except", "inner_mic", "--json"]);
    assert_eq!(json(&said)["verified"], "partly", "{said:?}");
}

#[test]
fn without_a_server_there_is_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let mut command = common::muteproof(args);
        command
            .env("XDG_RUNTIME_DIR", dir.path())
            .env("HOME", dir.path());
        command.env_remove("PULSE_SERVER").output().unwrap()
    };
    for args in [
        &["mic", "off"][..],
        &["mic", "status"],
        &["mic", "watch", "--now"],
    ] {
        let said = run(args);
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert_eq!(said.status.code(), Some(3), "{said:?}");
        assert!(text.contains("no sound server answers at"), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
    // The front door says it as what is not known, and is no error.
    let front = run(&[]);
    assert_eq!(front.status.code(), Some(0));
    let page = String::from_utf8_lossy(&front.stdout).into_owned();
    assert!(page.contains("no sound server answers at"), "{page}");
}

#[test]
fn without_permission_there_is_one_clear_line() {
    use std::os::unix::process::CommandExt;
    // The session of somebody else, whose folder lets nobody else in.
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("pulse")).unwrap();
    let socket = dir.path().join("pulse/native");
    let _listens = std::os::unix::net::UnixListener::bind(socket).unwrap();
    let mut command = common::muteproof(&["mic", "off"]);
    command.env("XDG_RUNTIME_DIR", dir.path());
    command.env_remove("PULSE_SERVER");
    match nix::unistd::geteuid().is_root() {
        true => drop(command.uid(65_534)),
        false => {
            let closed = std::os::unix::fs::PermissionsExt::from_mode(0o000);
            fs::set_permissions(dir.path().join("pulse"), closed).unwrap();
        }
    }
    let Ok(said) = command.output() else {
        return common::skip("the program lies where nobody else can run it");
    };
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    assert!(text.contains("does not let you in"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn a_server_elsewhere_is_refused_in_a_line() {
    let mut command = common::muteproof(&["mic", "off"]);
    let said = command
        .env("PULSE_SERVER", "tcp:elsewhere")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    assert!(
        text.contains("which is no socket of this machine"),
        "{text}"
    );
}

/// The mute comes first; that not everything can be given back is said after it.
#[test]
fn a_damaged_state_file_keeps_no_microphone_open() {
    for damage in ["{", "", "FIFO"] {
        let Some(session) = Session::start(Kind::PulseAudio) else {
            return;
        };
        let folder = session.path().join("state/muteproof");
        fs::create_dir_all(&folder).unwrap();
        let file = folder.join("mic.json");
        match damage {
            "FIFO" => nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).unwrap(),
            text => fs::write(&file, text).unwrap(),
        }
        let said = muteproof(&session, &["mic", "off", "--json"]);
        assert_eq!(said.status.code(), Some(0), "{damage:?}: {said:?}");
        assert_eq!(json(&said)["verified"], "off", "{damage:?}");
        let text = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(text.contains("is not kept"), "{damage:?}: {text}");
        let on = muteproof(&session, &["mic", "on", "--json"]);
        assert_eq!(json(&on)["verified"], "on", "{damage:?}: {on:?}");
    }
}
