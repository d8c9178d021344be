//! `muteproof review`, `claims propose`: from golden bundles to a document, and each mistake in one line.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{repository, run};
use serde_json::Value;

/// Unpacks an audit of the study's.
fn unpacked(dir: &Path, name: &str) -> String {
    let archive = repository().join(format!("testdata/bundles/{name}.tar.xz"));
    let status = Command::new("tar")
        .arg("xJf")
        .arg(archive)
        .arg("-C")
        .arg(dir)
        .status();
    assert!(status.unwrap().success());
    dir.join(name).display().to_string()
}

/// A row of a review by its question's name.
fn row<'a>(review: &'a Value, id: &str) -> &'a Value {
    let mut rows = review["rows"].as_array().unwrap().iter();
    rows.find(|row| row["criterion"]["id"] == id).unwrap()
}

/// The claims of the study about web clients and about what others hear, as claims of a service.
fn claims(service: &str) -> String {
    format!(
        "service = \"{service}\"\n\n\
         [[claim]]\nid = \"web\"\nquote = \"All of the web-based apps we studied used the browser's software mute feature.\"\n\
         source = \"https://hcy.dannield.com/item?id=31018268\"\ndate = \"2022-04-14\"\nlanguage = \"en\"\n\
         implies = [\"mute_holds\", \"server_hears_nothing\"]\n\n\
         [[claim]]\nid = \"closed\"\nquote = \"The microphone is off.\"\nsource = \"https://example.org\"\n\
         date = \"2022-04-14\"\nlanguage = \"en\"\nimplies = [\"microphone_closed\"]\n"
    )
}

#[test]
fn two_services_are_reviewed_from_real_audits() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name).display().to_string();
    for (service, bundle) in [("Mumble", "mumble-quick-0"), ("Janus", "janus-quick-0")] {
        let bundle = unpacked(dir.path(), bundle);
        fs::write(at(&format!("{service}-claims.toml")), claims(service)).unwrap();
        let answers = format!(
            "service = \"{service}\"\n\n[[answer]]\ncriterion = \"processor\"\nvalue = \"yes\"\ndate = \"2026-03-01\"\n"
        );
        fs::write(at(&format!("{service}-answers.toml")), answers).unwrap();
        let file = format!(
            "service = \"{service}\"\nevidence = [{bundle:?}]\nanswers = \"{service}-answers.toml\"\n\
             claims = \"{service}-claims.toml\"\n"
        );
        fs::write(at(&format!("{service}.toml")), file).unwrap();
    }
    let both = [&at("Mumble.toml")[..], &at("Janus.toml")];
    let said = run(&[&["review"], &both[..], &["--format", "json"]].concat());
    assert_eq!(said.code, Some(1), "{}", said.err);
    let reviews: Value = serde_json::from_str(&said.out).unwrap();
    let [mumble, janus] = [&reviews["reviews"][0], &reviews["reviews"][1]];
    assert_eq!(
        (&mumble["light"], &janus["light"]),
        (&"yellow".into(), &"red".into())
    );
    assert_eq!(row(janus, "mute")["value"], "no");
    assert_eq!(row(janus, "mute-server")["value"], "no");
    assert_eq!(row(mumble, "mute")["value"], "unclear");
    for one in [mumble, janus] {
        assert_eq!(row(one, "microphone")["value"], "no");
        assert_eq!(row(one, "processor")["value"], "yes");
        assert_eq!(row(one, "retention")["value"], "no_statement");
    }
    let held = |review: &Value| {
        let claims = review["claims"].as_array().unwrap();
        let holds = claims
            .iter()
            .map(|held| held["holds"].as_str().unwrap().to_owned());
        holds.collect::<Vec<_>>()
    };
    assert_eq!(held(mumble), ["untested", "contradicted"]);
    assert_eq!(held(janus), ["contradicted", "contradicted"]);
    for lang in ["en", "de"] {
        let html = run(&[
            &["--lang", lang, "review"],
            &both[..],
            &["--format", "html"],
        ]
        .concat());
        assert!(html.out.contains("Mumble · Janus"), "{}", html.err);
        let again = run(&[
            &["--lang", lang, "review"],
            &both[..],
            &["--format", "html"],
        ]
        .concat());
        assert_eq!(html.out, again.out);
    }
    let other = unpacked(dir.path(), "janus-videoroom-quick-0");
    let mixed = run(&[
        "review",
        "Mumble",
        "--evidence",
        &at("mumble-quick-0"),
        &other,
    ]);
    assert_eq!(mixed.code, Some(3));
    assert!(
        mixed
            .err
            .contains("evidence of one review is of one service"),
        "{}",
        mixed.err
    );
}

