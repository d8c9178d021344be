//! Every format over every sample, and what all of them must hold to.

mod common;

use common::*;
use report::{FORMATS, Lang, Render, Text, disclosure, format, sentence};
use verdict::*;

fn rendered(name: &str, judgement: &Judgement, lang: Lang) -> String {
    let manifest = manifest();
    let bytes = format(name)
        .unwrap()
        .render(&report(&manifest, judgement), lang)
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn snapshots() {
    for (sample, judgement) in samples() {
        for format in FORMATS {
            for lang in Lang::ALL {
                if ["json", "csv"].contains(&format.name) && lang == Lang::De {
                    continue;
                }
                let name = format!("{sample}.{}.{}", lang.tag(), format.name);
                insta::assert_snapshot!(name, rendered(format.name, &judgement, lang));
            }
        }
    }
}

/// A page is in one language throughout: the recipe's words are those of that language, where it has them.
#[test]
fn a_recipe_is_called_as_the_page_s_language_calls_it() {
    let mut manifest = manifest();
    let called = record::Called {
        title: Some("Meine Anwendung".to_owned()),
        mute_way: Some("eine Taste".to_owned()),
    };
    manifest.subject.called = [("de".to_owned(), called)].into();
    let (title, way) = (
        manifest.subject.title.clone(),
        manifest.subject.mute_way.clone(),
    );
    for name in ["text", "html", "markdown"] {
        let page = |lang| {
            let rendered = format(name)
                .unwrap()
                .render(&report(&manifest, &leaks()), lang);
            String::from_utf8(rendered.unwrap()).unwrap()
        };
        let (english, german) = (page(Lang::En), page(Lang::De));
        assert!(
            english.contains(&title) && !english.contains("Meine Anwendung"),
            "{name}"
        );
        assert!(german.contains("Meine Anwendung"), "{name}");
        assert!(!german.contains(&title), "{name}: {german}");
        // Only the page tells how it was muted.
        assert_eq!(german.contains("eine Taste"), name == "html", "{name}");
        assert!(!german.contains(&way), "{name}");
    }
}

#[test]
fn letters() {
    let manifest = manifest();
    for lang in Lang::ALL {
        let letter = disclosure(&report(&manifest, &leaks()), lang).unwrap();
        insta::assert_snapshot!(format!("letter.{}", lang.tag()), letter);
    }
}

#[test]
fn the_sentence_claims_no_more_than_the_judgement() {
    let manifest = manifest();
    let say = |judgement: &Judgement, lang| sentence(&report(&manifest, judgement), lang).unwrap();
    let all: Vec<String> = samples()
        .iter()
        .flat_map(|(_, judgement)| Lang::ALL.map(|lang| say(judgement, lang)))
        .collect();
    insta::assert_snapshot!("sentences", all.join("\n"));
}

/// The words that no report may use of an app, because no test can show them.
#[test]
fn no_report_promises_too_much() {
    for (_, judgement) in samples() {
        for lang in Lang::ALL {
            for name in ["text", "html"] {
                let text = rendered(name, &judgement, lang).to_lowercase();
                for word in [
                    "no leak",
                    "clean",
                    "honest",
                    "authentic",
                    "kein leck",
                    "sauber",
                    "ehrlich",
                    "authentisch",
                    "nicht abgehört",
                ] {
                    assert!(!text.contains(word), "{name} says {word:?}");
                }
            }
        }
    }
}

/// An open microphone is never shown in the colour of a closed one.
#[test]
fn open_is_never_green() {
    for lamp in [
        MicrophoneStatus::OpenRunning,
        MicrophoneStatus::OpenNotRunning,
    ] {
        let page = rendered(
            "html",
            &Judgement {
                microphone: lamp,
                ..no_leak_seen()
            },
            Lang::En,
        );
        let first = page.split("class=\"lamp ").nth(1).unwrap();
        assert!(first.starts_with("open"), "{}", &first[..40]);
    }
    let page = rendered("html", &partly_seen(), Lang::En);
    assert!(
        page.split("class=\"lamp ")
            .nth(2)
            .unwrap()
            .starts_with("partly")
    );
    let text = Text { colour: true };
    let manifest = manifest();
    let bytes = text
        .render(&report(&manifest, &partly_seen()), Lang::En)
        .unwrap();
    assert!(!String::from_utf8(bytes).unwrap().contains("\u{1b}[1;32m"));
}

const HOSTILE: &str =
    "</title><script>alert(1)</script>\u{1b}[2J\u{202e}\"'&{{ 1117*1009 }} <b>x\n# h";

/// Every string that the app, the network or the maker could have chosen.
fn hostile() -> (record::Manifest, Judgement) {
    let h = || HOSTILE.to_owned();
    let mut manifest = manifest();
    let subject = &mut manifest.subject;
    for field in [
        &mut subject.recipe,
        &mut subject.recipe_sha256,
        &mut subject.title,
        &mut subject.binary,
        &mut subject.binary_sha256,
        &mut subject.version,
        &mut subject.mute_way,
        &mut manifest.started,
        &mut manifest.profile,
        &mut manifest.tool,
        &mut manifest.seed_sha256,
    ] {
        *field = h();
    }
    manifest.subject.packages = vec![(h(), h())];
    let called = record::Called {
        title: Some(h()),
        mute_way: Some(h()),
    };
    manifest.subject.called = [("de".to_owned(), called)].into();
    manifest.host = vec![(h(), h())];
    let mut judgement = leaks();
    judgement.findings[0].series = h();
    judgement.findings[0].unit = h();
    judgement.destinations[0].remote = h();
    judgement.destinations[0].protocol = h();
    judgement.microphone_over_time[2].who = vec![h()];
    judgement.notes = vec![
        Note::Lost {
            source: record::Source::Packets,
            lost: None,
            why: h(),
        },
        Note::NotWatched {
            source: record::Source::Sockets,
            why: h(),
        },
        Note::Listens {
            at: h(),
            command: Some(h()),
        },
        Note::ClearText {
            at: h(),
            what: verdict::ClearText::Data,
        },
    ];
    (manifest, judgement)
}

#[test]
fn hostile_strings_stay_strings() {
    let (manifest, mut judgement) = hostile();
    for round in 0..2 {
        if round == 1 {
            let failure = record::Failure::Stage;
            let reasons = vec![Reason::RunFailed {
                failure,
                why: HOSTILE.into(),
            }];
            judgement.verdict = Verdict::Inconclusive { reasons };
        }
        let mut report = report(&manifest, &judgement);
        report.bundle.name = HOSTILE;
        report.bundle.seal_sha256 = Some(HOSTILE);
        report.tool_version = HOSTILE;
        report.maker.statement = Some(HOSTILE);
        report.maker.from = Some(HOSTILE);
        let days = &mut report.maker.days;
        (days.sent, days.answered, days.publication) =
            (Some(HOSTILE), Some(HOSTILE), Some(HOSTILE));
        for lang in Lang::ALL {
            let letter = disclosure(&report, lang).unwrap();
            assert!(!letter.contains("\u{1b}") && !letter.contains('\u{202e}'));
            // In Markdown a code block (four spaces) shows everything as it is.
            assert!(
                letter
                    .lines()
                    .all(|l| l.starts_with("    ") || !l.contains("<script"))
            );
            for format in FORMATS {
                let bytes = format.render(&report, lang).unwrap();
                let text = String::from_utf8(bytes).unwrap();
                assert!(!text.contains('\u{1b}'), "{}", format.name);
                if format.name == "html" {
                    assert!(!text.contains("<script") && !text.contains("<b>"));
                    assert!(!text.contains('\u{202e}') && !text.contains("1127053"));
                    assert_eq!(text.matches("<title>").count(), 1);
                }
                if format.name == "text" {
                    assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
                    assert!(!text.contains('\u{202e}'));
                }
            }
        }
    }
}

/// Nothing to run, nothing to load, no inline styles that a strict policy would refuse.
#[test]
fn the_page_stands_alone() {
    for (_, judgement) in samples() {
        let page = rendered("html", &judgement, Lang::De);
        for part in [
            "<script",
            "javascript:",
            " src=",
            " href=",
            "url(",
            "@import",
            " style=",
            "<link",
            "<img",
            " onload=",
        ] {
            assert!(!page.contains(part), "{part}");
        }
        let other = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!other.contains("http://") && !other.contains("https://"));
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
        assert_eq!(page.matches("<div").count(), page.matches("</div>").count());
        assert_eq!(
            page.matches("<section").count(),
            page.matches("</section>").count()
        );
    }
}

