//! Files of reviews: their text, and the catalogue of questions.

use std::path::Path;

use review::Criteria;

use crate::fail::Fail;

/// Bytes of a file of claims, answers or criteria.
const TEXT_MAX: u64 = 4 << 20;

/// What a crate below says in words of its own.
pub fn said(why: impl std::fmt::Display) -> Fail {
    Fail::ReviewText {
        why: why.to_string(),
    }
}

/// The catalogue, and its text.
pub fn criteria(path: Option<&Path>) -> Result<(Criteria, String), Fail> {
    match path {
        None => Ok((
            Criteria::built_in().map_err(said)?,
            Criteria::TEXT.to_owned(),
        )),
        Some(path) => {
            let text = text(path)?;
            let criteria = Criteria::parse(&path.display().to_string(), &text).map_err(said)?;
            Ok((criteria, text))
        }
    }
}

/// A file's text.
pub fn text(path: &Path) -> Result<String, Fail> {
    files::read_text(path, TEXT_MAX).map_err(|e| Fail::file("read", path, &e))
}
