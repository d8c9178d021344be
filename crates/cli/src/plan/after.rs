//! What a finished run could have found: as its own judgement says, and by its length.

use std::path::Path;

use plan::{EVERY_S, Setting};
use report::{ByLength, Finished, Lang};
use verdict::Judgement;

use crate::fail::{Fail, print};
use analysis::{Judged, judged};

/// Prints it.
pub fn run(every_s: Option<f64>, as_json: bool, path: &Path, lang: Lang) -> Result<(), Fail> {
    let Judged {
        bundle, judgement, ..
    } = judged(path, false)?;
    let found = found(&judgement, bundle.manifest.protocol.alpha);
    let every_s = every_s.unwrap_or(EVERY_S);
    // A value lies in a block of the code whose blocks are at least as long as its interval; the
    // shortest of those has the most of them.
    let seen_by = found
        .iter()
        .filter(|code| code.block_s >= every_s && code.blocks > 0)
        .min_by(|a, b| a.block_s.total_cmp(&b.block_s));
    let d = seen_by.and_then(|code| Some(code.limits.d? * (every_s / code.block_s).sqrt()));
    let finished = Finished {
        detects: judgement.detects.as_ref(),
        series: judgement.muted.series,
        alpha: bundle.manifest.protocol.alpha,
        codes: found,
        every_s,
        d,
    };
    let said = match as_json {
        true => report::finished_json(&finished)?,
        false => report::finished(&finished, lang)?,
    };
    print(said.as_bytes())
}

/// Every code that changes the level.
fn found(judgement: &Judgement, alpha: f64) -> Vec<ByLength> {
    let codes = judgement.codes.len() as u32;
    let level = judgement.codes.iter().filter(|code| code.step_db > 0.0);
    level
        .map(|code| {
            let blocks = code.test.blocks as usize;
            let setting = Setting {
                alpha,
                series: code.test.series.max(1),
                codes,
            };
            ByLength {
                name: code.code.name(),
                blocks,
                block_s: code.block_s,
                limits: plan::limits(blocks, setting),
            }
        })
        .collect()
}
