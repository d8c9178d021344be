use record::Manifest;
use schemars::JsonSchema;
use serde::Serialize;
use verdict::Judgement;

use crate::attack_json::Attack;
use crate::clean;
use crate::error::RenderError;
use crate::i18n::Lang;
use crate::maker::Days;
use crate::render::{Render, Report};
use crate::schema::SCHEMA;

/// The report for programs: JSON, in no human language. Numbers that are not finite are null.
#[derive(Debug, Clone, Copy)]
pub struct Json;

/// What `muteproof audit`, `analyze` and `report` print.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    tool: &'a str,
    subject: Subject<'a>,
    bundle: Bundle<'a>,
    bundle_sha256: Option<&'a str>,
    disclosure: bool,
    statement: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maker: Option<Days<'a>>,
    judgement: &'a Judgement,
    manifest: &'a Manifest,
    #[serde(skip_serializing_if = "Option::is_none")]
    attack: Option<Attack>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receivers: Option<&'a [dataflow::Receiver]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identifiers: Option<&'a crate::flows::Identifiers>,
    leftovers: Option<&'a dataflow::Leftovers>,
}

#[derive(Serialize, JsonSchema)]
struct Subject<'a> {
    recipe: &'a str,
    title: &'a str,
    version: &'a str,
    binary_sha256: &'a str,
}

#[derive(Serialize, JsonSchema)]
struct Bundle<'a> {
    name: &'a str,
    sealed: bool,
}

impl Render for Json {
    fn render(&self, report: &Report, _lang: Lang) -> Result<Vec<u8>, RenderError> {
        let subject = &report.manifest.subject;
        let document = Document {
            schema: SCHEMA,
            tool: report.tool_version,
            subject: Subject {
                recipe: &subject.recipe,
                title: &subject.title,
                version: &subject.version,
                binary_sha256: &subject.binary_sha256,
            },
            bundle: Bundle {
                name: report.bundle.name,
                sealed: report.bundle.sealed,
            },
            bundle_sha256: report.bundle.seal_sha256,
            disclosure: report.maker.disclosure,
            statement: report.maker.statement,
            maker: Some(report.maker.days).filter(|days| *days != Days::default()),
            judgement: report.judgement,
            manifest: report.manifest,
            attack: report.attack.map(Attack::from),
            receivers: report.receivers,
            identifiers: report.identifiers,
            leftovers: report.leftovers,
        };
        Ok(clean::json_line(&serde_json::to_string_pretty(&document)?))
    }
}
