//! Who receives what, of specimens whose truth is known: the table in docs/flows.md. `cargo xtask flows --truth`
//! starts it and has it written; it takes some twenty minutes.

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use common::package::package;
use common::{program, repository, run, skip, specimens, test_recipe};
use serde_json::Value;

/// What stands between these in docs/flows.md is made here.
const MARKS: [&str; 2] = ["<!-- truth: begin -->", "<!-- truth: end -->"];

/// Set by the command that wants the page written.
const WRITE: &str = "MUTEPROOF_WRITE_TRUTH";

/// How something runs.
enum How {
    /// A recipe of the tests', on the network that answers everything.
    Sink(&'static str),
    /// A recipe that comes with muteproof, likewise.
    Own(&'static str),
    /// A package of this name, whose scripts leave something or nothing, likewise.
    Package(&'static str, bool),
    /// An audit that asks whether what leaves follows what a person does.
    Attention(&'static str),
}

/// A specimen and what has to be found.
struct Truth {
    how: How,
    does: &'static str,
    /// (Host, when) of all beyond the stage who were told something.
    told: &'static [(&'static str, &'static str)],
    /// How each of the planted identifiers was written; nothing where none was told.
    identifiers: Option<&'static str>,
    /// Hosts to which it would not speak.
    opaque: &'static [&'static str],
    /// What listens and stays, what files stay, and what a person does that is followed.
    left: &'static [&'static str],
}

const NOTHING: Truth = Truth {
    how: How::Own(""),
    does: "",
    told: &[],
    identifiers: None,
    opaque: &[],
    left: &[],
};

const METRICS: (&str, &str) = ("metrics.example.net", "start");

const TRUTHS: &[Truth] = &[
    Truth {
        how: How::Sink("collector"),
        does: "tells a third party whose machine it is on, as it is",
        told: &[METRICS],
        identifiers: Some("plain"),
        ..NOTHING
    },
    Truth {
        how: How::Sink("collector:hashed"),
        does: "the same, each value by its SHA-256",
        told: &[METRICS],
        identifiers: Some("sha256 in hex"),
        ..NOTHING
    },
    Truth {
        how: How::Sink("collector:nested"),
        does: "the same, as JSON in gzip in base64 in JSON",
        told: &[METRICS],
        identifiers: Some("plain"),
        ..NOTHING
    },
    Truth {
        how: How::Sink("collector:library"),
        does: "the same, to a tracker, as the tracker's library sends it",
        told: &[("www.google-analytics.com", "start")],
        identifiers: Some("plain"),
        ..NOTHING
    },
    Truth {
        how: How::Sink("collector:mute"),
        does: "the same, when it is muted and not before",
        told: &[("metrics.example.net", "muted")],
        identifiers: Some("plain"),
        ..NOTHING
    },
    Truth {
        how: How::Sink("collector:honest"),
        does: "twin of these: reads all of it, tells how many fields there were",
        told: &[METRICS],
        ..NOTHING
    },
    Truth {
        how: How::Sink("pinned-report"),
        does: "trusts no authority of the system's",
        told: &[METRICS],
        opaque: &["metrics.example.net"],
        ..NOTHING
    },
    Truth {
        how: How::Own("specimen-honest"),
        does: "twin of all: a call, and nothing else",
        ..NOTHING
    },
    Truth {
        how: How::Sink("site"),
        does: "a page in Chromium: tells one tracker at once, one at consent, one at login",
        told: &[
            ("ads.example.net", "after_consent"),
            ("metrics.example.org", "before_consent"),
            ("people.example.com", "after_login"),
        ],
        ..NOTHING
    },
    Truth {
        how: How::Sink("site:asks-first"),
        does: "its twin: tells nobody before consent",
        told: &[
            ("ads.example.net", "after_consent"),
            ("people.example.com", "after_login"),
        ],
        ..NOTHING
    },
    Truth {
        how: How::Own("specimen-leftover-server"),
        does: "leaves a server behind that every website can command",
        left: &[
            "127.0.0.1:47411 commanded",
            "127.0.0.1:47411 stays",
            "muteproof-speci stays",
        ],
        ..NOTHING
    },
    Truth {
        how: How::Own("specimen-tidy-server"),
        does: "its twin: its server refuses websites and ends with it",
        ..NOTHING
    },
    Truth {
        how: How::Package("muteproof-specimen-leaves", true),
        does: "a package that leaves a certificate and other things behind",
        left: &[
            "autostart",
            "certificate",
            "cron",
            "home",
            "native_messaging",
            "other",
            "url_handler",
            "user_unit",
        ],
        ..NOTHING
    },
    Truth {
        how: How::Package("muteproof-specimen-tidy", false),
        does: "its twin: the user's own settings stay",
        left: &["home"],
        ..NOTHING
    },
    Truth {
        how: How::Attention("specimen-attention-teller"),
        does: "posts whether its window has the focus and is shown, and idle time",
        left: &["focus followed", "keys followed", "visibility followed"],
        ..NOTHING
    },
    Truth {
        how: How::Attention("specimen-attention-blind"),
        does: "its twin: the same window and posts, without what it could learn there",
        ..NOTHING
    },
];

/// Runs all, and fails where a cell is wrong; then no page is written.
#[test]
#[ignore = "takes twenty minutes; `cargo xtask flows --truth`"]
fn the_table_is_right_in_every_cell() {
    specimens();
    let dir = tempfile::tempdir().unwrap();
    let mut page = String::from(
        "| specimen | what it does | beyond the stage it told | identifiers of the stage's | what else | right |\n\
         |---|---|---|---|---|---|\n",
    );
    let mut wrong = Vec::new();
    for (n, truth) in TRUTHS.iter().enumerate() {
        let Some(found) = found(&dir.path().join(n.to_string()), truth) else {
            return;
        };
        let wanted = wanted(truth, &found);
        let name = name(truth);
        let is = if found.cells == wanted {
            "yes"
        } else {
            "**no**"
        };
        let [told, identifiers, left] = found.cells.clone().map(|cell| match cell.is_empty() {
            true => "–".to_owned(),
            false => cell,
        });
        let row = format!(
            "| {name} | {} | {told} | {identifiers} | {left} | {is} |",
            truth.does
        );
        println!("{row}");
        let _ = writeln!(page, "{row}");
        if found.cells != wanted {
            wrong.push(format!("{name}: {:?}, should be {wanted:?}", found.cells));
        }
    }
    assert_eq!(wrong, [] as [String; 0]);
    if std::env::var_os(WRITE).is_some() {
        let path = repository().join("docs/flows.md");
        let whole = fs::read_to_string(&path).unwrap();
        let (before, rest) = whole.split_once(MARKS[0]).expect("a place for the table");
        let (_, after) = rest.split_once(MARKS[1]).expect("its end");
        let [begin, end] = MARKS;
        fs::write(
            &path,
            format!("{before}{begin}\n{}\n{end}{after}", page.trim()),
        )
        .unwrap();
    }
}

fn name(truth: &Truth) -> &'static str {
    match truth.how {
        How::Sink(name) | How::Own(name) | How::Package(name, _) | How::Attention(name) => name,
    }
}

struct Found {
    /// Who was told, which identifiers, what else.
    cells: [String; 3],
    /// How many identifiers were looked for.
    planted: usize,
}

fn wanted(truth: &Truth, found: &Found) -> [String; 3] {
    let told = truth.told.iter();
    let told: Vec<String> = told.map(|(host, when)| at(host, &[when])).collect();
    let identifiers = match truth.identifiers {
        Some(written) => format!("all {}, {written}", found.planted),
        None => String::new(),
    };
    let opaque = truth.opaque.iter().map(|host| format!("{host} opaque"));
    let left = opaque.chain(truth.left.iter().map(|one| (*one).to_owned()));
    [
        told.join(", "),
        identifiers,
        left.collect::<Vec<_>>().join(", "),
    ]
}

fn at(host: &str, when: &[&str]) -> String {
    format!("{host} ({})", when.join(", ").replace('_', " "))
}

fn found(out: &Path, truth: &Truth) -> Option<Found> {
    let folder = out.display().to_string();
    let options = [
        "flows",
        "--network",
        "sink",
        "--seconds",
        "3",
        "--format",
        "json",
        "--out",
    ];
    let on_sink = |what: &[&str]| run(&[&options[..], &[&folder], what].concat());
    let said = match truth.how {
        How::Sink(recipe) => on_sink(&[&test_recipe(recipe)]),
        How::Own(recipe) => on_sink(&[recipe]),
        How::Package(name, leaves) => {
            let file = package(out.parent()?, name, leaves)?;
            on_sink(&["--install", &file.display().to_string(), "--", name])
        }
        How::Attention(recipe) => {
            let said = run(&[
                "audit",
                recipe,
                "--profile",
                "smoke",
                "--attention",
                "--out",
                &folder,
            ]);
            let report = fs::read_to_string(out.join("report.json"));
            let report = report.unwrap_or_else(|e| panic!("{e}: {}", said.err));
            return Some(watched(&serde_json::from_str(&report).unwrap()));
        }
    };
    let lacks = ["namespace", "is missing", "not installed", "overlay"];
    if said.code == Some(3) && lacks.iter().any(|word| said.err.contains(word)) {
        skip(&said.err);
        return None;
    }
    let flows: Value = serde_json::from_str(&said.out)
        .unwrap_or_else(|e| panic!("{}: {e}: {}{}", program().display(), said.out, said.err));
    Some(received(&flows, name(truth).starts_with("site")))
}

fn all(of: &Value) -> impl Iterator<Item = &Value> {
    of.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn received(flows: &Value, is_page: bool) -> Found {
    let mut told = Vec::new();
    for receiver in all(&flows["receivers"]).filter(|one| text(&one["party"]) != "first") {
        let moments: Vec<String> = all(&receiver["moments"]).map(text).collect();
        let moments: Vec<&str> = moments.iter().map(String::as_str).collect();
        told.extend(all(&receiver["hosts"]).map(|host| at(&text(host), &moments)));
    }
    // A page's browser speaks to its maker by itself.
    told.retain(|host| host.contains(".example.") || !is_page);
    told.sort();
    let planted = all(&flows["looked_for"]).count();
    let mut names: Vec<String> = all(&flows["escaped"])
        .map(|one| text(&one["canary"]))
        .collect();
    names.dedup();
    let mut written: Vec<String> = all(&flows["escaped"])
        .map(|one| text(&one["encoding"]))
        .collect();
    written.sort();
    written.dedup();
    let identifiers = match names.len() {
        0 => String::new(),
        n if n == planted => format!("all {n}, {}", written.join(", ")),
        n => format!("{n} of {planted}, {}", written.join(", ")),
    };
    let mut left: Vec<String> = all(&flows["opaque"])
        .map(|one| format!("{} opaque", text(&one["host"])))
        .collect();
    let leftovers = &flows["leftovers"];
    for listener in all(&leftovers["listeners"]) {
        // A browser that is steered has a port open for it.
        let address = text(&listener["address"]);
        if address.ends_with(":9222") {
            continue;
        }
        if all(&listener["website"]).any(|answer| answer["is"] == "yes") {
            left.push(format!("{address} commanded"));
        }
        if listener["after_quit"] == true {
            left.push(format!("{address} stays"));
        }
    }
    left.extend(all(&leftovers["stayed"]).map(|one| format!("{} stays", text(one))));
    let mut files: Vec<String> = all(&leftovers["removal"]["files"])
        .map(|file| text(&file["purpose"]["is"]))
        .collect();
    files.sort();
    files.dedup();
    left.extend(files);
    Found {
        cells: [told.join(", "), identifiers, left.join(", ")],
        planted,
    }
}

/// What a person does that something follows.
fn watched(report: &Value) -> Found {
    let tests = all(&report["judgement"]["attention"]);
    let mut followed: Vec<String> = tests
        .filter(|test| all(&test["findings"]).any(|finding| finding["named"] == true))
        .map(|test| format!("{} followed", text(&test["code"])))
        .collect();
    followed.sort();
    let escaped = all(&report["identifiers"]["escaped"]).count();
    Found {
        cells: [
            String::new(),
            match escaped {
                0 => String::new(),
                n => format!("{n} found"),
            },
            followed.join(", "),
        ],
        planted: all(&report["identifiers"]["looked_for"]).count(),
    }
}
