//! The words of a policy, from the kinds of files in which policies are published.

use lopdf::{Document, LoadOptions};

/// Columns to which a page is laid out: sentences are put together again.
const COLUMNS: usize = 10_000;

/// Bytes to which a part of a PDF may unfold.
const UNFOLDED_MAX: usize = 64 << 20;

/// Ligatures that typesetters write as one letter, and what they stand for.
const LIGATURES: [(char, &str); 5] = [
    ('\u{fb00}', "ff"),
    ('\u{fb01}', "fi"),
    ('\u{fb02}', "fl"),
    ('\u{fb03}', "ffi"),
    ('\u{fb04}', "ffl"),
];

/// In which form a policy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyForm {
    /// Text, UTF-8.
    Text,
    /// A page of the web.
    Html,
    /// PDF, with its text as text: a picture of a page has no words.
    Pdf,
}

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Its words; paragraphs are parted by an empty line where the form has them.
    pub text: String,
    /// Pages of a PDF that could not be read, from 1, and why.
    pub unread: Vec<(u32, String)>,
    /// Pages of a PDF without a word on them, from 1: pictures, it may be.
    pub wordless: Vec<u32>,
}

impl PolicyForm {
    /// By how the file begins, else by the end of its name.
    pub fn of(bytes: &[u8], extension: &str) -> PolicyForm {
        match extension.to_ascii_lowercase().as_str() {
            _ if bytes.starts_with(b"%PDF-") => PolicyForm::Pdf,
            "html" | "htm" | "xhtml" => PolicyForm::Html,
            "pdf" => PolicyForm::Pdf,
            _ => PolicyForm::Text,
        }
    }
}

/// Reads a policy; says why not where nothing of it can be read.
pub fn policy(form: PolicyForm, bytes: &[u8]) -> Result<Policy, String> {
    let utf8 = || std::str::from_utf8(bytes).map_err(|e| format!("it is no UTF-8 text: {e}"));
    match form {
        PolicyForm::Text => Ok(Policy {
            text: utf8()?.to_owned(),
            ..Policy::default()
        }),
        PolicyForm::Html => html2text::config::plain_no_decorate()
            .string_from_read(bytes, COLUMNS)
            .map(|text| Policy {
                text,
                ..Policy::default()
            })
            .map_err(|e| e.to_string()),
        PolicyForm::Pdf => pdf(bytes),
    }
}

fn pdf(bytes: &[u8]) -> Result<Policy, String> {
    let options = LoadOptions::with_max_decompressed_size(UNFOLDED_MAX);
    let document = Document::load_mem_with_options(bytes, options).map_err(|e| e.to_string())?;
    if document.is_encrypted() {
        return Err("it is encrypted: save it without a password".to_owned());
    }
    let mut policy = Policy::default();
    for number in document.get_pages().into_keys() {
        match document.extract_text_with_limit(&[number], UNFOLDED_MAX) {
            Err(e) => policy.unread.push((number, e.to_string())),
            Ok(text) if text.trim().is_empty() => policy.wordless.push(number),
            Ok(text) => {
                // A page's end is no paragraph's.
                policy.text.push('\n');
                policy.text.push_str(&text);
            }
        }
    }
    for (ligature, letters) in LIGATURES {
        policy.text = policy.text.replace(ligature, letters);
    }
    match (&policy.unread[..], policy.text.is_empty()) {
        (_, false) => Ok(policy),
        ([], true) => Err("there is no text in it: pictures of pages are not read".to_owned()),
        ([(number, why), ..], true) => Err(format!("page {number}: {why}")),
    }
}
