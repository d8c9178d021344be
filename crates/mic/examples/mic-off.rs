//! What docs/mic.md says that was measured: `cargo xtask mic-off` runs this, with real servers and real
//! recorders, and puts what it prints into the page.

#[path = "../tests/session/mod.rs"]
mod session;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mic::sound::{Backend, Change, PulseServer};
use mic::{Places, SoundPlace};
use serde_json::Value;
use session::{KINDS, Kind, Recorder, Running, Session, installed, until};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |flag: &str, default: usize| {
        let at = args.iter().position(|arg| arg == flag);
        let value = at.and_then(|at| args.get(at + 1));
        value.map_or(default, |value| value.parse().expect("a number"))
    };
    let repeats = number("--repeats", 50);
    let events = number("--soak", 10_000);
    let idle_s = number("--idle", 60);
    let presses_only = args.iter().any(|arg| arg == "--presses-only");
    println!("| server | recorder | microphones | repeats | median, ms | maximum, ms |");
    println!("|---|---|---|---|---|---|");
    let mut more = Vec::new();
    let only = args.iter().position(|arg| arg == "--server");
    let only = only.and_then(|at| args.get(at + 1));
    for kind in KINDS {
        if only.is_some_and(|only| !only.eq_ignore_ascii_case(name(kind))) {
            continue;
        }
        let Some(mut session) = Session::start(kind) else {
            continue;
        };
        let guard = guard(&session);
        press(&session, repeats);
        if presses_only {
            continue;
        }
        more.push(contested(&session, repeats.min(10)));
        more.push(excepted(&session, repeats.min(20)));
        more.push(plugged(&session, repeats.min(10)));
        more.push(restarted(&mut session, repeats.min(5)));
        more.push(soak(&session, &guard, events));
        more.push(idle(&session, &guard, idle_s));
    }
    println!();
    more.into_iter()
        .flatten()
        .for_each(|line| println!("- {line}"));
}

fn program() -> PathBuf {
    let program = std::env::var_os("MUTEPROOF").expect("MUTEPROOF names the program under test");
    program.into()
}

fn muteproof(session: &Session, args: &[&str]) -> Value {
    let out = session.command(program()).args(args).output().unwrap();
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{e}: {out:?}"))
}

fn off(session: &Session) {
    let status = muteproof(session, &["mic", "off", "--json"]);
    assert_eq!(status["verified"], "off", "{status}");
}

fn guard(session: &Session) -> Running {
    let mut command = session.command(program());
    command
        .args(["mic", "guard", "--no-desktop"])
        .stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let out = child.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    Running(child)
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::PulseAudio => "PulseAudio",
        Kind::PipeWire => "PipeWire",
    }
}

