//! The table of formats, and what is made of a report beside them.

use crate::error::RenderError;
use crate::html::Html;
use crate::i18n::{Lang, Words};
use crate::json::Json;
use crate::junit::JUnit;
use crate::letter;
use crate::markdown::Markdown;
use crate::phrase;
use crate::render::{Render, Report};
use crate::sarif::Sarif;
use crate::table::Csv;
use crate::text::Text;

/// Who reads the file of a format that is written after every audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A person, who is told its path.
    Person,
    /// A program.
    Program,
}

/// One format: everything that is said of it anywhere.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// Name of its file beside a bundle, and in the package for an app's maker.
    pub file: &'static str,
    /// Whether every audit writes it, and the package for an app's maker has it; for whom.
    pub after_audit: Option<Reader>,
    renderer: &'static (dyn Render + Sync),
}

/// All formats, in the order in which a person would try them.
pub const FORMATS: &[Format] = &[
    Format {
        name: "text",
        file: "report.txt",
        after_audit: None,
        renderer: &Text { colour: false },
    },
    Format {
        name: "json",
        file: "report.json",
        after_audit: Some(Reader::Program),
        renderer: &Json,
    },
    Format {
        name: "html",
        file: "report.html",
        after_audit: Some(Reader::Person),
        renderer: &Html,
    },
    Format {
        name: "markdown",
        file: "report.md",
        after_audit: None,
        renderer: &Markdown,
    },
    Format {
        name: "sarif",
        file: "report.sarif",
        after_audit: None,
        renderer: &Sarif,
    },
    Format {
        name: "junit",
        file: "report.junit.xml",
        after_audit: None,
        renderer: &JUnit,
    },
    Format {
        name: "csv",
        file: "blocks.csv",
        after_audit: None,
        renderer: &Csv,
    },
];

impl Render for Format {
    fn render(&self, report: &Report, lang: Lang) -> Result<Vec<u8>, RenderError> {
        self.renderer.render(report, lang)
    }
}

/// The format called `name`.
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The formats that every audit writes beside its bundle.
pub fn after_audit() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().filter(|format| format.after_audit.is_some())
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
