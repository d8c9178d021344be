//! Documents as PDF, where this build has the typesetter.

use report::Document;

use crate::fail::Fail;

/// Prints the document. A PDF is no text, and a terminal is refused.
#[cfg(feature = "pdf")]
pub fn print(document: &Document) -> Result<(), Fail> {
    use crate::printer;
    if printer::out_is_terminal() {
        return Err(Fail::PdfTerminal);
    }
    let made = pdf::pdf(document).map_err(Fail::system)?;
    printer::out_as_it_is(&made).map_err(Fail::system)
}

/// One line that says how to get a build that has it.
#[cfg(not(feature = "pdf"))]
pub fn print(_: &Document) -> Result<(), Fail> {
    Err(Fail::NoPdf)
}