/// From the press (the program is not started yet) to the last sample that is not zero.
fn press(session: &Session, repeats: usize) {
    let mut recorders: Vec<(String, Recorder)> = Vec::new();
    for program in session.recorders() {
        for source in ["mic1", "mic2"] {
            let recorder = Recorder::start(program, session.recorder(program, source));
            recorders.push((program.to_owned(), recorder));
        }
    }
    if installed("chromium") {
        let recorder = Recorder::start_words("chromium", chromium(session, "mic1"));
        recorders.push(("Chromium".to_owned(), recorder));
    }
    // What the listener of a call plays: Opus does not give zeros at once for silence.
    let call = session::mumble::Call::start(session, "mic1");
    if call.is_some() {
        let heard = session.recorder("parec", session::mumble::HEARD_AT);
        let recorder = Recorder::start_above("mumble", heard, FLOOR);
        recorders.push((AT_LISTENER.to_owned(), recorder));
    }
    let muted = MutedAt::watch(session);
    let (mut said, mut spoken) = (Vec::new(), Vec::new());
    let mut found: Vec<Vec<f64>> = vec![Vec::new(); recorders.len()];
    let before = session.contents();
    for _ in 0..repeats {
        recorders
            .iter()
            .for_each(|(_, recorder)| recorder.until_sound());
        let way = way(session, &recorders);
        let pressed = Instant::now();
        off(session);
        eprintln!("answered after {:.1} ms", ms(pressed.elapsed()));
        for ((_, recorder), found) in recorders.iter().zip(&mut found) {
            recorder.until_silent(14_400);
            let last = recorder.heard().last_sound.unwrap();
            found.push(ms(last.saturating_duration_since(pressed)));
            eprintln!("  {} {:.1}", recorder.name, found[found.len() - 1]);
        }
        if let (Some(way), Some(at_listener)) = (way, found.last().and_then(|f| f.last())) {
            spoken.push(at_listener - way);
            eprintln!("  the way of the call {way:.1}");
        }
        said.push(ms(muted.at().saturating_duration_since(pressed)));
        eprintln!("  muted, says the server: {:.1}", said[said.len() - 1]);
        muteproof(session, &["mic", "on", "--json"]);
        until("everything is given back", || session.contents() == before);
    }
    let (median, max) = middle(said);
    println!(
        "| {} | (says that it is muted) | 2 | {repeats} | {median:.1} | {max:.1} |",
        name(session.kind)
    );
    let mut programs: Vec<&String> = recorders.iter().map(|(name, _)| name).collect();
    programs.dedup();
    for program in programs {
        let of = recorders
            .iter()
            .zip(&found)
            .filter(|((name, _), _)| name == program);
        let of: Vec<&Vec<f64>> = of.map(|(_, found)| found).collect();
        let microphones = of.len();
        let (median, max) = middle(of.into_iter().flatten().copied().collect());
        println!(
            "| {} | {program} | {microphones} | {repeats} | {median:.1} | {max:.1} |",
            name(session.kind)
        );
    }
    if !spoken.is_empty() {
        let (median, max) = middle(spoken);
        println!(
            "| {} | Mumble, the way of the call taken off | 1 | {repeats} | {median:.1} | {max:.1} |",
            name(session.kind)
        );
    }
}

const AT_LISTENER: &str = "Mumble, at its listener's loudspeaker";

/// How much later the listener of a call hears a tone end at the microphone than a recorder does, ms.
fn way(session: &Session, recorders: &[(String, Recorder)]) -> Option<f64> {
    let (_, listener) = recorders.iter().find(|(name, _)| name == AT_LISTENER)?;
    let (_, direct) = recorders.iter().find(|(name, _)| name == "parec")?;
    session.hush(true);
    let ended = [listener, direct].map(|recorder| {
        recorder.until_silent(14_400);
        recorder.heard().last_sound.unwrap()
    });
    session.hush(false);
    for (_, recorder) in recorders {
        recorder.until_sound();
    }
    Some(ms(ended[0].saturating_duration_since(ended[1])))
}

/// Samples of 16 bits that are not louder than this are silence at the end of a call: 0.2 % of full scale,
/// 42 dB below the tone.
const FLOOR: i16 = 64;

/// When the server said that both microphones are muted.
struct MutedAt(Arc<Mutex<Option<Instant>>>);

impl MutedAt {
    fn watch(session: &Session) -> MutedAt {
        let at = Arc::new(Mutex::new(None));
        let (told, place) = (at.clone(), place(session));
        let mut server = PulseServer::open(&place).unwrap();
        std::thread::spawn(move || {
            let _ = mic::sound::follow(&place, || {
                let Ok((sources, _)) = server.sources() else {
                    return false;
                };
                let mut microphones = sources.iter().filter(|s| s.name.starts_with("mic"));
                let mut at = told.lock().unwrap();
                match microphones.all(|source| source.muted) {
                    true => drop(at.get_or_insert_with(Instant::now)),
                    false => *at = None,
                }
                true
            });
        });
        MutedAt(at)
    }

    fn at(&self) -> Instant {
        until("the server says that they are muted", || {
            self.0.lock().unwrap().is_some()
        });
        self.0.lock().unwrap().unwrap()
    }
}

