//! What a finished run could have found: as its own judgement says, and by its length.

use std::path::Path;

use plan::{EVERY_S, Limits, Setting};
use serde_json::json;
use verdict::{Judgement, PlantedKind};

use crate::fail::{Fail, print};
use crate::plan::text::{number, time};
use analysis::{Judged, judged};

/// What one code could have found by its length.
struct Found {
    name: &'static str,
    blocks: usize,
    block_s: f64,
    limits: Limits,
}

/// Prints it.
pub fn run(every_s: Option<f64>, as_json: bool, path: &Path) -> Result<(), Fail> {
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
    let said = match as_json {
        true => {
            let code = |code: &Found| {
                json!({
                    "code": code.name,
                    "blocks": code.blocks,
                    "block_s": code.block_s,
                    "block_d_at_least": code.limits.d,
                    "flag_wrong_at_most": code.limits.flag_wrong,
                })
            };
            let planted = judgement.detects.as_ref();
            let said = json!({
                "schema": 1,
                "after": {
                    "series": judgement.muted.series,
                    "alpha": bundle.manifest.protocol.alpha,
                    "detects": planted.map(|d| d.planted.clone()),
                    "codes": found.iter().map(code).collect::<Vec<_>>(),
                    "every_s": every_s,
                    "d_at_least": d,
                },
            });
            format!("{said:#}\n")
        }
        false => {
            let mut said = planted(&judgement);
            said.push_str("\nBy its length it could not have found, in 95 %:\n");
            for code in &found {
                said.push_str(&format!(
                    "{} code, {} blocks of {}:\n\
                     \x20 a value in each block whose two sounds lie less than {} standard deviations apart\n\
                     \x20 a flag that is wrong in more than {} of the blocks\n",
                    code.name,
                    code.blocks,
                    time(code.block_s),
                    number("", code.limits.d, ""),
                    number("", code.limits.flag_wrong.map(|share| 100.0 * share), " %"),
                ));
            }
            said.push_str(&match d {
                Some(d) => format!(
                    "a value every {} whose two sounds lie less than {d:.2} apart\n",
                    time(every_s)
                ),
                None => format!(
                    "a value every {}, however clear: no code of this run has enough blocks that \
                     long; see\n  `muteproof plan --every {every_s} --d 4` for the profile that \
                     could\n",
                    time(every_s)
                ),
            });
            said
        }
    };
    print(said.as_bytes())
}

/// Every code that changes the level.
fn found(judgement: &Judgement, alpha: f64) -> Vec<Found> {
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
            Found {
                name: code.code.name(),
                blocks,
                block_s: code.block_s,
                limits: plan::limits(blocks, setting),
            }
        })
        .collect()
}

/// What the judgement says it would have found in this session's own numbers.
fn planted(judgement: &Judgement) -> String {
    let Some(detects) = &judgement.detects else {
        return "Its judgement planted no leaks: one was found, or there were too few blocks.\n"
            .to_owned();
    };
    let mut said = format!(
        "Planted into its own numbers ({} tries each), found in 95 %:\n",
        detects.tries
    );
    for planted in &detects.planted {
        let (what, sign, unit, times) = match planted.kind {
            PlantedKind::PacketSize => ("packets larger when loud", "≥ ", " B", 1.0),
            PlantedKind::Packets => ("more packets in a loud block", "≥ ", "", 1.0),
            PlantedKind::Flag => ("a flag in each block, wrong in", "≤ ", " %", 100.0),
            PlantedKind::Loudness => ("a loudness in each block, noise", "≤ ", " dB", 1.0),
        };
        let down_to = number(sign, planted.down_to.map(|x| times * x), unit);
        let code = planted.code.name();
        said.push_str(&format!("  {code:8} {what:32} {down_to}\n"));
    }
    said
}
