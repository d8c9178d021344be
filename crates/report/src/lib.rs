//! Judgements for people and programs.
//!
//! A report is a pure function of a judgement, its manifest and what an attacker made of the same
//! bundle. The JSON is the second serialised
//! surface of muteproof (the first is the session log): it only grows, and a strict test guards
//! its shape. Text, HTML and Markdown are prose and may change; every sentence of theirs is a
//! message in `i18n/*.ftl`.
//!
//! Whatever the app or the network could have chosen (names, addresses, versions) is cleaned of
//! control characters before it is shown and escaped where it is embedded.
#![forbid(unsafe_code)]

mod attack;
mod clean;
mod destination;
mod guide;
mod html;
mod i18n;
mod inspection;
mod json;
mod letter;
mod mic;
mod phrase;
mod picture;
mod svg;
mod text;

use record::Manifest;
use verdict::Judgement;

pub use attack::{
    Attacked, Listed, Sent, Tried, attacked, attacked_json, confusion_picture, listed,
};
pub use guide::{Guide, guide};
pub use html::Html;
pub use i18n::Lang;
pub use inspection::{CaptureFile, Damage, Inspected, inspection, inspection_json};
pub use json::{Json, SCHEMA};
pub use mic::{Menu, Mic, Seen, mic};
pub use text::Text;

use i18n::Words;

/// Everything a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What the bundle says of itself.
    pub manifest: &'a Manifest,
    /// What was found.
    pub judgement: &'a Judgement,
    /// Where it was found.
    pub bundle: BundleInfo<'a>,
    /// Version of muteproof that judged.
    pub tool_version: &'a str,
    /// The maker's statement, printed unaltered (but for control characters).
    pub statement: Option<&'a str>,
    /// Whether this report is meant for the maker before publication; it is then marked so.
    pub disclosure: bool,
    /// What an attacker made of what left while named activities were played; `None` where none were.
    /// It has a section of its own and no part in the verdict.
    pub attack: Option<&'a Tried>,
}

/// Which bundle a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleInfo<'a> {
    /// Name of its folder, without the path to it.
    pub name: &'a str,
    /// SHA-256 that the seal carries, hexadecimal.
    pub seal_sha256: Option<&'a str>,
    /// Whether it is sealed and the seal fits.
    pub sealed: bool,
}

/// One format of the report.
pub trait Render {
    /// Name on the command line, e.g. `html`.
    fn name(&self) -> &'static str;
    /// The whole file. Fails only if muteproof's own messages or templates are at fault.
    fn render(&self, report: &Report, lang: Lang) -> Result<Vec<u8>, RenderError>;
}

/// All formats, by name, in the order in which a person would try them.
pub const FORMATS: &[&(dyn Render + Sync)] = &[&Text { colour: false }, &Json, &Html];

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static dyn Render> {
    FORMATS
        .iter()
        .find(|format| format.name() == name)
        .map(|format| *format as &dyn Render)
}

/// Why a report could not be made: each is a fault of muteproof, not of the session.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A message is missing in a language or was not given what it needs.
    #[error("message {id} of language {lang}: {why}")]
    Message {
        /// Which message.
        id: String,
        /// Language tag.
        lang: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The page's template failed.
    #[error("page template: {0}")]
    Template(#[from] minijinja::Error),
    /// The judgement could not be serialised.
    #[error("JSON: {0}")]
    Json(#[from] serde_json::Error),
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
