//! All apps whose truth is known, and what may happen to a device: the table of docs/beside.md. `cargo xtask beside`
//! makes it; what is in `target/beside` already is not made again.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;

use serde_json::{Value, json};

use crate::common::{repository, run};
use crate::{Beside, Event};

/// Audits side by side, as the tests have it.
const ABREAST: usize = 3;

/// Specimens that need nothing beside a server, in the truth table's order, and Mumble.
const APPS: [&str; 11] = [
    "honest",
    "listener",
    "dlopen-reader",
    "drifter",
    "window-mute",
    "size-leak",
    "level-header",
    "clear-text",
    "opaque-level",
    "snoop",
    "mumble",
];

/// What is audited for what may happen: one that leaks and one that does not.
const ON_THE_WAY: [&str; 2] = ["window-mute", "listener"];

const EVENTS: [(Event, &str); 6] = [
    (Event::V6, "by IPv6"),
    (Event::Loss, "5 % of its datagrams lost"),
    (Event::Sleep, "sleeps for a minute (`quick`)"),
    (Event::Address, "another address"),
    (Event::Interface, "interface down for 5 s"),
    (Event::Listening, "this machine listens along"),
];

/// A row: what it is called in the table, its file's name, and the audit; none on a stage.
struct Row {
    app: &'static str,
    what: String,
    file: String,
    beside: Option<Beside>,
}

fn rows() -> Vec<Row> {
    let row = |app, what: &str, beside: Option<Beside>| Row {
        app,
        what: what.to_owned(),
        file: format!("{app} {what}").replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
        beside,
    };
    let mut rows = Vec::new();
    for app in APPS {
        rows.push(row(app, "on a stage", None));
        rows.push(row(app, "2 m", Some(Beside::of(app, 2.0))));
    }
    for app in ON_THE_WAY {
        rows.push(row(app, "0.5 m", Some(Beside::of(app, 0.5))));
        for (event, what) in EVENTS {
            let beside = Beside {
                event,
                ..Beside::of(app, 2.0)
            };
            rows.push(row(app, &format!("2 m, {what}"), Some(beside)));
        }
    }
    rows
}

fn kept() -> PathBuf {
    repository().join("target/beside")
}

impl Row {
    fn read(&self) -> Option<Value> {
        let text = fs::read(kept().join(&self.file)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// What of the report stands in the table.
    fn make(&self) -> Option<Value> {
        let report = match &self.beside {
            Some(beside) => beside.audited()?.0,
            None => on_a_stage(self.app),
        };
        let judgement = &report["judgement"];
        let made = json!({
            "verdict": judgement["verdict"],
            "control": judgement["control"]["log10_w"],
            "muted": judgement["muted"]["log10_w"],
            "planted": judgement["detects"]["planted"],
        });
        fs::write(kept().join(&self.file), made.to_string()).unwrap();
        Some(made)
    }

    fn line(&self, made: &Value) -> String {
        let is = made["verdict"]["is"].as_str().unwrap_or("–");
        let why = made["verdict"]["reasons"].as_array();
        let why = why.filter(|_| is == "inconclusive").map(|why| {
            let why: Vec<_> = why.iter().filter_map(|r| r["is"].as_str()).collect();
            format!(" ({})", why.join(", "))
        });
        let power = |of: &str| {
            made[of]
                .as_f64()
                .map_or("–".into(), |w| format!("10^{w:.1}"))
        };
        let limit = |kind: &str| {
            let planted = made["planted"].as_array()?;
            let is = |p: &&Value| p["kind"] == kind && p["code"] == "fast";
            planted.iter().find(is)?["down_to"].as_f64()
        };
        let limit = |kind| limit(kind).map_or("–".into(), |x| format!("{x}"));
        format!(
            "| {} | {} | {}{} | {} | {} | {} | {} | {} | {} |\n",
            self.app,
            self.what,
            is.replace('_', " "),
            why.unwrap_or_default(),
            power("control"),
            power("muted"),
            limit("packet_size"),
            limit("packets"),
            limit("flag"),
            limit("loudness"),
        )
    }
}

/// The same app on a stage.
fn on_a_stage(app: &str) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let recipe = match app {
        "mumble" => app.to_owned(),
        kind => format!("specimen-{kind}"),
    };
    let at = out.display().to_string();
    let said = run(&[
        "audit",
        &recipe,
        "--profile",
        "smoke",
        "--quiet",
        "--out",
        &at,
    ]);
    let report = fs::read(out.join("report.json"));
    let report = report.unwrap_or_else(|e| panic!("{e}: {}", said.err));
    serde_json::from_slice(&report).unwrap()
}

const HEAD: &str = "\
| app | where | verdict | control, W | muted, W | bytes | packets a second | flag wrong, % | level, dB |
|---|---|---|---|---|---|---|---|---|
";

/// Prints the table, and writes it where `MUTEPROOF_WRITE` is set.
#[test]
#[ignore = "half an hour: cargo xtask beside"]
fn all_of_them() {
    fs::create_dir_all(kept()).unwrap();
    let rows = rows();
    let queue = Mutex::new(rows.iter());
    thread::scope(|scope| {
        for _ in 0..ABREAST {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(|e| e.into_inner()).next();
                    let Some(row) = next else { return };
                    // A machine that was too busy may have time today.
                    let done = row
                        .read()
                        .filter(|made| made["verdict"]["is"] != "inconclusive");
                    if let Some(made) = done.or_else(|| row.make()) {
                        print!("{}", row.line(&made));
                    }
                }
            });
        }
    });
    let mut table = HEAD.to_owned();
    let made: Vec<(&Row, Value)> = rows
        .iter()
        .filter_map(|row| Some((row, row.read()?)))
        .collect();
    table.extend(made.iter().map(|(row, made)| row.line(made)));
    println!("{table}");
    if std::env::var_os("MUTEPROOF_WRITE").is_some() {
        let page = repository().join("docs/beside.md");
        let text = fs::read_to_string(&page).unwrap();
        let (before, rest) = text.split_once("<!-- table: begin -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- table: end -->").unwrap();
        let new = format!("{before}<!-- table: begin -->\n{table}<!-- table: end -->{after}");
        fs::write(&page, new).unwrap();
    }
    // Who leaks on a stage leaks beside one, and nobody else. Whether a microphone is closed is not seen there, so that
    // nobody is cleared as on a stage.
    for (row, made) in &made {
        let leaks = |made: &Value| made["verdict"]["is"] == "leaks";
        let on_a_stage = made_on_a_stage(&rows, row.app).expect("an audit on a stage");
        let answered = made["verdict"]["is"] != "inconclusive";
        assert!(answered, "{}, {}: {}", row.app, row.what, made["verdict"]);
        assert_eq!(leaks(made), leaks(&on_a_stage), "{}, {}", row.app, row.what);
    }
}

fn made_on_a_stage(rows: &[Row], app: &str) -> Option<Value> {
    rows.iter()
        .find(|row| row.app == app && row.beside.is_none())?
        .read()
}
