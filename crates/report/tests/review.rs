//! Reviews in words: every answer has its sentence, in each language, and foreign names steer no page.

mod shaped;

use report::{Asked, Document, Lang, asked, asks, review, review_json};
use review::{
    Answer, Answers, Claims, Criteria, Evidence, Measure, Measured, Review, Sources, Value, Who,
};

const CLAIMS: &str = r#"
service = "Specimen"

[[claim]]
id = "open"
quote = "The microphone is off while you are muted."
source = "https://example.org/privacy"
date = "2026-03-01"
language = "en"
implies = ["microphone_closed"]

[[claim]]
id = "silent"
quote = "Nobody hears you while you are muted."
source = "https://example.org/privacy"
date = "2026-03-01"
language = "en"
implies = ["mute_holds", "others_hear_nothing"]

[[claim]]
id = "else"
quote = "We care."
source = "https://example.org/privacy"
date = "2026-03-01"
language = "en"
implies = []
"#;

/// An audit that gives every answer in turn.
fn evidence(name: &str, from: usize, fact: &str) -> Evidence {
    let values = [
        Value::Yes,
        Value::No,
        Value::Unclear,
        Value::NoStatement,
        Value::NotApplicable,
    ];
    let measured = |(k, measure): (usize, &Measure)| {
        let value = match measure {
            Measure::MuteHolds | Measure::OthersHearNothing => Value::Yes,
            Measure::MicrophoneClosed => Value::No,
            _ => values[(k + from) % values.len()],
        };
        let facts = (0..k % 9).map(|n| format!("{fact}{n}")).collect();
        let measured = Measured {
            value,
            place: "/receivers",
            facts,
        };
        (*measure, measured)
    };
    Evidence {
        name: name.to_owned(),
        seal_sha256: Some("00ff".repeat(16)),
        title: "Specimen".to_owned(),
        version: "1".to_owned(),
        started: "2026-07-01T10:00:00Z".to_owned(),
        measured: Measure::ALL.iter().enumerate().map(measured).collect(),
    }
}

fn reviewed(service: &str, evidence: &[Evidence], worst: Value) -> Review {
    let criteria = Criteria::built_in().unwrap();
    let asked = criteria.criteria.iter().filter(|c| c.who != Who::Measured);
    let answers = Answers {
        service: service.to_owned(),
        answers: asked
            .skip(1)
            .map(|criterion| Answer {
                criterion: criterion.id.clone(),
                value: Some(worst),
                note: "as agreed".to_owned(),
                source: "the contract, page 3".to_owned(),
                date: "2026-03-01".to_owned(),
            })
            .collect(),
    };
    let quoted = toml_string(service);
    let claims = CLAIMS.replace("\"Specimen\"", &quoted);
    let claims = Claims::parse("claims.toml", &claims).unwrap();
    Review::new(&Sources {
        service,
        evidence,
        criteria: &criteria,
        answers: Some(("answers.toml", &answers)),
        claims: Some(("claims.toml", &claims)),
        adequacy_known_until: "2026-06-30",
        texts: &[("criteria".to_owned(), "text".to_owned())],
    })
    .unwrap()
}

fn one(lang: Lang) -> Document {
    let evidence = [
        evidence("first", 0, "host-"),
        evidence("second", 2, "host-"),
    ];
    review(&[reviewed("Specimen", &evidence, Value::Yes)], lang).unwrap()
}

#[test]
fn a_review_for_programs() {
    let evidence = [evidence("first", 0, "host-")];
    let reviews = ["Specimen", "Other"].map(|service| reviewed(service, &evidence, Value::No));
    let json = shaped::shaped("review", review_json(&reviews).unwrap());
    assert_eq!(json["reviews"][1]["service"], "Other");
}

#[test]
fn a_review_in_words() {
    for lang in Lang::ALL {
        let document = one(lang);
        insta::assert_snapshot!(format!("review_{}", lang.tag()), document.text());
        let html = String::from_utf8(document.html().unwrap()).unwrap();
        insta::assert_snapshot!(format!("review_{}_html", lang.tag()), html);
        // The same from the same.
        assert_eq!(one(lang), document);
    }
}

#[test]
fn two_services_stand_beside_each_other() {
    let reviews = [
        reviewed("One", &[evidence("one", 0, "host-")], Value::No),
        reviewed("Another", &[], Value::Yes),
    ];
    for lang in Lang::ALL {
        let document = review(&reviews, lang).unwrap();
        insta::assert_snapshot!(format!("reviews_{}", lang.tag()), document.text());
    }
}

#[test]
fn foreign_names_steer_no_page() {
    let hostile = "<script>\u{1b}]52;c;x\u{7}\u{202e}\"'";
    let evidence = [evidence(hostile, 0, hostile)];
    let document = review(&[reviewed(hostile, &evidence, Value::Yes)], Lang::En);
    // A service's name is in no claim of such a file.
    let document = document.unwrap();
    let html = String::from_utf8(document.html().unwrap()).unwrap();
    for text in [&html, &document.text()] {
        assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{text}");
    }
    assert!(!html.contains("<script>"), "{html}");
}

#[test]
fn each_question_is_asked_with_where_its_answer_is() {
    let criteria = Criteria::built_in().unwrap();
    let open = criteria.find("processor").unwrap();
    for lang in Lang::ALL {
        let page = asked(open, 1, 12, lang).unwrap();
        let [en, de] = open.ask.clone().unwrap();
        let wanted = if lang == Lang::De { de } else { en };
        let one_line = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(one_line.contains(&wanted), "{page}");
        for what in [Asked::Value, Asked::Note, Asked::Source] {
            assert!(!asks(what, lang).unwrap().is_empty());
        }
    }
}

/// A text as TOML has it.
fn toml_string(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() || c == '\u{202e}' => format!("\\u{:04x}", c as u32),
            c => c.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}
