//! What telemetry gives away, in every language and as data.

use attack::evaluate::Said;
use attack::telemetry::{Statistic, Telemetry};
use attack::{Interval, Outcome};
use report::{Attacked, Lang, Sent, attacked, attacked_json, confusion_picture};

/// `right` of 12 windows of each class, each of a recording of its own.
fn outcome(right: usize) -> Outcome {
    let one = |class: usize, i: usize| {
        let named = if i < right { class } else { 1 - class };
        let mut probabilities = vec![0.25; 2];
        probabilities[named] = 0.75;
        Said {
            series: class * 12 + i,
            cluster: class * 12 + i,
            class,
            probabilities,
            known: true,
        }
    };
    Outcome {
        classes: vec!["dog".to_owned(), "typing".to_owned()],
        said: (0..2)
            .flat_map(|c| (0..12).map(move |i| one(c, i)))
            .collect(),
    }
}

fn given(right: usize, sent: Sent) -> Attacked {
    Attacked {
        sent,
        window_s: 60.0,
        outcome: outcome(right),
        claimed: Some(0.987),
        carriers: vec![("max SD".to_owned(), 0.4), ("max mean".to_owned(), 0.2)],
        study_kind: Some((
            600.0,
            Interval {
                value: 0.65,
                low: 0.6,
                high: 0.7,
            },
        )),
        synthetic: true,
    }
}

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
        Sent::Recorded { series: 7 },
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
        assert_eq!(pages.len(), 15, "{lang:?}: each differs");
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
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
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
