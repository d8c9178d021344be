//! The words of a stranger's PDF (ISO 32000), page by page, in bounded memory. A picture of a page has none.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use lopdf::{Document, LoadOptions};

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
    if document.is_encrypted() {
        return Err("it is encrypted: save it without a password".to_owned());
    }
    let mut pages = Pages::default();
    for number in document.get_pages().into_keys() {
        match document.extract_text_with_limit(&[number], UNFOLDED_MAX) {
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
