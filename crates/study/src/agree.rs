//! Do the attempts at one app agree, on one sound server and across both?

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::audits::{line, word};
use crate::page::{Attempt, sound_server};

/// What an attempt came to, as far as two attempts can be compared.
#[derive(PartialEq, Eq, Clone, PartialOrd, Ord)]
struct Outcome {
    verdict: String,
    microphone: String,
}

/// A line for each app: attempts, how many were called a leak, what each sound server gave.
pub fn agreement(attempts: &[Attempt]) -> String {
    let mut page = String::from(
        "\n## Attempts and sound servers\n\n\
         | app | judged | called a leak | PulseAudio | PipeWire | agree |\n|---|---|---|---|---|---|\n",
    );
    let mut apps: Vec<&str> = attempts.iter().map(|a| a.app.recipe).collect();
    apps.dedup();
    for app in apps {
        let mut by_server: BTreeMap<bool, Vec<Outcome>> = BTreeMap::new();
        for attempt in attempts.iter().filter(|a| a.app.recipe == app) {
            let Some(report) = attempt.done.as_ref().and_then(|d| d.report.as_ref().ok()) else {
                continue;
            };
            let pipewire =
                sound_server(report).is_some_and(|s| s.to_lowercase().starts_with("pipewire"));
            by_server
                .entry(pipewire)
                .or_default()
                .push(outcome(&report["judgement"]));
        }
        let all: Vec<&Outcome> = by_server.values().flatten().collect();
        if all.is_empty() {
            continue;
        }
        let leaks = all.iter().filter(|o| o.verdict == "leaks").count();
        let of = |pipewire: bool| {
            by_server
                .get(&pipewire)
                .map_or("not run".into(), |o| told(o))
        };
        let same = all.windows(2).all(|pair| pair[0] == pair[1]);
        let agree = match (same, by_server.len()) {
            (true, 2) => "yes",
            (true, _) => "one server only",
            (false, _) => "**no**",
        };
        let cells = [
            app.to_owned(),
            all.len().to_string(),
            leaks.to_string(),
            of(false),
            of(true),
            agree.to_owned(),
        ];
        let _ = writeln!(page, "{}", line(&cells));
    }
    page
}

fn outcome(judgement: &Value) -> Outcome {
    let plain = |value: &Value| word(value).replace('_', " ");
    // Traced or not, an open microphone that runs is read.
    let microphone = match judgement["microphone"].as_str() {
        Some("still_read" | "open_running") => "open".to_owned(),
        _ => plain(&judgement["microphone"]),
    };
    Outcome {
        verdict: plain(&judgement["verdict"]["is"]),
        microphone,
    }
}

/// Outcomes with how often each came.
fn told(outcomes: &[Outcome]) -> String {
    let mut counted: BTreeMap<&Outcome, usize> = BTreeMap::new();
    for outcome in outcomes {
        *counted.entry(outcome).or_default() += 1;
    }
    let parts = counted
        .into_iter()
        .map(|(o, n)| format!("{n} × {}, microphone {}", o.verdict, o.microphone));
    parts.collect::<Vec<_>>().join("; ")
}
