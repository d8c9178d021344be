//! What `muteproof flows` found, as one page for a browser.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde as Serialized;
use minijinja::{Environment, UndefinedBehavior, context};
use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::error::RenderError;
use crate::flows::{
    Flows, ReceiverRow, asked, escaped, left, listed, lists, not_seen, opaque, rows, sent, summary,
    told,
};
use crate::i18n::{Lang, Words};

#[derive(Serialize, JsonSchema)]
struct View {
    lang: &'static str,
    name: String,
    summary: String,
    receivers: Vec<ReceiverRow>,
    lists: [List; 9],
}

#[derive(Serialize, JsonSchema)]
struct List {
    title: String,
    rows: Vec<String>,
}

/// The page: one file without scripts that loads nothing.
pub fn flows_html(flows: &Flows, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    env.add_template(
        "receivers.html",
        include_str!("../templates/receivers.html"),
    )?;
    env.add_template("flows.html", include_str!("../templates/flows.html"))?;
    let list = |id: &str, rows| List {
        title: words.t(id),
        rows,
    };
    let view = View {
        lang: lang.tag(),
        name: clean::line(&flows.name),
        summary: summary(&words, &flows.receivers),
        receivers: rows(&words, &flows.receivers),
        lists: [
            list("flows-escaped", escaped(&words, &flows.identifiers)),
            list("flows-listed", listed(&words, &flows.listed)),
            list("section-leftovers", left(&words, flows)),
            list("flows-told", told(&words, &flows.told)),
            list("flows-sent", sent(&words, &flows.sent)),
            list("flows-opaque", opaque(&words, &flows.opaque)),
            list("flows-asked", asked(&words, &flows.only_asked)),
            list("flows-not-seen", not_seen(&words, flows)),
            list("flows-lists", lists(flows)),
        ],
    };
    let page = env.get_template("flows.html")?.render(context! {
        t => words.plain(),
        style => include_str!("../templates/report.css"),
        v => Serialized(view),
    })?;
    words.done(page.into_bytes())
}
