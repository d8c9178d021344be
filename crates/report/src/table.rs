//! What was played, heard and sent in each block, as a table (CSV, RFC 4180), for who computes further.

use crate::error::RenderError;
use crate::i18n::Lang;
use crate::render::{Render, Report};

/// CSV. Its columns are in no human language; every cell is a number or a word of ours, so none is a formula.
#[derive(Debug, Clone, Copy)]
pub struct Csv;

const COLUMNS: [&str; 9] = [
    "phase",
    "block",
    "start_s",
    "symbol",
    "heard_dbfs",
    "peer_dbfs",
    "bytes_out",
    "packets_out",
    "mute_confirmed",
];

impl Render for Csv {
    fn render(&self, report: &Report, _lang: Lang) -> Result<Vec<u8>, RenderError> {
        let mut out = csv::Writer::from_writer(Vec::new());
        let failed = |e: csv::Error| RenderError::Table(e.to_string());
        out.write_record(COLUMNS).map_err(failed)?;
        let number = |value: Option<f64>| value.map_or_else(String::new, |v| v.to_string());
        for row in &report.judgement.blocks {
            let phase = match row.phase {
                record::Phase::Control => "control",
                record::Phase::Muted => "muted",
            };
            let confirmed = row.mute_confirmed.map(|yes| if yes { "yes" } else { "no" });
            out.write_record([
                phase.to_owned(),
                row.index.to_string(),
                row.start_s.to_string(),
                row.symbol.to_string(),
                number(row.heard_dbfs),
                number(row.peer_dbfs),
                number(row.bytes_out),
                number(row.packets_out),
                confirmed.unwrap_or_default().to_owned(),
            ])
            .map_err(failed)?;
        }
        out.into_inner()
            .map_err(|e| RenderError::Table(e.error().to_string()))
    }
}
