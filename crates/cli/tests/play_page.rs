//! The page of `play --page`, in Chromium, with a person's clicks: what it plays is heard by an app on a machine whose
//! clock is 300 ms late and 50 parts in a million too quick.
//!
//! Three minutes: `cargo xtask slow` runs it.

mod common;

use std::fmt::Write;
use std::fs::{self, File};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::{installed, run, skip, until};
use serde_json::Value;
use stage::browser::Page;

/// A program that ends with its value.
struct Ends(Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How late the other clock is, and how much too quick.
const LATE_S: f64 = 0.3;
const QUICK: f64 = 50e-6;

/// An answer has to come within.
const SOON: Duration = Duration::from_secs(20);

fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_secs_f64()
}

fn server(dir: &Path) -> Ends {
    let socket = dir.join("native");
    let config = format!(
        "load-module module-native-protocol-unix socket={}\n\
         load-module module-null-sink sink_name=spk rate=48000\nset-default-sink spk\n",
        socket.display()
    );
    fs::write(dir.join("server.pa"), config).unwrap();
    let mut command = Command::new("pulseaudio");
    command.args([
        "-n",
        "--daemonize=no",
        "--exit-idle-time=-1",
        "--use-pid-file=no",
        "--realtime=no",
    ]);
    command
        .args(["--disable-shm=yes", "--log-target=stderr", "-F"])
        .arg(dir.join("server.pa"));
    command.env("HOME", dir).env("XDG_RUNTIME_DIR", dir);
    command
        .stdout(Stdio::null())
        .stderr(File::create(dir.join("server.log")).unwrap());
    let server = Ends(command.spawn().unwrap());
    until("the sound server", || UnixStream::connect(&socket).ok());
    server
}

/// An app's telemetry: once a second how loud it was, by its own clock.
struct App {
    _hears: Ends,
    rows: Arc<Mutex<String>>,
    over: Arc<AtomicBool>,
}

impl App {
    fn start(dir: &Path) -> App {
        let mut hears = Command::new("parec");
        hears.args([
            "--device=spk.monitor",
            "--format=s16le",
            "--rate=48000",
            "--channels=1",
            "--latency-msec=20",
        ]);
        hears.env(
            "PULSE_SERVER",
            format!("unix:{}", dir.join("native").display()),
        );
        let mut hears = hears.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = hears.stdout.take().unwrap();
        let rows = Arc::new(Mutex::new("t_s,level,count\n".to_owned()));
        let over = Arc::new(AtomicBool::new(false));
        let (told, ends, begun) = (rows.clone(), over.clone(), now());
        thread::spawn(move || {
            let mut bytes = vec![0; 96_000];
            let mut n = 0;
            while !ends.load(Ordering::Relaxed) && out.read_exact(&mut bytes).is_ok() {
                let samples = bytes
                    .chunks_exact(2)
                    .map(|b| f64::from(i16::from_le_bytes([b[0], b[1]])));
                let power = samples.map(|s| s * s).sum::<f64>() / 48_000.0;
                let t = now();
                let theirs = t + LATE_S + (t - begun) * QUICK;
                n += 1;
                let level = 10.0 * (power + 1.0).log10();
                writeln!(told.lock().unwrap(), "{theirs:.6},{level:.3},{n}").unwrap();
            }
        });
        App {
            _hears: Ends(hears),
            rows,
            over,
        }
    }
}

/// Clicks a button as soon as it is there.
fn clicks(page: &mut Page, id: &str, within: Duration) {
    let begun = Instant::now();
    let js = format!(
        "(() => {{ const b = document.getElementById('{id}'); if (b.hidden || b.disabled) return 'no'; b.click(); return 'yes'; }})()"
    );
    while page.evaluate(&js, SOON).unwrap() != "yes" {
        assert!(begun.elapsed() < within, "no button {id}");
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
#[ignore = "three minutes: cargo xtask slow"]
fn what_a_page_plays_is_judged_by_its_log() {
    for program in ["pulseaudio", "parec", "chromium"] {
        if !installed(program) {
            return skip(&format!("{program} is not installed"));
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let name = |file: &str| dir.path().join(file).display().to_string();
    let said = run(&[
        "play",
        "--profile",
        "smoke",
        "--page",
        &name("play.html"),
        "--schedule",
        &name("schedule.json"),
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let _server = server(dir.path());
    // A port that is free now.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let mut chromium = Command::new("chromium");
    chromium.args([
        "--headless=new",
        "--no-sandbox",
        "--no-first-run",
        "--disable-gpu",
    ]);
    chromium.arg(format!("--user-data-dir={}", name("profile")));
    chromium.arg(format!("--remote-debugging-port={port}"));
    chromium.arg(format!("file://{}", name("play.html")));
    chromium
        .env("PULSE_SERVER", format!("unix:{}", name("native")))
        .env("HOME", dir.path());
    chromium.stdout(Stdio::null()).stderr(Stdio::null());
    let _chromium = Ends(chromium.spawn().unwrap());
    let at = format!("127.0.0.1:{port}");
    let mut page = until("the page", || {
        let connect = || TcpStream::connect(&at).map_err(|e| e.to_string());
        let mut page = Page::open(recipe::Protocol::DevTools, &at, SOON, connect).ok()?;
        let is = page.evaluate("document.getElementById('start') ? 'yes' : 'no'", SOON);
        (is.ok()? == "yes").then_some(page)
    });
    let app = App::start(dir.path());
    clicks(&mut page, "start", SOON);
    clicks(&mut page, "muted", Duration::from_secs(120));
    clicks(&mut page, "kept", Duration::from_secs(180));
    app.over.store(true, Ordering::Relaxed);
    fs::write(name("table.csv"), &*app.rows.lock().unwrap()).unwrap();
    let log = page.evaluate("JSON.stringify(log)", SOON).unwrap();
    fs::write(name("log.json"), &log).unwrap();
    let link = page
        .evaluate("document.getElementById('save').href", SOON)
        .unwrap();
    assert!(link.starts_with("blob:"), "{link}");
    let analyzed = run(&[
        "analyze",
        "--json",
        "--table",
        &name("table.csv"),
        "--schedule",
        &name("schedule.json"),
        "--page-log",
        &name("log.json"),
        "--out",
        &name("out"),
    ]);
    let report: Value =
        serde_json::from_str(&analyzed.out).unwrap_or_else(|e| panic!("{e} {}", analyzed.err));
    let judgement = &report["judgement"];
    assert_eq!(analyzed.code, Some(1), "{}", judgement["verdict"]);
    let strongest = judgement["findings"][0]["series"].as_str();
    assert!(
        strongest.is_some_and(|name| name.starts_with("level")),
        "{strongest:?}"
    );
    let rows = judgement["blocks"].as_array().unwrap();
    let muted = rows.iter().filter(|row| row["phase"] == "muted");
    let confirmed = muted
        .clone()
        .filter(|row| row["mute_confirmed"] == true)
        .count();
    assert!(confirmed * 10 >= muted.count() * 9, "{confirmed}");
    println!(
        "{} pairs of clocks, {confirmed} muted blocks confirmed",
        log.matches("],[").count() + 1
    );
}
