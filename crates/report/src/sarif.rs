//! The report as SARIF 2.1.0 (OASIS), for forges that list findings.
//!
//! A rule's name and a finding's fingerprint stay the same from one run to the next; paths are relative to the folder
//! that an audit makes.

use serde_json::{Value, json};

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::points::{Outcome, Point, RULES, points};
use crate::render::{Render, Report};

/// SARIF 2.1.0.
#[derive(Debug, Clone, Copy)]
pub struct Sarif;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What was audited, as a file: a forge wants a place for everything.
const RECIPE: &str = "bundle/recipe/recipe.toml";

impl Render for Sarif {
    fn render(&self, report: &Report, lang: Lang) -> Result<Vec<u8>, RenderError> {
        let words = Words::new(lang)?;
        let rules: Vec<Value> = RULES
            .iter()
            .map(|(id, asks)| {
                let text = words.t(asks);
                json!({ "id": id, "shortDescription": { "text": text } })
            })
            .collect();
        let results: Vec<Value> = points(&words, report)
            .iter()
            .map(|point| result(report, point))
            .collect();
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "muteproof",
                    "version": report.tool_version,
                    "rules": rules,
                }},
                "automationDetails": {
                    "id": format!("muteproof/{}/", clean::line(&report.manifest.subject.recipe)),
                },
                "results": results,
            }],
        });
        words.done(clean::json_line(&serde_json::to_string_pretty(&log)?))
    }
}

fn result(report: &Report, point: &Point) -> Value {
    let index = RULES.iter().position(|(id, _)| *id == point.rule);
    let (kind, level) = match point.outcome {
        Outcome::Passed => ("pass", "none"),
        Outcome::Remarked => ("fail", "note"),
        Outcome::Failed => ("fail", "error"),
        Outcome::Skipped => ("open", "none"),
    };
    let text = match point.said.is_empty() {
        true => point.rule.to_owned(),
        false => point.said.join("\n"),
    };
    let recipe = clean::line(&report.manifest.subject.recipe);
    json!({
        "ruleId": point.rule,
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": RECIPE },
            "region": { "startLine": 1 },
        }}],
        "partialFingerprints": {
            "muteproof/v1": format!("{recipe} {} {}", point.rule, point.key).trim_end(),
        },
    })
}
