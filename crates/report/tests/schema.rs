//! JSON documents have the shape that is published for them, and one that is wrong does not pass.

mod common;
mod shaped;

use common::*;
use report::{Days, Lang, Render};
use shaped::shaped;

#[test]
fn every_report_has_its_shape() {
    let manifest = manifest();
    for (_, judgement) in samples() {
        let bytes = report::Json
            .render(&report(&manifest, &judgement), Lang::En)
            .unwrap();
        let document = shaped("report", bytes);
        assert_eq!(document["bundle_sha256"], HASH);
        assert_eq!(
            document["manifest"],
            serde_json::to_value(&manifest).unwrap()
        );
        let blocks = document["judgement"]["blocks"].as_array().unwrap();
        assert_eq!(blocks.len(), judgement.blocks.len());
    }
}

#[test]
fn every_section_has_its_shape() {
    let (manifest, judgement, leftovers) = (manifest(), leaks(), leftovers());
    let mut report = report(&manifest, &judgement);
    report.leftovers = Some(&leftovers);
    report.maker.days = Days {
        sent: Some("2026-03-01"),
        ..Days::default()
    };
    for tried in &all_tried() {
        report.attack = Some(tried);
        let document = shaped("report", report::Json.render(&report, Lang::En).unwrap());
        assert_eq!(document["maker"]["sent"], "2026-03-01");
        let listener = &document["leftovers"]["listeners"][0];
        assert!(!listener["website"][1].is_null(), "{listener}");
        let attack = &document["attack"];
        match tried {
            report::Tried::Named(given) => {
                assert_eq!(attack["is"], "named");
                assert_eq!(attack["windows"], given.outcome.windows());
                assert_eq!(attack["accuracy"]["low"], given.outcome.accuracy().low);
            }
            report::Tried::NothingVaried => assert_eq!(attack["is"], "nothing_varied"),
            report::Tried::Refused(why) => assert_eq!(attack["why"], **why),
        }
    }
}

#[test]
fn a_document_of_another_shape_is_told() {
    let (manifest, judgement) = (manifest(), leaks());
    let bytes = report::Json
        .render(&report(&manifest, &judgement), Lang::En)
        .unwrap();
    let good: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let (_, shape) = report::SCHEMAS
        .into_iter()
        .find(|(name, _)| *name == "report")
        .unwrap();
    let rules = jsonschema::validator_for(&shape()).unwrap();
    assert!(rules.is_valid(&good));
    for (place, value) in [
        ("/judgement/verdict", serde_json::json!({"is": "maybe"})),
        ("/manifest/subject/title", serde_json::json!(7)),
        ("/judgement/control", serde_json::Value::Null),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = value;
        assert!(!rules.is_valid(&bad), "{place}");
    }
    let mut bad = good;
    bad.as_object_mut().unwrap().remove("judgement");
    assert!(!rules.is_valid(&bad));
}