/// A page that says of each 10 ms whether they were all zero.
fn chromium(session: &Session, source: &str) -> Command {
    let page = session.path().join("page.html");
    let script = "<script>(async()=>{const none={echoCancellation:false,noiseSuppression:false,\
        autoGainControl:false};const s=await navigator.mediaDevices.getUserMedia({audio:none});\
        const c=new AudioContext({sampleRate:48000});const p=c.createScriptProcessor(512,1,1);\
        p.onaudioprocess=e=>console.log(e.inputBuffer.getChannelData(0).every(v=>v===0)?'ZERO':'SOUND');\
        c.createMediaStreamSource(s).connect(p);p.connect(c.destination)})()</script>";
    fs::write(&page, script).unwrap();
    session.pactl(&["set-default-source", source]);
    let mut command = session.command("chromium");
    command
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--enable-logging=stderr",
        ])
        .args([
            "--use-fake-ui-for-media-stream",
            "--autoplay-policy=no-user-gesture-required",
        ])
        .args(["--allow-file-access-from-files", "--no-first-run"])
        .arg(format!("file://{}", page.display()));
    command
}

/// A program that un-mutes the microphone: what it hears the first time, and from then on.
fn contested(session: &Session, repeats: usize) -> Vec<String> {
    let (mut first, mut later) = (Vec::new(), Vec::new());
    let recorder = Recorder::start("parec", session.recorder("parec", "mic1"));
    for _ in 0..repeats {
        recorder.until_sound();
        off(session);
        recorder.until_silent(9_600);
        let heard = recorder.heard().sounding;
        unmute(session);
        until_still(&recorder);
        first.push((recorder.heard().sounding - heard) as f64 / 48.0);
        let heard = recorder.heard().sounding;
        for _ in 0..50 {
            unmute(session);
        }
        until_still(&recorder);
        later.push((recorder.heard().sounding - heard) as f64 / 48.0);
        muteproof(session, &["mic", "on", "--json"]);
    }
    let share = in_a_loop(session, &recorder);
    let ((median, max), (_, later)) = (middle(first), middle(later));
    vec![
        format!(
            "{}: a program that un-mutes the microphone hears {median:.1} ms the first time (median of \
             {repeats}; at most {max:.1}), and {later:.1} ms in all of its next 50 attempts.",
            name(session.kind)
        ),
        format!(
            "{}: one that un-mutes it and raises its volume as fast as the server takes it hears {share:.1} % of {} s.",
            name(session.kind),
            LOOP.as_secs()
        ),
    ]
}

/// How long a program opens the microphone again and again.
const LOOP: Duration = Duration::from_secs(5);

/// What it hears of that, in a hundred.
fn in_a_loop(session: &Session, recorder: &Recorder) -> f64 {
    recorder.until_sound();
    off(session);
    recorder.until_silent(9_600);
    let heard = recorder.heard().sounding;
    let mut server = PulseServer::open(&place(session)).unwrap();
    let (sources, _) = server.sources().unwrap();
    let source = sources.iter().find(|source| source.name == "mic1").unwrap();
    let index = source.index;
    let volumes = vec![65_536; source.volumes.len()];
    let open = [
        Change::Mute {
            index,
            muted: false,
        },
        Change::Volumes { index, volumes },
    ];
    let begun = Instant::now();
    while begun.elapsed() < LOOP {
        server.set(&open);
    }
    until_still(recorder);
    let share = (recorder.heard().sounding - heard) as f64 / (48_000.0 * LOOP.as_secs_f64());
    muteproof(session, &["mic", "on", "--json"]);
    recorder.until_sound();
    100.0 * share
}

/// Waits until no more sound comes; of a suspended source nothing comes at all.
fn until_still(recorder: &Recorder) {
    loop {
        let heard = recorder.heard().sounding;
        std::thread::sleep(Duration::from_millis(300));
        if recorder.heard().sounding == heard {
            return;
        }
    }
}

