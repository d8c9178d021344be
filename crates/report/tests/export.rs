//! The JSON of `export-check`, and its pages, with whatever an export may call its files.

mod shaped;

use report::{
    CannotSay, ExportAgainst, ExportAnswer, ExportChecked, ExportClip, ExportOwner, ExportProblem,
    ExportVoice, Lang, Listen, Message, NotDecided, OddWord, Undecided, WordKind, export_against,
    export_against_html, export_against_json, export_html, export_json, export_text,
};
use shaped::shaped;

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

fn answers() -> Vec<(ExportAnswer, &'static str)> {
    let why = [
        CannotSay::NoSpeech,
        CannotSay::NoMain,
        CannotSay::TwoMain,
        CannotSay::TooLittle,
    ];
    let cannot = why.map(|why| (ExportAnswer::CannotSay { why }, "cannot_say"));
    let mut answers = vec![
        (ExportAnswer::Foreign { clips: 2 }, "foreign"),
        (ExportAnswer::NothingFound { size: 3 }, "nothing_found"),
        (ExportAnswer::PartlyRead { size: None }, "partly_read"),
        (ExportAnswer::PartlyRead { size: Some(3) }, "partly_read"),
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
            let read = shaped("export-check", document);
            assert_eq!(read["verdict"], verdict);
            for list in ["clips", "listen"] {
                assert_eq!(read[list].as_array().map(Vec::len), Some(1));
            }
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
            let read = shaped("export-against", document);
            assert_eq!(read["belongs"][0].as_array().map(Vec::len), Some(1));
            for lang in Lang::ALL {
                let page = export_against_html(&against, lang).unwrap();
                does_nothing(&page);
                assert!(page.starts_with(b"<!DOCTYPE html>"));
                assert!(!export_against(&against, lang).unwrap().is_empty());
            }
        }
    }
}
