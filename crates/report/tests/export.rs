//! The JSON of `export-check`, field by field: one that disappears, is renamed or appears unannounced fails
//! here. And its pages, with whatever an export may call its files.

use report::{
    CannotSay, ExportAgainst, ExportAnswer, ExportChecked, ExportClip, ExportOwner, ExportProblem,
    ExportVoice, Lang, Listen, Message, NotDecided, OddWord, Undecided, WordKind, export_against,
    export_against_html, export_against_json, export_html, export_json, export_text,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Checked {
    schema: u32,
    name: String,
    layout: Option<String>,
    files: u64,
    recordings: u64,
    seconds: f64,
    speech_s: f64,
    silent: u64,
    owner: Owner,
    voices: Vec<Voice>,
    voices_between: [usize; 2],
    verdict: Verdict,
    /// With the verdict `foreign`.
    foreign_clips: Option<u64>,
    /// With `nothing_found`, and may be with `partly_read`.
    size: Option<u64>,
    /// With `cannot_say`.
    why: Option<Why>,
    threshold: f64,
    listen: Vec<Row>,
    undecided: Vec<Open>,
    words: Vec<Word>,
    transcripts: bool,
    problems: Vec<Trouble>,
    clips: Vec<Clip>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Owner {
    Learned,
    Given,
    Named,
    Nobody,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Foreign,
    NothingFound,
    PartlyRead,
    CannotSay,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Why {
    NoSpeech,
    NoMain,
    TwoMain,
    TooLittle,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Voice {
    letter: String,
    clips: u64,
    speech_s: f64,
    main: bool,
    alike: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Row {
    path: String,
    chance: f64,
    at_s: f64,
    speech_s: f64,
    voice: Option<String>,
    copy: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Open {
    path: String,
    why: Undecidedness,
    chance: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Undecidedness {
    Short,
    Several,
    NoMain,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Word {
    path: String,
    kind: Kind,
    value: String,
    usual: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Account,
    Device,
    Language,
    Zone,
    Date,
    Name,
    Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Trouble {
    path: String,
    kind: String,
    read: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Clip {
    path: String,
    seconds: f64,
    speech_s: f64,
    voices: Vec<String>,
    chance: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Against {
    schema: u32,
    names: [String; 2],
    main_known: [bool; 2],
    same_voice: Option<bool>,
    swapped: Option<bool>,
    belongs: [Vec<Row>; 2],
}

/// A name that would do something on a page or a terminal.
const HOSTILE: &str = "a<img src=x onerror=alert(1)>\" onload=\"x\u{1b}[2J\u{202e}.wav";

fn row() -> Listen {
    Listen {
        path: HOSTILE.to_owned(),
        chance: 0.9,
        at_s: 1.0,
        speech_s: 2.0,
        voice: Some("B".to_owned()),
        copy: None,
    }
}

fn checked(answer: ExportAnswer, owner: ExportOwner) -> ExportChecked {
    let path = || HOSTILE.to_owned();
    let undecided = [NotDecided::Short, NotDecided::Several, NotDecided::NoMain];
    let words = [
        WordKind::Account,
        WordKind::Device,
        WordKind::Language,
        WordKind::Zone,
        WordKind::Date,
        WordKind::Name,
        WordKind::Place,
    ];
    ExportChecked {
        name: path(),
        layout: Some("Amazon Alexa".to_owned()),
        files: 3,
        recordings: 2,
        seconds: 5.0,
        speech_s: 4.0,
        silent: 1,
        owner,
        voices: vec![ExportVoice {
            letter: "A".to_owned(),
            clips: 2,
            speech_s: 4.0,
            main: true,
            alike: vec!["B".to_owned()],
        }],
        voices_between: [1, 2],
        answer,
        threshold: 0.5,
        listen: vec![row()],
        undecided: undecided
            .map(|why| Undecided {
                path: path(),
                why,
                chance: Some(0.2),
            })
            .to_vec(),
        words: words
            .map(|kind| OddWord {
                path: path(),
                kind,
                value: path(),
                usual: Some(path()),
            })
            .to_vec(),
        transcripts: true,
        problems: vec![ExportProblem {
            path: path(),
            kind: "empty",
            read: false,
            said: Message::new("export-trouble-empty"),
        }],
        clips: vec![ExportClip {
            path: path(),
            seconds: 2.5,
            speech_s: 2.0,
            voices: vec!["A".to_owned()],
            chance: None,
        }],
    }
}

fn answers() -> Vec<(ExportAnswer, Verdict)> {
    let why = [
        CannotSay::NoSpeech,
        CannotSay::NoMain,
        CannotSay::TwoMain,
        CannotSay::TooLittle,
    ];
    let cannot = why.map(|why| (ExportAnswer::CannotSay { why }, Verdict::CannotSay));
    let mut answers = vec![
        (ExportAnswer::Foreign { clips: 2 }, Verdict::Foreign),
        (
            ExportAnswer::NothingFound { size: 3 },
            Verdict::NothingFound,
        ),
        (ExportAnswer::PartlyRead { size: None }, Verdict::PartlyRead),
        (
            ExportAnswer::PartlyRead { size: Some(3) },
            Verdict::PartlyRead,
        ),
    ];
    answers.extend(cannot);
    answers
}

/// What would do something: elements and attributes that no template has.
#[track_caller]
fn does_nothing(page: &[u8]) {
    let page = std::str::from_utf8(page).unwrap();
    for part in ["<img", "<script", "\" onload", "\u{1b}", "\u{202e}"] {
        assert!(!page.contains(part), "{part:?}: {page}");
    }
}

#[test]
fn the_document_of_one_export() {
    let owners = [
        ExportOwner::Learned,
        ExportOwner::Given,
        ExportOwner::Named,
        ExportOwner::Nobody,
    ];
    for owner in owners {
        for (answer, verdict) in answers() {
            let checked = checked(answer, owner);
            let document = export_json(&checked).unwrap();
            let read: Checked = serde_json::from_slice(&document).unwrap();
            assert_eq!(read.verdict, verdict);
            assert_eq!((read.clips.len(), read.listen.len()), (1, 1));
            for lang in Lang::ALL {
                does_nothing(&export_html(&checked, lang).unwrap());
                let text = String::from_utf8(export_text(&checked, lang).unwrap()).unwrap();
                assert!(!text.contains('\u{1b}'), "{text}");
            }
        }
    }
}

#[test]
fn the_document_of_two_exports() {
    for same_voice in [None, Some(true), Some(false)] {
        for swapped in [None, Some(true), Some(false)] {
            let against = ExportAgainst {
                names: [HOSTILE.to_owned(), "b".to_owned()],
                main_known: [true, same_voice.is_some()],
                same_voice,
                swapped,
                belongs: [vec![row()], Vec::new()],
            };
            let document = export_against_json(&against).unwrap();
            let read: Against = serde_json::from_slice(&document).unwrap();
            assert_eq!(read.belongs[0].len(), 1);
            for lang in Lang::ALL {
                let page = export_against_html(&against, lang).unwrap();
                does_nothing(&page);
                assert!(page.starts_with(b"<!DOCTYPE html>"));
                assert!(!export_against(&against, lang).unwrap().is_empty());
            }
        }
    }
}
