//! What telemetry gives away, in every language and as data.

mod common;
mod shaped;

use attack::Outcome;
use attack::telemetry::{Statistic, Telemetry};
use common::{all_tried, attacked_of as given, leaks, manifest, no_leak_seen, outcome, report};
use report::{FORMATS, Lang, Render, Sent, Text, attacked, attacked_json, confusion_picture};

#[test]
fn every_kind_has_words_in_every_language() {
    let levels = |resolution_db| Telemetry::Levels {
        every_s: 60.0,
        statistics: Statistic::ALL.to_vec(),
        resolution_db,
    };
    let kinds = [
        Sent::Simulated(levels(1.0)),
        Sent::Simulated(levels(0.0)),
        Sent::Simulated(Telemetry::Opus { dtx: false }),
        Sent::Simulated(Telemetry::Opus { dtx: true }),
        Sent::Recorded {
            series: 7,
            library: None,
        },
        Sent::Recorded {
            series: 7,
            library: Some(common::HASH.to_owned()),
        },
    ];
    for lang in Lang::ALL {
        let mut pages = Vec::new();
        for kind in &kinds {
            for right in [1, 6, 11] {
                let page = attacked(&given(right, kind.clone()), lang).unwrap();
                pages.push(String::from_utf8(page).unwrap());
            }
        }
        pages.sort();
        pages.dedup();
        assert_eq!(pages.len(), 18, "{lang:?}: each differs");
    }
}

#[test]
fn a_page_says_how_often_and_on_what() {
    let page = attacked(&given(11, Sent::Simulated(Telemetry::minute())), Lang::En).unwrap();
    let page = String::from_utf8(page).unwrap();
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        flat.contains("named the activity 91.7 % of the time"),
        "{page}"
    );
    assert!(flat.contains("chance 50.0 %"), "{page}");
    assert!(flat.contains("24 windows of 24 recordings"), "{page}");
    assert!(
        flat.contains("SYNTHETIC") && flat.contains("98.7 %"),
        "{page}"
    );
    assert!(flat.contains("dog 92 8 typing 8 92"), "{page}");
    assert!(flat.contains("max SD (40.0 %)"), "{page}");
    let guessed = attacked(&given(6, Sent::Simulated(Telemetry::minute())), Lang::En).unwrap();
    assert!(!String::from_utf8(guessed).unwrap().contains("max SD"));
}

#[test]
fn the_same_as_data() {
    let bytes = attacked_json(&given(11, Sent::Simulated(Telemetry::minute()))).unwrap();
    let value = shaped::shaped("attack", bytes);
    assert_eq!(value["telemetry"]["every_s"], 60.0);
    assert_eq!(
        (&value["windows"], &value["recordings"]),
        (&24.into(), &24.into())
    );
    assert_eq!(value["classes"][1], "typing");
    assert!(value["accuracy"]["low"].as_f64().unwrap() > 0.5);
    assert_eq!(value["synthetic"], true);
}

#[test]
fn who_was_taken_for_whom_is_a_picture() {
    for lang in Lang::ALL {
        let picture = confusion_picture(&outcome(11), lang).unwrap();
        assert!(picture.starts_with("<svg") && picture.ends_with("</svg>"));
        assert_eq!(picture.matches("<rect").count(), 4);
        assert!(picture.contains("fill-opacity=\"0.917\"") && picture.contains(">92<"));
    }
    let said = outcome(11).said;
    let classes = vec!["<b>".to_owned(), "typing".to_owned()];
    let picture = confusion_picture(&Outcome { classes, said }, Lang::En).unwrap();
    assert!(!picture.contains("<b>"));
}

/// A section of its own in every format and language, below everything that belongs to the verdict;
/// nothing else of a report changes with it.
#[test]
fn a_report_has_a_section_of_its_own_for_it() {
    let (manifest, judgement) = (manifest(), leaks());
    for lang in Lang::ALL {
        let mut pages = Vec::new();
        for tried in &all_tried() {
            let mut report = report(&manifest, &judgement);
            let without = Text { colour: false }.render(&report, lang).unwrap();
            report.attack = Some(tried);
            let with = Text { colour: false }.render(&report, lang).unwrap();
            assert!(with.starts_with(&without) && with.len() > without.len());
            // The others list points, and what an attacker makes of it is none.
            let whole = ["text", "json", "html"];
            for format in FORMATS.iter().filter(|format| whole.contains(&format.name)) {
                let bytes = format.render(&report, lang).unwrap();
                assert_eq!(bytes, format.render(&report, lang).unwrap());
                pages.push(String::from_utf8(bytes).unwrap());
            }
        }
        let n = pages.len();
        pages.sort();
        pages.dedup();
        assert_eq!(pages.len(), n, "{lang:?}: each differs");
    }
    let mut report = report(&manifest, &judgement);
    for format in FORMATS {
        let page = String::from_utf8(format.render(&report, Lang::En).unwrap()).unwrap();
        assert!(!page.contains("attacker makes of it") && !page.contains("\"attack\""));
    }
    let tried = &all_tried()[0];
    report.attack = Some(tried);
    let html = report::format("html").unwrap();
    let page = String::from_utf8(html.render(&report, Lang::De).unwrap()).unwrap();
    for said in [
        "Was ein Angreifer daraus macht",
        "in 91,7 % der Fälle",
        "Zufall 50,0 %",
        "Zum Vergleich",
        "max SD (40,0 %)",
        "fill-opacity=\"0.917\"",
    ] {
        assert!(page.contains(said), "{said}");
    }
    // Rules of a picture would be rules of the whole page.
    assert_eq!(page.matches("<style>").count(), 1);
}

/// Where guessing was not beaten nothing carries it, whatever the trees say.
#[test]
fn guessing_is_carried_by_nothing() {
    let (manifest, judgement) = (manifest(), no_leak_seen());
    let all = all_tried();
    let mut report = report(&manifest, &judgement);
    for (tried, carried) in all[..2].iter().zip([true, false]) {
        report.attack = Some(tried);
        for format in ["html", "text"].map(|name| report::format(name).unwrap()) {
            let page = String::from_utf8(format.render(&report, Lang::En).unwrap()).unwrap();
            assert_eq!(page.contains("max SD"), carried, "{}", format.name);
        }
    }
}
