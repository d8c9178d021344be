//! Do the attempts at one app agree, on one sound server and across both?

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::audits::line;
use crate::page::Attempt;
use crate::row::Figures;

/// What an attempt came to, as far as two attempts can be compared.
#[derive(PartialEq, Eq, Clone, PartialOrd, Ord)]
struct Outcome {
    verdict: String,
    microphone: String,
}

/// A line for each app: attempts, how many were called a leak, what each sound server gave. An attempt
/// without an answer agrees with every answer; it is counted apart, with its reasons.
pub fn agreement(attempts: &[Attempt]) -> String {
    let mut page = String::from(
        "\n## Attempts and sound servers\n\n\
         | app | judged | called a leak | PulseAudio | PipeWire | answers agree | no answer |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let mut apps: Vec<&str> = attempts.iter().map(|a| a.app.recipe).collect();
    apps.dedup();
    for app in apps {
        let mut by_server: BTreeMap<bool, Vec<Outcome>> = BTreeMap::new();
        let mut unanswered: Vec<String> = Vec::new();
        let mut judged = 0;
        for attempt in attempts.iter().filter(|a| a.app.recipe == app) {
            let Some(figures) = attempt.figures() else {
                continue;
            };
            judged += 1;
            if matches!(figures.verdict.as_str(), "inconclusive" | "not run") {
                unanswered.push(format!("{}: {}", figures.profile, figures.detail));
                continue;
            }
            let pipewire = figures
                .sound_server
                .as_ref()
                .is_some_and(|s| s.to_lowercase().starts_with("pipewire"));
            by_server
                .entry(pipewire)
                .or_default()
                .push(outcome(figures));
        }
        if judged == 0 {
            continue;
        }
        let all: Vec<&Outcome> = by_server.values().flatten().collect();
        let leaks = all.iter().filter(|o| o.verdict == "leaks").count();
        let of = |pipewire: bool| by_server.get(&pipewire).map_or("–".into(), |o| told(o));
        let same = all.windows(2).all(|pair| pair[0] == pair[1]);
        let agree = match (same, by_server.len()) {
            (true, 0) => "no answer yet",
            (true, 2) => "yes",
            (true, _) => "one server only",
            (false, _) => "**no**",
        };
        let cells = [
            app.to_owned(),
            judged.to_string(),
            leaks.to_string(),
            of(false),
            of(true),
            agree.to_owned(),
            match unanswered.is_empty() {
                true => "–".to_owned(),
                false => unanswered.join("; "),
            },
        ];
        let _ = writeln!(page, "{}", line(&cells));
    }
    page
}

fn outcome(figures: &Figures) -> Outcome {
    // Traced or not, an open microphone that runs is read.
    let microphone = match figures.microphone.as_str() {
        "still read" | "open running" => "open",
        other => other,
    };
    Outcome {
        verdict: figures.verdict.clone(),
        microphone: microphone.to_owned(),
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
