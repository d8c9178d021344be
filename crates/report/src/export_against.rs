//! What `muteproof export-check --against` found in two exports, as text, JSON and a page for a browser.

use minijinja::value::Serde as Serialized;
use minijinja::{Environment, UndefinedBehavior, context};
use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::error::RenderError;
use crate::export::{ExportAgainst, listen, shown};
use crate::i18n::{Lang, Words};
use crate::page::Page;

/// What `muteproof export-check --against` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    against: &'a ExportAgainst,
}

/// JSON in one line.
pub fn export_against_json(against: &ExportAgainst) -> Result<Vec<u8>, RenderError> {
    let schema = crate::schema::SCHEMA;
    Ok(crate::clean::json_line(&serde_json::to_string(
        &Document { schema, against },
    )?))
}

/// A page of text.
pub fn export_against(against: &ExportAgainst, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let mut page = Page::default();
    page.wrapped("", &answer(&words, against));
    for list in lists(&words, against) {
        page.list(&list.title, &shown(&words, list.rows));
    }
    words.done(page.out.into_bytes())
}

/// One file without scripts that loads nothing.
pub fn export_against_html(against: &ExportAgainst, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.add_template("against.html", include_str!("../templates/against.html"))?;
    let names = against.names.each_ref().map(|name| clean::line(name));
    let view = View {
        lang: words.lang.tag(),
        name: names.join(" \u{2013} "),
        tone: match against.code() {
            1 => "bad",
            0 => "good",
            _ => "unknown",
        },
        answer: answer(&words, against),
        lists: lists(&words, against),
    };
    let page = env.get_template("against.html")?.render(context! {
        t => words.plain(),
        style => include_str!("../templates/report.css"),
        v => Serialized(view),
    })?;
    words.done(page.into_bytes())
}

#[derive(Serialize, JsonSchema)]
struct View {
    lang: &'static str,
    name: String,
    tone: &'static str,
    answer: String,
    lists: [List; 2],
}

/// What of one export belongs to the other.
#[derive(Serialize, JsonSchema)]
struct List {
    title: String,
    rows: Vec<String>,
}

fn answer(words: &Words, against: &ExportAgainst) -> String {
    let [one, other] = against.names.each_ref().map(|name| clean::line(name));
    let found = against.belongs.iter().any(|rows| !rows.is_empty());
    let id = match against.same_voice {
        _ if against.swapped == Some(true) => "export-swapped",
        None => "export-against-unknown",
        Some(true) => "export-against-same",
        Some(false) if found => "export-against-found",
        Some(false) => "export-against-nothing",
    };
    words.say(id, &[("one", one), ("other", other)])
}

fn lists(words: &Words, against: &ExportAgainst) -> [List; 2] {
    let names = against.names.each_ref().map(|name| clean::line(name));
    [0, 1].map(|here| {
        let args = [
            ("here", names[here].clone()),
            ("there", names[1 - here].clone()),
        ];
        let rows = against.belongs[here].iter();
        List {
            title: words.say("export-belongs", &args),
            rows: rows.map(|row| listen(words, row)).collect(),
        }
    })
}
