//! What a report comes to, point by point, for those who list such points: forges, test reports, pull requests.
//!
//! A row here is a rule with a name that stays ([`RULES`]); docs/ci.md lists them.

use dataflow::Party;
use verdict::{AttentionAnswer, MicrophoneStatus, Note, Verdict};

use crate::i18n::Words;
use crate::render::Report;
use crate::{attention, clean, flows, leftovers, phrase, reasons};

/// How a point came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As it should be, as far as was looked.
    Passed,
    /// Not as everybody would like it: nothing fails for it.
    Remarked,
    /// Not as it should be.
    Failed,
    /// Nobody can say.
    Skipped,
}

/// One point.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// Its rule's name.
    pub rule: &'static str,
    /// How it came out.
    pub outcome: Outcome,
    /// What that rests on, a sentence each.
    pub said: Vec<String>,
    /// What tells it from others of its rule, from one run to the next.
    pub key: String,
}

/// The rules: their names, and the messages that say what each asks.
pub(crate) const RULES: [(&str, &str); 9] = [
    ("mute-leak", "point-mute-leak"),
    ("microphone-open", "point-microphone-open"),
    ("camera-held", "point-camera-held"),
    ("clear-text", "point-clear-text"),
    ("third-party", "point-third-party"),
    ("identifier", "point-identifier"),
    ("attention", "point-attention"),
    ("commandable-listener", "point-commandable-listener"),
    ("leftover", "point-leftover"),
];

/// Every point that was looked at; what nobody looked at is none.
pub(crate) fn points(words: &Words, report: &Report) -> Vec<Point> {
    let mut points = vec![mute(words, report), microphone(words, report)];
    points.extend(camera(words, report));
    points.push(clear_text(words, report));
    points.extend(third_party(words, report));
    points.extend(identifier(words, report));
    points.extend(attention_of(words, report));
    points.extend(left(words, report));
    points
}

fn point(rule: &'static str, outcome: Outcome, said: Vec<String>) -> Point {
    Point {
        rule,
        outcome,
        said,
        key: String::new(),
    }
}

fn mute(words: &Words, report: &Report) -> Point {
    let judgement = report.judgement;
    let outcome = match judgement.verdict {
        Verdict::Leaks { .. } => Outcome::Failed,
        Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } => Outcome::Passed,
        Verdict::Inconclusive { .. } | Verdict::NotRun { .. } => Outcome::Skipped,
    };
    let mut said = vec![phrase::sentence(words, report)];
    said.extend(phrase::verdict_detail(words, &judgement.verdict));
    said.extend(reasons::reasons(words, judgement));
    point("mute-leak", outcome, said)
}

fn microphone(words: &Words, report: &Report) -> Point {
    let judgement = report.judgement;
    let outcome = match judgement.microphone {
        _ if matches!(judgement.verdict, Verdict::NotRun { .. }) => Outcome::Skipped,
        MicrophoneStatus::Closed => Outcome::Passed,
        MicrophoneStatus::Unknown => Outcome::Skipped,
        MicrophoneStatus::OpenNotRunning
        | MicrophoneStatus::OpenRunning
        | MicrophoneStatus::StillRead => Outcome::Remarked,
    };
    let said = words.t(&phrase::microphone_long_id(judgement));
    point("microphone-open", outcome, vec![said])
}

/// Notes of a kind, in words.
fn notes(words: &Words, report: &Report, is_it: impl Fn(&Note) -> bool) -> Vec<String> {
    let notes = report.judgement.notes.iter().filter(|note| is_it(note));
    notes.map(|note| phrase::note(words, note)).collect()
}

fn camera(words: &Words, report: &Report) -> Option<Point> {
    let held = notes(words, report, |n| matches!(n, Note::CameraHeld { .. }));
    let released = notes(words, report, |n| matches!(n, Note::CameraReleased));
    match (held.is_empty(), released.is_empty()) {
        (false, _) => Some(point("camera-held", Outcome::Failed, held)),
        (true, false) => Some(point("camera-held", Outcome::Passed, released)),
        (true, true) => None,
    }
}

fn clear_text(words: &Words, report: &Report) -> Point {
    let said = notes(words, report, |n| matches!(n, Note::ClearText { .. }));
    let outcome = match said.is_empty() {
        true => Outcome::Passed,
        false => Outcome::Remarked,
    };
    point("clear-text", outcome, said)
}

fn third_party(words: &Words, report: &Report) -> Option<Point> {
    let receivers = report.receivers?;
    let third = receivers.iter().filter(|r| r.party == Party::Third);
    let third: Vec<_> = third.cloned().collect();
    let names: Vec<String> = third.iter().map(|r| clean::line(&r.name)).collect();
    let said = flows::lines(words, &third);
    let outcome = match third.is_empty() {
        true => Outcome::Passed,
        false => Outcome::Remarked,
    };
    Some(Point {
        key: names.join(" "),
        ..point(
            "third-party",
            outcome,
            if third.is_empty() { Vec::new() } else { said },
        )
    })
}

fn identifier(words: &Words, report: &Report) -> Option<Point> {
    let identifiers = report.identifiers?;
    let sure = identifiers.escaped.iter().any(|one| one.what.sure);
    let outcome = match (sure, identifiers.escaped.is_empty()) {
        (true, _) => Outcome::Failed,
        (false, false) => Outcome::Remarked,
        (false, true) => Outcome::Passed,
    };
    Some(point(
        "identifier",
        outcome,
        flows::escaped(words, identifiers),
    ))
}

fn attention_of(words: &Words, report: &Report) -> Vec<Point> {
    let tests = report.judgement.attention.iter();
    tests
        .map(|test| {
            let outcome = match test.answer {
                AttentionAnswer::Follows => Outcome::Failed,
                AttentionAnswer::NothingFound => Outcome::Passed,
                AttentionAnswer::Unknown => Outcome::Skipped,
            };
            Point {
                key: test.code.name().to_owned(),
                ..point("attention", outcome, attention::stretch(words, test))
            }
        })
        .collect()
}

fn left(words: &Words, report: &Report) -> Vec<Point> {
    let Some(left) = report.leftovers else {
        return Vec::new();
    };
    let said = leftovers::lines(words, left);
    let commanded = left.listeners.iter().filter(|one| one.is_commandable());
    let addresses: Vec<String> = commanded.map(|one| clean::line(&one.address)).collect();
    let of = |rule, wrong: bool, key: String| Point {
        key,
        ..point(
            rule,
            if wrong {
                Outcome::Failed
            } else {
                Outcome::Passed
            },
            if wrong { said.clone() } else { Vec::new() },
        )
    };
    let mut points = vec![of(
        "commandable-listener",
        !addresses.is_empty(),
        addresses.join(" "),
    )];
    if left.looked_after_quit {
        let stays = !left.stayed.is_empty() || left.listeners.iter().any(|one| one.after_quit);
        points.push(of("leftover", stays, String::new()));
    }
    points
}
