//! Every specimen's truth beside what an audit found: `docs/truth-table.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::audits::{Done, Wanted, line, named, power, run, word};

/// A specimen and what an audit has to find.
struct Truth {
    /// Recipe, or a folder of `testdata/recipes` after a colon.
    recipe: &'static str,
    options: &'static [&'static str],
    /// What it does while muted, for a reader.
    does: &'static str,
    verdict: &'static str,
    kind: &'static str,
    /// The microphone by the sound server's view, and by the calls that were traced.
    server: &'static str,
    calls: Calls,
    /// Every named series has one of these in its name, and each of these is in one's.
    named: &'static [&'static str],
    /// Notes that have to be there.
    notes: &'static [&'static str],
    /// Who can read the call.
    call: &'static str,
    /// What any website can command, and what outlives the app, as [`left`] writes it.
    left: &'static [&'static str],
    /// What a person does that something follows, as [`watched`] writes it.
    watched: &'static [&'static str],
}

/// What traced calls have to show.
#[derive(Clone, Copy, PartialEq)]
enum Calls {
    /// None: it speaks the sound protocol by itself, or the microphone is closed.
    None,
    /// Reads through this library.
    By(&'static str),
}

const SMOKE: &[&str] = &["--profile", "smoke"];
const TENTH: &[&str] = &["--profile", "tenth"];
const CYCLES: &[&str] = &["--profile", "smoke", "--transitions"];

const ATTENTION: &[&str] = &["--profile", "smoke", "--attention"];

const PLAIN: Truth = Truth {
    recipe: "",
    options: SMOKE,
    does: "",
    verdict: "partly_seen",
    kind: "–",
    server: "open_running",
    calls: Calls::None,
    named: &[],
    notes: &[],
    call: "unknown",
    left: &[],
    watched: &[],
};

/// All three fields about the microphone begin so, and nothing else does; they may be read before
/// encryption, and by the keys.
const GAINS: &[&str] = &["levels.audio"];

const TRUTHS: &[Truth] = &[
    Truth {
        recipe: "specimen-honest",
        does: "closes the microphone",
        verdict: "no_leak_seen",
        server: "closed",
        ..PLAIN
    },
    Truth {
        recipe: "specimen-leftover-server",
        does: "closes the microphone; a server outlives it and obeys every website",
        verdict: "no_leak_seen",
        server: "closed",
        left: &[
            "127.0.0.1:47411 commanded",
            "127.0.0.1:47411 stays",
            "muteproof-speci stays",
        ],
        ..PLAIN
    },
    Truth {
        recipe: "specimen-tidy-server",
        does: "closes the microphone; its server refuses websites and ends with it",
        verdict: "no_leak_seen",
        server: "closed",
        ..PLAIN
    },
    Truth {
        recipe: "specimen-attention-teller",
        options: ATTENTION,
        does: "closes the microphone; posts whether its window has the focus and is shown, and idle time",
        verdict: "no_leak_seen",
        server: "closed",
        notes: &["clear_text"],
        watched: &[
            "focus: $.focused",
            "keys: $.idleMs",
            "visibility: $.focused",
            "visibility: $.shown",
        ],
        ..PLAIN
    },
    Truth {
        recipe: "specimen-attention-blind",
        options: ATTENTION,
        does: "the same window and posts, without what it could learn there",
        verdict: "no_leak_seen",
        server: "closed",
        notes: &["clear_text"],
        ..PLAIN
    },
    Truth {
        recipe: "specimen-listener",
        does: "listens and drops; speaks the sound protocol by itself",
        ..PLAIN
    },
    Truth {
        recipe: "specimen-dlopen-reader",
        does: "listens and drops; loads the library late",
        calls: Calls::By("libpulse-simple"),
        ..PLAIN
    },
    Truth {
        recipe: "specimen-drifter",
        does: "listens; its traffic wanders by itself",
        ..PLAIN
    },
    Truth {
        recipe: "specimen-snoop",
        does: "closes the microphone, and looks for the key elsewhere",
        verdict: "no_leak_seen",
        server: "closed",
        ..PLAIN
    },
    Truth {
        recipe: "specimen-indicator-hider",
        does: "listens, and hides from the desktop's lamp",
        notes: &["hides_from_indicator"],
        ..PLAIN
    },
    Truth {
        recipe: "specimen-window-mute",
        does: "goes on sending the whole sound",
        verdict: "leaks",
        kind: "audio",
        named: &["udp", "peer"],
        notes: &["clear_text"],
        call: "anyone_on_the_way",
        ..PLAIN
    },
    Truth {
        recipe: "specimen-size-leak",
        does: "packet sizes follow the loudness",
        verdict: "leaks",
        kind: "level",
        named: &["udp", "all out"],
        ..PLAIN
    },
    Truth {
        recipe: "specimen-level-header",
        does: "a header extension in clear tells the level",
        verdict: "leaks",
        kind: "level",
        named: &["rtp extension 1"],
        call: "unknown",
        ..PLAIN
    },
    Truth {
        recipe: "specimen-clear-text",
        does: "posts the loudness over HTTP, once a second",
        verdict: "leaks",
        kind: "level",
        named: &["meanGain"],
        notes: &["clear_text"],
        ..PLAIN
    },
    Truth {
        recipe: ":minute-telemetry-tenth",
        options: TENTH,
        does: "posts gains over TLS (OpenSSL), constant length",
        verdict: "leaks",
        kind: "level",
        named: GAINS,
        ..PLAIN
    },
    Truth {
        recipe: ":minute-telemetry-gnutls-tenth",
        options: TENTH,
        does: "the same by GnuTLS",
        verdict: "leaks",
        kind: "level",
        named: GAINS,
        ..PLAIN
    },
    Truth {
        recipe: "specimen-opaque-level",
        does: "encrypts the loudness by itself, constant length",
        ..PLAIN
    },
    Truth {
        recipe: "specimen-unmute-burst",
        options: CYCLES,
        does: "holds back what it hears, sends it at unmute",
        verdict: "leaks",
        kind: "undetermined",
        named: &["after unmute: "],
        notes: &["only_around_mute"],
        ..PLAIN
    },
    Truth {
        recipe: "mumble",
        does: "Mumble by voice activity: listens and drops",
        calls: Calls::By("libpulse"),
        ..PLAIN
    },
    Truth {
        recipe: "mumble-continuous",
        does: "Mumble, sending all the time unmuted: listens and drops",
        calls: Calls::By("libpulse"),
        notes: &["control_by_encoder_only", "encoder_quiet"],
        ..PLAIN
    },
];

/// Audits all, writes the page, and fails where a cell is wrong.
pub fn truth_table(root: &Path, abreast: usize) -> Result<(), String> {
    let name = |truth: &Truth| truth.recipe.trim_start_matches(':').to_owned();
    let wanted: Vec<Wanted> = TRUTHS
        .iter()
        .map(|truth| Wanted {
            name: name(truth),
            recipe: match truth.recipe.strip_prefix(':') {
                Some(folder) => root
                    .join("testdata/recipes")
                    .join(folder)
                    .display()
                    .to_string(),
                None => truth.recipe.to_owned(),
            },
            options: truth.options.iter().map(|o| (*o).to_owned()).collect(),
        })
        .collect();
    let done = run(&wanted, &root.join("target/truth-table"), abreast)?;
    let mut page = String::from(HEAD);
    let mut wrong = Vec::new();
    for (truth, made) in TRUTHS.iter().zip(&done) {
        let row = row(truth, made);
        let _ = writeln!(page, "{}", line(&row.cells));
        wrong.extend(
            row.wrong
                .into_iter()
                .map(|why| format!("{}: {why}", name(truth))),
        );
    }
    page.push_str(FOOT);
    print!("{page}");
    if !wrong.is_empty() {
        return Err(format!(
            "cells that are not the truth:\n  {}",
            wrong.join("\n  ")
        ));
    }
    let path = root.join("docs/truth-table.md");
    fs::write(&path, page).map_err(|e| format!("{}: {e}", path.display()))
}

struct Row {
    cells: Vec<String>,
    wrong: Vec<String>,
}

fn row(truth: &Truth, made: &Done) -> Row {
    let judgement = made.judgement();
    let mut wrong = Vec::new();
    let mut check = |what: &str, found: &str, wanted: &str| {
        if found != wanted {
            wrong.push(format!("{what} is {found}, should be {wanted}"));
        }
    };
    if let Err(why) = &made.report {
        check("the audit", why, "made");
    }
    let verdict = word(&judgement["verdict"]["is"]);
    let kind = word(&judgement["verdict"]["kind"]);
    let server = word(&judgement["microphone_by_server"]);
    let call = word(&judgement["call"]["read_by"]);
    check("the verdict", &verdict, truth.verdict);
    check("the kind", &kind, truth.kind);
    check("the microphone", &server, truth.server);
    check("who can read the call", &call, truth.call);
    let calls = calls(judgement);
    match truth.calls {
        Calls::None => check("who reads by a library", &calls, "nobody"),
        Calls::By(library) if calls.split(", ").any(|door| door == library) => {}
        Calls::By(library) => check("who reads by a library", &calls, library),
    }
    let names = named(judgement);
    for part in truth.named {
        if !names.iter().any(|name| name.contains(part)) {
            check("named", "without it", part);
        }
    }
    let other = |name: &&String| !truth.named.iter().any(|part| name.contains(part));
    if let Some(name) = names.iter().find(other) {
        check("named", name, "nothing else");
    }
    let notes: Vec<String> = judgement["notes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|note| word(&note["is"]))
        .collect();
    for note in truth.notes {
        if !notes.iter().any(|n| n == note) {
            check("a remark", "missing", note);
        }
    }
    let left = left(made);
    check("what is left", &left.join(", "), &truth.left.join(", "));
    let watched = watched(judgement);
    check(
        "what is watched",
        &watched.join(", "),
        &truth.watched.join(", "),
    );
    // A reader by the protocol itself: the two views disagree, and the report has to say so.
    let disagree = truth.server == "open_running" && truth.calls == Calls::None;
    if disagree && !notes.iter().any(|n| n == "no_call_seen") {
        check("that no call was seen", "unsaid", "said");
    }
    let right = if wrong.is_empty() { "yes" } else { "**no**" };
    let cells = vec![
        truth.recipe.trim_start_matches(':').to_owned(),
        truth.does.to_owned(),
        format!("{verdict} {}", kind.trim_start_matches('–'))
            .trim()
            .to_owned(),
        power(&judgement["control"]["log10_w_max"]),
        power(&judgement["muted"]["log10_w_max"]),
        format!("{server}; calls: {calls}"),
        short(&names),
        [truth.notes, truth.left, truth.watched].concat().join(", "),
        right.to_owned(),
    ];
    Row { cells, wrong }
}

/// Listeners that any website can command, listeners and programs that outlive the app.
fn left(made: &Done) -> Vec<String> {
    let Ok(report) = &made.report else {
        return Vec::new();
    };
    let all = |of: &str| report["leftovers"][of].as_array().into_iter().flatten();
    let mut left = Vec::new();
    for listener in all("listeners") {
        let address = word(&listener["address"]);
        let asked = listener["website"].as_array().into_iter().flatten();
        if asked.into_iter().any(|answer| answer["is"] == "yes") {
            left.push(format!("{address} commanded"));
        }
        if listener["after_quit"] == true {
            left.push(format!("{address} stays"));
        }
    }
    left.extend(all("stayed").map(|command| format!("{} stays", word(command))));
    left
}

/// What a person does that is followed, with the fields of messages that are named; "unknown" where nobody could
/// tell.
fn watched(judgement: &Value) -> Vec<String> {
    let all = |of: &Value| of.as_array().cloned().unwrap_or_default();
    let mut watched = Vec::new();
    for test in all(&judgement["attention"]) {
        let code = word(&test["code"]);
        if test["answer"] == "unknown" {
            watched.push(format!("{code}: unknown"));
        }
        let findings = all(&test["findings"]);
        let named = findings.iter().filter(|finding| finding["named"] == true);
        let field = |finding: &Value| {
            let series = word(&finding["series"]);
            let path = series.split(' ').find(|part| part.starts_with("$."));
            path.map(|path| format!("{code}: {path}"))
        };
        watched.extend(named.filter_map(field));
    }
    watched.sort();
    watched.dedup();
    watched
}

/// Libraries by whose calls the microphone was read while muted.
fn calls(judgement: &Value) -> String {
    let Some(reads) = judgement["reads"].as_array() else {
        return "not traced".to_owned();
    };
    let mut doors: Vec<String> = reads.iter().map(|by| word(&by["door"])).collect();
    doors.dedup();
    match doors.is_empty() {
        true => "nobody".to_owned(),
        false => doors.join(", "),
    }
}

/// How many names, and the shortest of them.
fn short(names: &[String]) -> String {
    let shortest = names.iter().min_by_key(|name| name.len());
    match (shortest, names.len()) {
        (None, _) => "–".to_owned(),
        (Some(name), 1) => format!("`{name}`"),
        (Some(name), n) => format!("{n}, among them `{name}`"),
    }
}

const HEAD: &str = "\
# The truth, and what was found

Generated by `cargo xtask truth-table`: real audits, traced by the helper; do not edit. The command
fails where a cell is not the truth that its program states, and writes no page then.

| app | what it does while muted | verdict | control, highest W | muted, highest W | microphone: sound server; calls | named | remarks that have to be there | right |
|---|---|---|---|---|---|---|---|---|
";

const FOOT: &str = "
`specimen-listener` and its like speak the sound server's protocol without a library, so no call is
seen: the sound server's own view says that they read, and each of these reports says that the two
disagree. `tenth` audits play the slow code, and their app reports, at a tenth of the time.
";
