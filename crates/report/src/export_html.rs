//! What `muteproof export-check` found, as one page for a browser.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde as Serialized;
use minijinja::{Environment, UndefinedBehavior, context};
use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::error::RenderError;
use crate::export::{
    ExportAnswer, ExportChecked, Listen, answer, kind_id, may, problem, size, undecided, voice,
    voices_title,
};
use crate::i18n::{Lang, Words};

#[derive(Serialize, JsonSchema)]
struct View {
    lang: &'static str,
    name: String,
    size: String,
    tone: &'static str,
    answer: String,
    voices_title: String,
    voices: Vec<String>,
    listen: Vec<Row>,
    words: Vec<[String; 4]>,
    undecided: Vec<String>,
    problems: Vec<String>,
    may: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Row {
    chance: String,
    voice: String,
    at: String,
    path: String,
    /// Name of the copy beside the page.
    copy: Option<String>,
}

/// The page: one file without scripts that loads nothing but the copies beside it, where there are some.
pub fn export_html(checked: &ExportChecked, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    env.add_template("export.html", include_str!("../templates/export.html"))?;
    let page = env.get_template("export.html")?.render(context! {
        t => words.plain(),
        style => include_str!("../templates/report.css"),
        v => Serialized(view(&words, checked)),
    })?;
    words.done(page.into_bytes())
}

fn view(words: &Words, checked: &ExportChecked) -> View {
    View {
        lang: words.lang.tag(),
        name: clean::line(&checked.name),
        size: size(words, checked),
        tone: match checked.answer {
            ExportAnswer::Foreign { .. } => "bad",
            ExportAnswer::NothingFound { .. } => "good",
            ExportAnswer::PartlyRead { .. } => "partly",
            ExportAnswer::CannotSay { .. } => "unknown",
        },
        answer: answer(words, checked),
        voices_title: voices_title(words, checked),
        voices: checked.voices.iter().map(|of| voice(words, of)).collect(),
        listen: checked.listen.iter().map(|of| row(words, of)).collect(),
        words: checked
            .words
            .iter()
            .map(|of| {
                let usual = of.usual.as_deref().map(clean::line).unwrap_or_default();
                [
                    words.t(kind_id(of.kind)),
                    clean::line(&of.value),
                    usual,
                    clean::line(&of.path),
                ]
            })
            .collect(),
        undecided: checked
            .undecided
            .iter()
            .map(|of| undecided(words, of))
            .collect(),
        problems: checked
            .problems
            .iter()
            .map(|of| problem(words, of))
            .collect(),
        may: may(words, checked),
    }
}

fn row(words: &Words, of: &Listen) -> Row {
    Row {
        chance: format!("{}\u{A0}%", words.number(of.chance * 100.0, 0)),
        voice: of.voice.clone().unwrap_or_else(|| "–".to_owned()),
        at: format!("{}\u{A0}s", words.number(of.at_s, 1)),
        path: clean::line(&of.path),
        copy: of.copy.clone(),
    }
}
