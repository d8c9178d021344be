//! A document of headings, sentences, lists and tables: what a page for a browser, a page for a terminal and a PDF are
//! made from alike.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde as Serialized;
use minijinja::{Environment, UndefinedBehavior, context};
use schemars::JsonSchema;
use serde::Serialize;

use crate::error::RenderError;
use crate::i18n::Lang;
use crate::page::Page;

/// A document. All its texts are cleaned: they hold no control characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Document {
    /// Its language's tag.
    pub lang: &'static str,
    /// What it is: a word above the title.
    pub kicker: String,
    /// Its title.
    pub title: String,
    /// The day of what it is about, `2026-03-01`: a document of the same facts is the same on any day.
    pub date: String,
    /// What it says, from front to end.
    pub blocks: Vec<Block>,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Block {
    /// A heading; 1 is the highest below the title.
    Heading {
        /// 1 to 3.
        level: u8,
        /// Its words.
        text: String,
    },
    /// A paragraph.
    Text {
        /// Its words.
        text: String,
        /// How it looks; its words say the same.
        tone: Option<Tone>,
    },
    /// A list.
    List {
        /// One entry each.
        items: Vec<String>,
    },
    /// A table.
    Table(Table),
}

/// A table. Every row has as many cells as there are columns; the first cell of a row says what it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Headings of its columns.
    pub columns: Vec<String>,
    /// Widths of the columns, relative to each other; one for each.
    pub widths: Vec<u8>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Cell {
    /// Its words, a paragraph each.
    pub lines: Vec<String>,
    /// How it looks; its words say the same.
    pub tone: Option<Tone>,
}

/// How something looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// As it should be.
    Good,
    /// Open, and never green.
    Open,
    /// Not as it should be.
    Bad,
    /// Partly seen.
    Partly,
    /// Not known.
    Unknown,
}

impl Cell {
    /// One line.
    pub fn line(text: impl Into<String>) -> Cell {
        Cell {
            lines: vec![text.into()],
            tone: None,
        }
    }

    /// Likewise, with a look.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Cell {
        Cell {
            lines: vec![text.into()],
            tone: Some(tone),
        }
    }
}

impl Block {
    pub(crate) fn heading(level: u8, text: impl Into<String>) -> Block {
        let text = text.into();
        Block::Heading { level, text }
    }

    pub(crate) fn text(text: impl Into<String>) -> Block {
        Block::Text {
            text: text.into(),
            tone: None,
        }
    }
}

impl Document {
    /// One page for a browser, without scripts, which loads nothing.
    pub fn html(&self) -> Result<Vec<u8>, RenderError> {
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()?,
        );
        env.add_template("document.html", include_str!("../templates/document.html"))?;
        let page = env.get_template("document.html")?.render(context! {
            style => include_str!("../templates/report.css"),
            d => Serialized(self),
        })?;
        Ok(page.into_bytes())
    }

    /// A page for a terminal.
    pub fn text(&self) -> String {
        let mut page = Page::default();
        page.line(&format!("{}: {}", self.kicker, self.title));
        page.line(&self.date);
        for block in &self.blocks {
            match block {
                Block::Heading { text, .. } => page.title(text),
                Block::Text { text, .. } => page.wrapped("", text),
                Block::List { items } => {
                    for item in items {
                        page.wrapped("  - ", item);
                    }
                }
                Block::Table(table) => table_text(table, &mut page),
            }
        }
        page.out
    }
}

/// Row by row: columns side by side would not fit a terminal.
fn table_text(table: &Table, page: &mut Page) {
    for row in &table.rows {
        let mut cells = row.iter().zip(&table.columns);
        if let Some((first, _)) = cells.next() {
            page.wrapped("  - ", &first.lines.join(" · "));
        }
        for (cell, column) in cells.filter(|(cell, _)| !cell.lines.is_empty()) {
            page.wrapped("    ", &format!("{column}: {}", cell.lines.join(" · ")));
        }
    }
}

impl Lang {
    /// Which of two texts is in this language, the English one being the first.
    pub(crate) fn of(self, [en, de]: &[String; 2]) -> &str {
        match self {
            Lang::En => en,
            Lang::De => de,
        }
    }
}
