//! TOML files of claims, criteria and answers, and their mistakes with a line.

use serde::de::DeserializeOwned;
use toml::Spanned;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {what}")]
pub struct FileError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub what: String,
}

/// Reads a file's text; `file` is its name for mistakes.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|e| FileError {
        file: file.to_owned(),
        line: e.span().map_or(1, |span| line_of(text, span.start)),
        what: e.message().to_owned(),
    })
}

/// The line of a byte, from 1.
fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// A mistake at a value.
pub(crate) fn mistake<T>(
    file: &str,
    text: &str,
    at: &Spanned<T>,
    what: impl Into<String>,
) -> FileError {
    FileError {
        file: file.to_owned(),
        line: line_of(text, at.span().start),
        what: what.into(),
    }
}

/// Whether a text is a day of the calendar, `2026-03-01`.
pub(crate) fn is_day(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next().filter(|part| part.len() == digits)?;
        part.parse::<u32>().ok()
    };
    let (year, month, day) = (number(4), number(2), number(2));
    let real = year.is_some()
        && month.is_some_and(|m| (1..=12).contains(&m))
        && day.is_some_and(|d| (1..=31).contains(&d));
    real && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_has_its_line() {
        #[derive(Debug, serde::Deserialize)]
        #[allow(dead_code)]
        struct File {
            name: Spanned<String>,
        }
        let error = parse::<File>("a.toml", "\n\nname = 3\n").unwrap_err();
        assert_eq!((error.line, &error.file[..]), (3, "a.toml"));
        let text = "# one\nname = \"x\"\n";
        let file: File = parse("a.toml", text).unwrap();
        let error = mistake("a.toml", text, &file.name, "is no name");
        assert_eq!(error.to_string(), "a.toml:2: is no name");
    }

    #[test]
    fn days_are_days() {
        assert!(is_day("2026-03-01"));
        for text in [
            "2026-3-1",
            "2026-13-01",
            "2026-03-32",
            "2026-03",
            "",
            "2026-03-01-1",
        ] {
            assert!(!is_day(text), "{text}");
        }
    }
}
