//! The words of a stranger's PDF (ISO 32000), page by page, in bounded memory. A picture of a page has none, and what a page
//! takes from a form (a stamp, say) is not read.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::content::Content;
use lopdf::xref::XrefRecovery;
use lopdf::{Document, Encoding, LoadOptions, Object, ObjectId};

/// Bytes to which a part of a document may unfold.
const UNFOLDED_MAX: usize = 64 << 20;

/// Bytes to which the parts that are unfolded at once may come together.
const TOGETHER_MAX: usize = 256 << 20;

/// Ligatures that typesetters write as one letter, and what they stand for.
const LIGATURES: [(char, &str); 5] = [
    ('\u{fb00}', "ff"),
    ('\u{fb01}', "fi"),
    ('\u{fb02}', "fl"),
    ('\u{fb03}', "ffi"),
    ('\u{fb04}', "ffl"),
];

/// What a document says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pages {
    /// The words of each page that has some, with its number from 1.
    pub texts: Vec<(u32, String)>,
    /// Pages that could not be read, and why.
    pub unread: Vec<(u32, String)>,
    /// Pages without a word on them: pictures, it may be.
    pub wordless: Vec<u32>,
}

/// Whether a file is one, by how it begins.
pub fn is_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-")
}

/// Reads a document; says why not where nothing of it can be read.
pub fn read(bytes: &[u8]) -> Result<Pages, String> {
    // A stranger's file must not end the program, whatever the reader makes of it.
    let read = catch_unwind(AssertUnwindSafe(|| pages(bytes)));
    read.unwrap_or_else(|_| Err("its reader gave up on it".to_owned()))
}

fn pages(bytes: &[u8]) -> Result<Pages, String> {
    // Streams of objects are unfolded when the document is opened, all of them.
    let each = TOGETHER_MAX / (object_streams(bytes) + 1);
    let options = LoadOptions::with_max_decompressed_size(each.min(UNFOLDED_MAX));
    let document = Document::load_mem_with_options(bytes, options).map_err(|e| e.to_string())?;
    // What was put together from what is left of a file looks whole and is not.
    if document.xref_recovery == Some(XrefRecovery::Reconstructed) {
        return Err("it is damaged: a part is missing".to_owned());
    }
    if document.is_encrypted() {
        return Err("it is encrypted: save it without a password".to_owned());
    }
    let mut pages = Pages::default();
    for (number, page) in document.get_pages() {
        match words(&document, page) {
            Err(e) => pages.unread.push((number, e.to_string())),
            Ok(text) if text.trim().is_empty() => pages.wordless.push(number),
            Ok(text) => pages.texts.push((number, plain(text))),
        }
    }
    match (&pages.texts[..], &pages.unread[..]) {
        ([], [(number, why), ..]) => Err(format!("page {number}: {why}")),
        ([], []) => Err("there is no text in it: pictures of pages are not read".to_owned()),
        _ => Ok(pages),
    }
}

/// How many streams of objects (ISO 32000-1, 7.5.7) there may be: names that say so, however they are written (7.3.5).
fn object_streams(bytes: &[u8]) -> usize {
    const NAME: &[u8] = b"ObjStm";
    let names = bytes.split(|byte| *byte == b'/').skip(1);
    names
        .filter(|name| {
            let mut rest = *name;
            NAME.iter().all(|wanted| {
                let digits = rest.strip_prefix(b"#").and_then(|rest| rest.get(..2));
                let digits = digits.and_then(|two| std::str::from_utf8(two).ok());
                let escaped = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
                let (byte, len) = match (escaped, rest.first()) {
                    (Some(byte), _) => (byte, 3),
                    (None, Some(byte)) => (*byte, 1),
                    (None, None) => return false,
                };
                rest = &rest[len..];
                byte == *wanted
            })
        })
        .count()
}

/// A move of this many thousandths of the font's size between two letters is a blank.
const BLANK: f32 = -180.0;

/// A page with fewer blanks than one in so many letters has its words apart by their places alone.
const LETTERS_A_BLANK: usize = 20;

