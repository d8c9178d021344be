//! Documents as PDF, where this build has the typesetter.

use report::Document;

use crate::fail::Fail;

/// The document's bytes.
#[cfg(feature = "pdf")]
pub fn pdf(document: &Document) -> Result<Vec<u8>, Fail> {
    pdf::pdf(document).map_err(Fail::system)
}

/// One line that says how to get a build that has it.
#[cfg(not(feature = "pdf"))]
pub fn pdf(_: &Document) -> Result<Vec<u8>, Fail> {
    Err(Fail::NoPdf)
}
