//! Documents of all kinds of texts become PDFs that meet both standards, and the same bytes each time.

mod held;

use report::{Block, Cell, Document, Table, Tone};

fn table(cell: &str, rows: usize) -> Block {
    let row = || {
        let said = Cell {
            lines: vec![cell.to_owned(), cell.to_owned()],
            tone: Some(Tone::Bad),
        };
        vec![Cell::line(cell), said, Cell::default()]
    };
    Block::Table(Table {
        caption: cell.to_owned(),
        columns: vec!["One".to_owned(), cell.to_owned(), "Three".to_owned()],
        widths: vec![2, 3, 1],
        rows: (0..rows).map(|_| row()).collect(),
    })
}

/// A document that says `text` in every place that has one.
fn saying(text: &str, lang: &'static str) -> Document {
    let text = text.to_owned();
    let heading = |level| Block::Heading {
        level,
        text: text.clone(),
    };
    let tones = [
        Tone::Good,
        Tone::Open,
        Tone::Bad,
        Tone::Partly,
        Tone::Unknown,
    ];
    let mut blocks = vec![heading(1), heading(2), heading(3)];
    blocks.extend(tones.map(|tone| Block::Text {
        text: text.clone(),
        tone: Some(tone),
    }));
    blocks.push(Block::List {
        items: vec![text.clone(), text.clone()],
    });
    // Over several pages, whose first row is said again; one of long texts needs no more rows for that.
    blocks.push(table(&text, if text.len() > 1_000 { 1 } else { 40 }));
    Document {
        lang,
        kicker: text.clone(),
        title: text.clone(),
        date: "2026-03-01".to_owned(),
        blocks,
    }
}

fn conforms(what: &str, document: &Document) {
    let made = pdf::pdf(document).unwrap_or_else(|e| panic!("{what}: {e}"));
    let broken = held::broken(&made);
    assert!(broken.is_empty(), "{what}: {}", broken.join("\n"));
    let again = pdf::pdf(document).unwrap();
    assert!(made == again, "{what}: other bytes the second time");
}

#[test]
fn plain_documents_conform_in_both_languages() {
    conforms(
        "en",
        &saying("Nothing was found that follows the sound.", "en"),
    );
    conforms(
        "de",
        &saying("Es wurde nichts gefunden, was dem Schall folgt.", "de"),
    );
}

#[test]
fn whatever_a_text_holds_it_stays_a_text() {
    let long = "x".repeat(10_000);
    let words = "word ".repeat(2_000);
    for (what, text) in [
        (
            "markup",
            r#"#panic("no") $x$ *b* _i_ `r` <label> @ref \ " ' // /* */ = h #let a = 1"#,
        ),
        ("right to left", "שלום עולם · مرحبا بالعالم"),
        (
            "overrides",
            "abc\u{202e}fed\u{202c} \u{2066}x\u{2069} \u{200f}\u{200e}\u{feff}",
        ),
        ("emoji", "🔇🎙️👩‍👩‍👧‍👦 🏳️‍🌈"),
        ("no font has it", "漢字 ไทย \u{10ffff}\u{e000}\u{fffd}"),
        ("combining", "Z\u{0351}\u{036b}\u{0343}\u{036a} e\u{301}"),
        ("blank", " \u{a0}\u{2003}\u{200b}\u{ad}\u{3164}"),
        ("a long word", &long),
        ("many words", &words),
        ("one letter", "x"),
    ] {
        conforms(what, &saying(text, "en"));
    }
}

#[test]
fn a_document_of_nothing_conforms() {
    let empty = Document {
        lang: "en",
        kicker: "Report".to_owned(),
        title: "Mumble".to_owned(),
        date: "no audit".to_owned(),
        blocks: Vec::new(),
    };
    conforms("nothing", &empty);
}