/// The words of a page, in the order in which they are drawn: a line for each height. Most programs draw blanks like
/// letters, and move along the line within words, to bring two letters closer; on a page of one that does not, each
/// move is a blank.
fn words(document: &Document, page: ObjectId) -> lopdf::Result<String> {
    let text = drawn(document, page, false)?;
    let blanks = text.matches(' ').count();
    match blanks * LETTERS_A_BLANK < text.chars().count() {
        true => drawn(document, page, true),
        false => Ok(text),
    }
}

/// What is drawn on a page, with or without a blank at each move along a line.
fn drawn(document: &Document, page: ObjectId, moves_are_blanks: bool) -> lopdf::Result<String> {
    let mut encodings = BTreeMap::new();
    for (name, font) in document.get_page_fonts(page)? {
        encodings.insert(
            name,
            font.get_font_encoding_with_limit(document, UNFOLDED_MAX)?,
        );
    }
    let content = document.get_page_content_with_limit(page, UNFOLDED_MAX)?;
    let mut drawn = Drawn {
        text: String::new(),
        line: SAME,
        page: SAME,
        kept: Vec::new(),
        drawn_at: 0.0,
        moved: false,
        moves_are_blanks,
    };
    let mut encoding: Option<&Encoding> = None;
    for operation in &Content::decode(&content)?.operations {
        let operands = &operation.operands;
        let number = |k: usize| {
            operands
                .get(k)
                .and_then(|n| n.as_float().ok())
                .unwrap_or(0.0)
        };
        let matrix = || std::array::from_fn(number);
        // ISO 32000-1, 8.4.4, 9.4.2 and 9.4.3.
        match operation.operator.as_str() {
            "q" => drawn.kept.push(drawn.page),
            "Q" => drawn.page = drawn.kept.pop().unwrap_or(drawn.page),
            "cm" => drawn.page = then(matrix(), drawn.page),
            "Tf" => {
                let name = operands.first().and_then(|name| name.as_name().ok());
                encoding = name.and_then(|name| encodings.get(name));
            }
            "Td" | "TD" => drawn.moves([1.0, 0.0, 0.0, 1.0, number(0), number(1)]),
            "Tm" => {
                drawn.line = SAME;
                drawn.moves(matrix());
            }
            "BT" => {
                drawn.line = SAME;
                drawn.moved = true;
            }
            "T*" => drawn.next_line(),
            "'" | "\"" => {
                drawn.next_line();
                drawn.show(encoding, operands.last().into_iter())?;
            }
            "Tj" => drawn.show(encoding, operands.iter())?,
            "TJ" => {
                let parts = operands.first().and_then(|parts| parts.as_array().ok());
                drawn.show(encoding, parts.into_iter().flatten())?;
            }
            _ => {}
        }
    }
    Ok(drawn.text)
}

/// A transformation (ISO 32000-1, 8.3.4): a, b, c, d, e, f.
type Matrix = [f32; 6];

/// Nothing is moved.
const SAME: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// The first, and then the other.
fn then(m: Matrix, n: Matrix) -> Matrix {
    let along = |x: f32, y: f32| [x * n[0] + y * n[2], x * n[1] + y * n[3]];
    let ([a, b], [c, d], [e, f]) = (along(m[0], m[1]), along(m[2], m[3]), along(m[4], m[5]));
    [a, b, c, d, e + n[4], f + n[5]]
}

/// What was drawn so far.
struct Drawn {
    text: String,
    /// From the line's own places to the text's, and from those to the page's; what was put aside of the latter.
    line: Matrix,
    page: Matrix,
    kept: Vec<Matrix>,
    /// The height on the page at which something was drawn last.
    drawn_at: f32,
    /// Whether the place changed since.
    moved: bool,
    moves_are_blanks: bool,
}

/// Less than this is no other height, in points.
const FLAT: f32 = 0.5;

impl Drawn {
    fn moves(&mut self, by: Matrix) {
        self.line = then(by, self.line);
        self.moved = true;
    }

    fn next_line(&mut self) {
        self.part('\n');
        self.drawn_at = self.height();
        self.moved = false;
    }

