//! PDFs held against the rules of both standards, by a validator that shares no code with what made them.

use page_validation::{ValidationOptions, ValidationProfile, validate_pdf_bytes};

/// The rules that it breaks; each with what is wrong.
pub fn broken(pdf: &[u8]) -> Vec<String> {
    let mut broken = Vec::new();
    for profile in [ValidationProfile::PdfA2a, ValidationProfile::PdfUa1] {
        let options = ValidationOptions::default().profile(profile);
        match validate_pdf_bytes(pdf, &options) {
            Ok(report) => broken.extend(
                report
                    .failures
                    .iter()
                    .map(|one| format!("{profile}: {one}")),
            ),
            Err(why) => broken.push(format!("{profile}: {why}")),
        }
    }
    broken
}