#[test]
fn each_mistake_is_one_line_with_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("claims.toml");
    let path = file.display().to_string();
    let without_source = claims("Specimen").replace("source = \"https://example.org\"\n", "");
    fs::write(&file, without_source).unwrap();
    let said = run(&["review", "Specimen", "--claims", &path]);
    assert_eq!(said.code, Some(3));
    let wanted = format!("{path}:12: the claim `closed` has no `source`");
    assert!(said.err.contains(&wanted), "{}", said.err);
    fs::write(&file, claims("Another")).unwrap();
    let said = run(&["review", "Specimen", "--claims", &path]);
    assert!(said.err.contains("is about `Another`"), "{}", said.err);
    let said = run(&["review", "One", "Two"]);
    assert!(
        said.err.contains("one service is reviewed by its name"),
        "{}",
        said.err
    );
    assert_eq!(
        (said.code, said.err.lines().count()),
        (Some(3), 1),
        "{}",
        said.err
    );
}

#[test]
fn sentences_of_a_policy_are_proposed_and_nothing_is_concluded() {
    let dir = tempfile::tempdir().unwrap();
    let page = dir.path().join("policy.html");
    let html = "<html><body><h1>Privacy</h1><p>We neither monitor nor interfere with your <b>meeting traffic</b> \
                or content.</p><p>Contact us.</p></body></html>";
    fs::write(&page, html).unwrap();
    let path = page.display().to_string();
    let said = run(&[
        "claims",
        "propose",
        &path,
        "--service",
        "Specimen",
        "--source",
        "https://example.org",
    ]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let quote =
        "# quote = \"We neither monitor nor interfere with your meeting traffic or content.\"";
    assert!(said.out.contains(quote), "{}", said.out);
    assert!(!said.out.contains("Contact us"), "{}", said.out);
    // As it stands it claims nothing; with the marks taken away it is a file of claims.
    let file = dir.path().join("claims.toml").display().to_string();
    for text in [said.out.clone(), said.out.replace("# ", "")] {
        fs::write(&file, text).unwrap();
        let read = run(&["review", "Specimen", "--claims", &file]);
        assert_eq!(read.code, Some(2), "{}", read.err);
    }
}

#[test]
fn a_policy_as_pdf_is_read_and_pages_without_words_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policy.pdf");
    // Two pages: one with words, one without any.
    let whole = fs::read(repository().join("testdata/words.pdf")).unwrap();
    let propose = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        run(&["claims", "propose", &file.display().to_string()])
    };
    let said = propose(&whole);
    assert_eq!(said.code, Some(4), "{}{}", said.out, said.err);
    assert!(
        said.out.starts_with("# page 2 has no words"),
        "{}",
        said.out
    );
    let quote = "# quote = \"We never monitor your meeting content.\"";
    assert!(said.out.contains(quote), "{}", said.out);
    // Nothing of it can be read: one line, and nothing that looks like an answer.
    let wordless = String::from_utf8(whole.clone())
        .unwrap()
        .replace(" Tj", " Td");
    for bytes in [&whole[..40], wordless.as_bytes()] {
        let said = propose(bytes);
        assert_eq!((said.code, &*said.out), (Some(3), ""), "{}", said.err);
        assert_eq!(said.complaints().len(), 1, "{}", said.err);
        assert!(said.err.contains("policy.pdf"), "{}", said.err);
    }
}