    fn height(&self) -> f32 {
        then(self.line, self.page)[5]
    }

    fn part(&mut self, by: char) {
        if !self.text.is_empty() && !self.text.ends_with(char::is_whitespace) {
            self.text.push(by);
        }
    }

    fn show<'a>(
        &mut self,
        encoding: Option<&Encoding>,
        parts: impl Iterator<Item = &'a Object>,
    ) -> lopdf::Result<()> {
        let Some(encoding) = encoding else {
            return Ok(());
        };
        let height = self.height();
        if (height - self.drawn_at).abs() > FLAT {
            self.part('\n');
        } else if self.moved && self.moves_are_blanks {
            self.part(' ');
        }
        (self.drawn_at, self.moved) = (height, false);
        for part in parts {
            match part {
                Object::String(bytes, _) => {
                    self.text.push_str(&Document::decode_text(encoding, bytes)?);
                }
                part if part.as_float().is_ok_and(|by| by < BLANK) => self.part(' '),
                _ => {}
            }
        }
        Ok(())
    }
}

fn plain(mut text: String) -> String {
    for (ligature, letters) in LIGATURES {
        text = text.replace(ligature, letters);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_objects_are_counted_however_their_name_is_written() {
        let file =
            b"<< /Type /ObjStm >> << /Type/Obj#53tm >> << /Type /#4fbj#53#74m /Obj#5 /Obj >>";
        assert_eq!(object_streams(file), 3);
        assert_eq!(object_streams(b"ObjStm/"), 0);
    }

    #[test]
    fn lines_and_blanks_are_where_the_place_changes() {
        let file = include_bytes!("../../../testdata/words.pdf");
        let pages = read(file).unwrap();
        let expected = "We never monitor your meeting content.\nWie wird das Wetter in Bielefeld";
        assert_eq!(pages.texts, [(1, expected.to_owned())]);
        assert_eq!(pages.wordless, [2]);
        let whole = String::from_utf8(file.to_vec()).unwrap();
        let drawn = "72 700 Td (We never monitor your meeting content.) Tj 0 -40 Td (Wie wird das Wetter in Bielefeld) Tj ET";
        assert!(whole.contains(drawn));
        // As long as before: the table at its end has places of bytes.
        let of = |content: &str| {
            let content = format!("{content:width$}", width = drawn.len());
            let pages = read(whole.replace(drawn, &content).as_bytes()).unwrap();
            pages.texts[0].1.clone()
        };
        // Lines that the page's own transformation moves, and one that is moved and put back.
        let moved = "(We never do.) Tj ET 1 0 0 1 0 -40 cm BT (Nor we.) Tj ET";
        assert_eq!(of(moved), "We never do.\nNor we.");
        let back = "(We never do,) Tj ET q 1 0 0 1 0 -40 cm Q BT ( nor we.) Tj ET";
        assert_eq!(of(back), "We never do, nor we.");
        // A move within a word, of a program that draws its blanks; and words that moves alone keep apart.
        let within = "(We mon) Tj 40 0 Td (itor nobody here at all.) Tj ET";
        assert_eq!(of(within), "We monitor nobody here at all.");
        let apart = "(We) Tj 40 0 Td (never) Tj 40 0 Td (listen) Tj ET";
        assert_eq!(of(apart), "We never listen");
    }

    #[test]
    fn what_is_left_of_a_file_is_not_taken_for_all_of_it() {
        let file = include_bytes!("../../../testdata/words.pdf");
        let end = file.len() - 200;
        assert_eq!(
            read(&file[..end]),
            Err("it is damaged: a part is missing".to_owned())
        );
    }

    #[test]
    fn what_is_none_is_said_to_be_none() {
        for bytes in [
            &b""[..],
            b"%PDF-1.7",
            b"%PDF-1.7\nxref\n0 1\ntrailer\n<< /Size 1 >>\nstartxref\n9\n%%EOF",
        ] {
            assert!(read(bytes).is_err(), "{bytes:?}");
        }
        assert!(is_pdf(b"%PDF-1.7") && !is_pdf(b"PDF"));
    }
}