/// A program that comes to a microphone that is open to an excepted one; PipeWire has no such exceptions.
fn excepted(session: &Session, repeats: usize) -> Vec<String> {
    if session.kind == Kind::PipeWire {
        return Vec::new();
    }
    let real = fs::canonicalize("/usr/bin/parec").unwrap();
    let call = session.path().join("call");
    fs::copy(real, &call).unwrap();
    let mut command = session.recorder("parec", "mic1");
    let args: Vec<_> = command.get_args().map(|arg| arg.to_owned()).collect();
    command = session.command(&call);
    command.arg("--record").args(args);
    let call_hears = Recorder::start("call", command);
    let app = call.display().to_string();
    muteproof(session, &["mic", "except", "--app", &app, "--json"]);
    let (mut heard, mut opened, mut again) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..repeats {
        call_hears.until_sound();
        let pressed = Instant::now();
        muteproof(session, &["mic", "off", "--json"]);
        until("it is open to the call", || {
            let status = muteproof(session, &["mic", "status", "--json"]);
            status["verified"] == "partly"
        });
        call_hears.until_sound();
        opened.push(ms(pressed.elapsed()));
        let came = Instant::now();
        let newcomer = Recorder::start("newcomer", session.recorder("parec", "mic1"));
        newcomer.until_silent(24_000);
        heard.push(newcomer.heard().sounding as f64 / 48.0);
        call_hears.until_sound();
        again.push(ms(came.elapsed()));
        drop(newcomer);
        muteproof(session, &["mic", "on", "--json"]);
    }
    let told: Vec<f64> = log(session, "came_in")
        .iter()
        .filter_map(|e| e["ms"].as_f64())
        .collect();
    muteproof(
        session,
        &["mic", "except", "--app", &app, "--end", "--json"],
    );
    let ((median, max), (told, told_max)) = (middle(heard), middle(told));
    let ((opened, _), (again, _)) = (middle(opened), middle(again));
    vec![format!(
        "{}: with an excepted program, the microphone is open to it again {opened:.0} ms after the press (median of \
         {repeats}); another one that then asks for that microphone hears {median:.1} ms of it (at most \
         {max:.1}; as the guard tells {told:.1}, at most {told_max:.1}), and {again:.0} ms after it came, half a second of \
         silence included, the excepted one hears again.",
        name(session.kind)
    )]
}

fn unmute(session: &Session) {
    let mut server = PulseServer::open(&place(session)).unwrap();
    let (sources, _) = server.sources().unwrap();
    if let Some(source) = sources.iter().find(|source| source.name == "mic1") {
        let index = source.index;
        // It may be unplugged in this moment.
        let _ = server.set(&[Change::Mute {
            index,
            muted: false,
        }]);
    }
}

fn place(session: &Session) -> SoundPlace {
    let run = session.path().as_os_str().to_owned();
    let places =
        Places::of(|name| (name == "XDG_RUNTIME_DIR" || name == "HOME").then(|| run.clone()));
    places.unwrap().sound
}

