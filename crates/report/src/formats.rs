//! The formats, and what is made of a report beside them.

use crate::error::RenderError;
use crate::html::Html;
use crate::i18n::{Lang, Words};
use crate::json::Json;
use crate::letter;
use crate::phrase;
use crate::render::{Render, Report};
use crate::text::Text;

/// All formats, by name, in the order in which a person would try them.
pub const FORMATS: &[&(dyn Render + Sync)] = &[&Text { colour: false }, &Json, &Html];

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static dyn Render> {
    FORMATS
        .iter()
        .find(|format| format.name() == name)
        .map(|format| *format as &dyn Render)
}

/// The one sentence that is safe to print: who receives what when mute is pressed. It claims no
/// more than the judgement does.
pub fn sentence(report: &Report, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let sentence = phrase::sentence(&words, report);
    words.done(sentence)
}

/// A letter to the maker in Markdown: what was observed and how to reproduce it, with places to
/// fill in that are marked as such.
pub fn disclosure(report: &Report, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let letter = letter::letter(&words, report);
    words.done(letter)
}
