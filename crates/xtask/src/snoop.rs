//! `cargo xtask snoop`: what an app that tries to get out finds, by sound server and user, as a table.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::run::{Done, build, flag, programs, put_between, root, run, use_development_build};
use crate::setup::is_root;

/// What stands between these in docs/security.md is made here.
const MARKS: [&str; 2] = ["<!-- ways: begin -->", "<!-- ways: end -->"];

/// Sound server, and the number of the user.
const RUNS: [(&str, Option<&str>); 4] = [
    ("pulseaudio", None),
    ("pipewire", None),
    ("pulseaudio", Some("65534")),
    ("pipewire", Some("65534")),
];

/// What was tried, and how it went.
type Told = Vec<(String, String)>;

/// Audits the snoop in all ways, prints the table, and with `--write` puts it into the page; an error where
/// anything was learned.
pub fn snoop(args: &[String]) -> Done {
    use_development_build();
    build()?;
    let told = thread::scope(|scope| {
        // Two at a time: an audit leaves half of a core idle.
        let halves = RUNS.chunks(2).collect::<Vec<_>>();
        let mut told = Vec::new();
        for half in halves {
            let running: Vec<_> = half.iter().map(|of| scope.spawn(|| audited(*of))).collect();
            for run in running {
                told.push(run.join().map_err(|_| "an audit panicked")??);
            }
        }
        Ok::<Vec<Told>, String>(told)
    })?;
    let table = table(&told);
    println!("{table}");
    if flag(args, "--write") {
        put_between("security.md", MARKS, &table)?;
    }
    let learned = told
        .iter()
        .flatten()
        .find(|(_, how)| !how.starts_with("denied"));
    match learned {
        None => Ok(()),
        Some((way, how)) => Err(format!("{way}: {how}")),
    }
}

/// One audit, and what the snoop said in it.
fn audited((sound, user): (&str, Option<&str>)) -> Result<Told, String> {
    let io = |e: std::io::Error| e.to_string();
    let folder = root()
        .join("target/snoop")
        .join(format!("{sound}-{}", user.unwrap_or("caller")));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(io)?;
    let program = programs().join("muteproof");
    let mut audit = match user {
        None => Command::new(program),
        Some(_) if !is_root() => return Err("only root can run it as another user too".to_owned()),
        Some(user) => {
            run(Command::new("chown")
                .arg(format!("{user}:{user}"))
                .arg(&folder))?;
            let mut audit = Command::new("setpriv");
            audit.args(["--reuid", user, "--regid", user, "--clear-groups"]);
            audit.arg(program);
            audit.env("HOME", &folder).env("XDG_RUNTIME_DIR", &folder);
            audit
        }
    };
    audit.args([
        "audit",
        "specimen-snoop",
        "--profile",
        "smoke",
        "--quiet",
        "--sound",
        sound,
    ]);
    audit
        .arg("--out")
        .arg(folder.join("audit"))
        .stdout(Stdio::null());
    let status = audit.status().map_err(io)?;
    if status.code() != Some(0) {
        return Err(format!("the audit on {sound} ended with {status}"));
    }
    let log = folder.join("audit/bundle/logs/app.txt");
    said(&log)
}

fn said(log: &Path) -> Result<Told, String> {
    let text = fs::read_to_string(log).map_err(|e| e.to_string())?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("snoop: "));
    let told: Told = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(way, how)| (way.to_owned(), how.to_owned()))
        .collect();
    match text.contains("snoop: done") && !told.is_empty() {
        true => Ok(told),
        false => Err("the snoop did not come to its end".to_owned()),
    }
}

fn table(told: &[Told]) -> String {
    let of: Vec<BTreeMap<&str, &str>> = told
        .iter()
        .map(|told| {
            told.iter()
                .map(|(way, how)| (way.as_str(), how.as_str()))
                .collect()
        })
        .collect();
    let whom = RUNS.map(|(sound, user)| {
        let sound = if sound == "pipewire" {
            "PipeWire"
        } else {
            "PulseAudio"
        };
        format!(
            "{sound}, {}",
            if user.is_some() {
                "a user"
            } else {
                "the caller (root)"
            }
        )
    });
    let mut lines = vec![
        format!("| way | {} |", whom.join(" | ")),
        format!("|---|{}", "---|".repeat(whom.len())),
    ];
    for (way, _) in told.first().into_iter().flatten() {
        let answers = of.iter().map(|of| match of.get(way.as_str()) {
            Some(how) if how.starts_with("denied") => "denied",
            Some(_) => "**learned**",
            None => "not tried",
        });
        lines.push(format!(
            "| {way} | {} |",
            answers.collect::<Vec<_>>().join(" | ")
        ));
    }
    lines.push(String::new());
    lines.push(format!(
        "{} ways, tried once each in a `smoke` audit.",
        lines.len() - 3
    ));
    lines.join("\n")
}