/// Numbers that are not finite must not draw outside of the picture or break the page.
#[test]
fn odd_numbers_do_no_harm() {
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300] {
        let mut judgement = leaks();
        for block in &mut judgement.blocks {
            (block.heard_dbfs, block.bytes_out) = (Some(odd), Some(odd));
        }
        judgement.muted.path = vec![odd; 5];
        (judgement.muted.log10_w, judgement.control.log10_w_max) = (odd, odd);
        judgement.microphone_over_time[0].from_s = odd;
        judgement.findings[0].mean_loud = odd;
        for name in ["text", "html", "json"] {
            let text = rendered(name, &judgement, Lang::En);
            assert!(
                !text.contains("NaN") && !text.contains("inf "),
                "{odd} in {name}"
            );
        }
        judgement.blocks[0].start_s = odd;
        rendered("html", &judgement, Lang::En);
    }
}

/// What forges and test reports need: names that stay, findings that can be told apart, and a skipped test where
/// nobody can say.
#[test]
fn forges_read_points() {
    let read = |judgement: &Judgement| -> serde_json::Value {
        serde_json::from_str(&rendered("sarif", judgement, Lang::En)).unwrap()
    };
    let of = |log: &serde_json::Value, rule: &str| {
        let results = log["runs"][0]["results"].as_array().unwrap();
        let found = results.iter().find(|result| result["ruleId"] == rule);
        found.unwrap_or_else(|| panic!("{rule}: {log:#}")).clone()
    };
    let log = read(&leaks());
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let index = result["ruleIndex"].as_u64().unwrap() as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
        assert!(!place.as_str().unwrap().starts_with('/'));
    }
    assert_eq!(of(&log, "mute-leak")["level"], "error");
    assert_eq!(of(&log, "microphone-open")["level"], "note");
    assert_eq!(of(&log, "attention")["level"], "error");
    let mut prints: Vec<String> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["partialFingerprints"].to_string())
        .collect();
    let n = prints.len();
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), n, "each finding is one");
    assert_eq!(of(&read(&no_leak_seen()), "mute-leak")["kind"], "pass");
    assert_eq!(of(&read(&inconclusive()), "mute-leak")["kind"], "open");
    let junit = rendered("junit", &inconclusive(), Lang::En);
    assert!(junit.contains("<skipped"), "{junit}");
    let junit = rendered("junit", &leaks(), Lang::En);
    assert!(
        junit.contains("<failure") && junit.contains("mute-leak"),
        "{junit}"
    );
    let table = rendered("csv", &leaks(), Lang::En);
    assert_eq!(table.lines().count(), 1 + leaks().blocks.len());
}
