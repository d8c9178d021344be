//! The words of a policy, from the kinds of files in which policies are published.

/// Columns to which a page is laid out: sentences are put together again.
const COLUMNS: usize = 10_000;

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
            _ if pdftext::is_pdf(bytes) => PolicyForm::Pdf,
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
    let pages = pdftext::read(bytes)?;
    // A page's end is no paragraph's.
    let texts: Vec<String> = pages.texts.into_iter().map(|(_, text)| text).collect();
    Ok(Policy {
        text: texts.join("\n"),
        unread: pages.unread,
        wordless: pages.wordless,
    })
}
