//! Documents as PDF: PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1) at once, made by typst.
//!
//! What a document says is handed over as data and never as markup, so nothing in it can steer the page. The same document
//! gives the same bytes: no clock, no files, no network, and fonts that come with the program.
#![forbid(unsafe_code)]

use std::sync::LazyLock;

use report::{Block, Document};
use typst::diag::{FileError, FileResult};
use typst::foundations::{Bytes, Datetime, Dict, Duration, Smart, Value};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

const TEMPLATE: &str = include_str!("template.typ");

/// Letters of a word behind which a line may break, where the word is longer than a line of a narrow column.
const WORD_MAX: usize = 24;

/// Letters of a title and of a heading: they stand in the list of contents too, and no string of a PDF/A may be longer
/// than 32,767 bytes (ISO 19005-2, 6.1.13).
const TITLE_MAX: usize = 1_000;

/// Letters of a column's heading, which stands on every page of a table: one that fills a page leaves no room for rows.
const COLUMN_MAX: usize = 200;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A fault of the template, or of what it was given.
    #[error("the page could not be set: {0}")]
    Set(String),
    /// What was set meets the standards not.
    #[error("the PDF does not conform to PDF/A-2a and PDF/UA-1: {0}")]
    Standard(String),
    /// The document could not be handed over.
    #[error("the document: {0}")]
    Data(#[from] serde_json::Error),
}

/// The fonts that come with the program.
static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let all = typst_assets::fonts();
    all.flat_map(|data| Font::iter(Bytes::new(data))).collect()
});

/// Behind a stream whose last byte is a carriage return, the line's end before this word reads as two bytes, and the
/// stream as one too short (ISO 19005-2, 6.1.7.1).
const SHORT: &[u8] = b"\r\nendstream";

/// How often a page is set anew for that: each time its margin is a hundredth of a millimetre wider.
const NUDGES: usize = 16;

/// The document's bytes.
pub fn pdf(document: &Document) -> Result<Vec<u8>, PdfError> {
    let document = serde_json::to_string(&shown(document))?;
    let mut made = set(&document, 0)?;
    for nudge in 1..NUDGES {
        if !made.windows(SHORT.len()).any(|bytes| bytes == SHORT) {
            break;
        }
        made = set(&document, nudge)?;
    }
    Ok(made)
}

fn set(document: &str, nudge: usize) -> Result<Vec<u8>, PdfError> {
    let world = Page::new(document, nudge);
    let set = typst::compile::<PagedDocument>(&world).output;
    let said = |all: typst::ecow::EcoVec<typst::diag::SourceDiagnostic>| {
        let all: Vec<String> = all.iter().map(|one| one.message.to_string()).collect();
        all.join("; ")
    };
    let set = set.map_err(|all| PdfError::Set(said(all)))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1]);
    let options = PdfOptions {
        creator: Smart::Custom(Some("muteproof".to_owned())),
        standards: standards.map_err(|why| PdfError::Standard(format!("{why:?}")))?,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&set, &options).map_err(|all| PdfError::Standard(said(all)))
}

/// The document with every text as a page can show it.
fn shown(document: &Document) -> Document {
    let text = |text: &String| letters(text);
    let short = |text: &String, letters_max: usize| {
        let short: String = text.chars().take(letters_max).collect();
        let cut = if short.len() < text.len() { "…" } else { "" };
        letters(&short) + cut
    };
    let title = |text: &String| short(text, TITLE_MAX);
    let mut document = document.clone();
    for part in [
        &mut document.kicker,
        &mut document.title,
        &mut document.date,
    ] {
        *part = title(part);
    }
    for block in &mut document.blocks {
        match block {
            Block::Heading { text: words, .. } => *words = title(words),
            Block::Text { text: words, .. } => *words = text(words),
            Block::List { items } => items.iter_mut().for_each(|item| *item = text(item)),
            Block::Table(table) => {
                table.caption = text(&table.caption);
                let columns = table.columns.iter_mut();
                columns.for_each(|one| *one = short(one, COLUMN_MAX));
                let cells = table.rows.iter_mut().flatten();
                for line in cells.flat_map(|cell| &mut cell.lines) {
                    *line = text(line);
                }
            }
        }
    }
    document
}

/// A text whose every letter a font has: another one becomes its number (U+1F600). Long words may be broken.
fn letters(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut run = 0;
    for c in text.chars() {
        run = if c.is_whitespace() { 0 } else { run + 1 };
        match has(c) {
            true => out.push(c),
            false => out.push_str(&format!("U+{:04X}", u32::from(c))),
        }
        if run >= WORD_MAX {
            // A place at which a line may end, and no letter.
            out.push('\u{200b}');
            run = 0;
        }
    }
    out
}

/// What means nothing to anybody else (private use), marks and stands for another letter PDF/A-2a forbids, whatever a
/// font draws there.
fn has(c: char) -> bool {
    let forbidden =
        matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{feff}' | '\u{fffc}'..='\u{ffff}' | '\u{f0000}'..);
    let drawn = |font: &Font| font.info().coverage.contains(u32::from(c));
    c.is_whitespace() || !forbidden && FONTS.iter().any(drawn)
}

/// All that the typesetter sees: the template, the document, the fonts.
struct Page {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    main: Source,
}

impl Page {
    fn new(document: &str, nudge: usize) -> Page {
        let mut inputs = Dict::new();
        inputs.insert("document".into(), Value::Str(document.into()));
        inputs.insert("nudge".into(), Value::Str(nudge.to_string().into()));
        let path = VirtualPath::new("main.typ").unwrap_or_else(|_| unreachable!("a plain name"));
        let id = RootedPath::new(VirtualRoot::Project, path).intern();
        Page {
            library: LazyHash::new(Library::builder().with_inputs(inputs).build()),
            book: LazyHash::new(FontBook::from_fonts(FONTS.iter())),
            main: Source::new(id, TEMPLATE.to_owned()),
        }
    }
}

impl World for Page {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        match id == self.main.id() {
            true => Ok(self.main.clone()),
            false => Err(FileError::AccessDenied),
        }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        FONTS.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
