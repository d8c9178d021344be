use crate::clean;
use crate::error::RenderError;
use crate::i18n::Lang;
use crate::render::{Render, Report};

/// The findings for spreadsheets, one a line: series, whether it is named, and its evidence (log10 W).
/// In no human language; fields are quoted as RFC 4180 has it.
#[derive(Debug, Clone, Copy)]
pub struct Csv;

impl Render for Csv {
    fn render(&self, report: &Report, _lang: Lang) -> Result<Vec<u8>, RenderError> {
        let mut out = "series,named,evidence\n".to_owned();
        for finding in &report.judgement.findings {
            let series = field(&clean::line(&finding.series));
            out += &format!("{series},{},{}\n", finding.named, finding.log10_w);
        }
        Ok(out.into_bytes())
    }
}

/// A quoted field. What a spreadsheet would take for a formula gets an apostrophe before it: the app or
/// the network may have chosen the name.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@']);
    let apostrophe = if formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", text.replace('"', "\"\""))
}