/// A recorder that tries again and again to record a microphone, until it is let.
fn eager(session: &Session, source: &str) -> Recorder {
    loop {
        let mut recorder = Recorder::start("eager", session.recorder("parec", source));
        let begun = Instant::now();
        while begun.elapsed() < session::LONG {
            if recorder.heard().samples > 0 {
                return recorder;
            }
            if recorder.child.0.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A microphone that is plugged in while it is off.
fn plugged(session: &Session, repeats: usize) -> Vec<String> {
    off(session);
    let mut heard = Vec::new();
    for n in 0..repeats {
        let source = format!("usb{n}");
        let recorder = std::thread::scope(|scope| {
            let waits = scope.spawn(|| eager(session, &source));
            session.plug(&source);
            waits.join().unwrap()
        });
        recorder.until_silent(4_800);
        heard.push(recorder.heard().sounding as f64 / 48.0);
    }
    let told: Vec<f64> = log(session, "was_open")
        .iter()
        .filter_map(|e| e["ms"].as_f64())
        .collect();
    muteproof(session, &["mic", "on", "--json"]);
    let ((median, max), (told, told_max)) = (middle(heard), middle(told));
    vec![format!(
        "{}: a microphone that is plugged in while off is open for {told:.1} ms (median of {repeats}, as \
         the guard tells; at most {told_max:.1}); a recorder that was waiting for it heard {median:.1} ms of \
         sound (at most {max:.1}).",
        name(session.kind)
    )]
}

/// The server is killed while it is off, and started again.
fn restarted(session: &mut Session, repeats: usize) -> Vec<String> {
    off(session);
    let mut heard = Vec::new();
    for _ in 0..repeats {
        session.kill_server();
        session.restart_server();
        let recorder = eager(session, "mic1");
        recorder.until_silent(4_800);
        heard.push(recorder.heard().sounding as f64 / 48.0);
    }
    let ms = |key: &str| {
        let events = log(session, "server_back");
        middle(events.iter().filter_map(|e| e[key].as_f64()).collect())
    };
    let ((gap, _), (open, open_max), (_, max)) = (ms("gap_ms"), ms("open_ms"), middle(heard));
    muteproof(session, &["mic", "on", "--json"]);
    vec![format!(
        "{}: killed and started again while off, {repeats} times: closed again {gap:.0} ms after its end \
         (median; most of it is the server's own start), in which sources were seen open for {open:.1} ms \
         (at most {open_max:.1}); a recorder that connects as soon as it can heard {max:.1} ms at most.",
        name(session.kind)
    )]
}

fn log(session: &Session, event: &str) -> Vec<Value> {
    let path = session.path().join("state/muteproof/mic-events.jsonl");
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line["event"] == event)
        .collect()
}

/// Memory and descriptors of a process, and its threads.
fn size(guard: &Running) -> (u64, usize, usize) {
    let at = |file: &str| format!("/proc/{}/{file}", guard.0.id());
    let status = fs::read_to_string(at("status")).unwrap();
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = rss.and_then(|rss| rss.split_whitespace().next()?.parse().ok());
    let count = |file: &str| fs::read_dir(at(file)).unwrap().count();
    (kib.unwrap_or(0), count("fd"), count("task"))
}

fn soak(session: &Session, guard: &Running, events: usize) -> Vec<String> {
    if events == 0 {
        return Vec::new();
    }
    let round = |n: usize| match n % 20 {
        0 => off(session),
        10 => drop(muteproof(session, &["mic", "on", "--json"])),
        5 | 15 => {
            let module = session.plug("soak");
            session.unplug(&module);
        }
        _ => unmute(session),
    };
    // The first rounds fill what is kept for good.
    (0..200).for_each(round);
    let settled = || {
        drop(muteproof(session, &["mic", "on", "--json"]));
        size(guard)
    };
    let before = settled();
    (0..events).for_each(round);
    let after = settled();
    vec![format!(
        "{}: {events} events (switched, plugged in and out, un-muted by others): memory {} KiB before and {} \
         KiB after, descriptors {} and {}, threads {} and {}.",
        name(session.kind),
        before.0,
        after.0,
        before.1,
        after.1,
        before.2,
        after.2
    )]
}

/// Processor time of the guard while nothing happens and it is off.
fn idle(session: &Session, guard: &Running, seconds: usize) -> Vec<String> {
    off(session);
    let used = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", guard.0.id())).unwrap();
        let fields = stat
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let ticks: u64 = fields
            .skip(11)
            .take(2)
            .map(|n| n.parse::<u64>().unwrap())
            .sum();
        ticks as f64 / 100.0
    };
    let before = used();
    std::thread::sleep(Duration::from_secs(seconds as u64));
    let percent = (used() - before) / seconds as f64 * 100.0;
    muteproof(session, &["mic", "on", "--json"]);
    vec![format!(
        "{}: idle and off, the guard takes {percent:.2} % of a core over {seconds} s.",
        name(session.kind)
    )]
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Median and maximum.
fn middle(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    match values.last() {
        Some(max) => (values[values.len() / 2], *max),
        None => (f64::NAN, f64::NAN),
    }
}
