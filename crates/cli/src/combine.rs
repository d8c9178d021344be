//! `muteproof combine`: several audits of one app, judged together.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use report::{Combined, Lang, OneOf};
use verdict::Judgement;

use crate::fail::{Fail, print};
use analysis::judged;

/// Help's examples.
pub const EXAMPLES: &str = "\
Examples:
  muteproof combine monday tuesday wednesday
  muteproof combine --json muteproof-mumble-*";

/// Arguments of `combine`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The bundles, or the folders that audits made: all of them, not a choice of them.
    #[arg(required = true)]
    pub bundles: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `muteproof combine`. Exit code 1 for a leak, 2 where no session counts, else 4.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let mut seeds = BTreeSet::new();
    let mut apps = BTreeSet::new();
    let mut sessions = Vec::new();
    let mut alpha = 0.001f64;
    let mut highest_of_any = 0.0f64;
    for path in &args.bundles {
        let judged = judged(path, false)?;
        let path = path.display().to_string();
        let manifest = &judged.bundle.manifest;
        // One order of sounds twice is one piece of evidence, not two.
        if !seeds.insert(manifest.seed_sha256.clone()) {
            return Err(Fail::SameSession { path });
        }
        // Nonsense in a damaged manifest is the usual one there too.
        let own_alpha = Some(manifest.protocol.alpha).filter(|alpha| *alpha > 0.0 && *alpha <= 0.5);
        let own_alpha = own_alpha.unwrap_or(0.001);
        alpha = alpha.min(own_alpha);
        let subject = &manifest.subject;
        apps.insert(format!("{} {}", subject.title, subject.version));
        let judgement = judged.judgement;
        let (at_end, highest) = evidence(&judgement, own_alpha);
        highest_of_any = match judgement.verdict.counts_as_evidence() {
            true => highest_of_any.max(highest),
            false => highest_of_any,
        };
        sessions.push(OneOf {
            path,
            log10_w: at_end,
            counts: judgement.verdict.counts_as_evidence(),
            verdict: judgement.verdict,
        });
    }
    if apps.len() > 1 {
        let apps: Vec<String> = apps.into_iter().collect();
        let apps = apps.join("; ");
        return Err(Fail::DifferentApps { apps });
    }
    let counted: Vec<f64> = sessions
        .iter()
        .filter(|s| s.counts)
        .map(|s| s.log10_w * std::f64::consts::LN_10)
        .collect();
    let log_e = stats::over_independent(&counted)?;
    let log10_w = log_e / std::f64::consts::LN_10;
    // What was a leak by its highest evidence stays one. Of several sessions each gets its part of one half of
    // the level, and their product the other half.
    let (by_product, by_highest) = match counted.len() {
        0 | 1 => (alpha, alpha),
        n => (alpha / 2.0, alpha / 2.0 / n as f64),
    };
    let combined = Combined {
        sessions,
        log10_w,
        log10_needed: -by_product.log10(),
        log10_highest: highest_of_any,
        log10_highest_needed: -by_highest.log10(),
    };
    let out = match args.json {
        true => report::combined_json(&combined)?,
        false => report::combined(&combined, lang)?,
    };
    print(out.as_bytes())?;
    Ok(ExitCode::from(
        match (counted.is_empty(), combined.leaks()) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 4,
        },
    ))
}

/// log10 of the evidence at the session's end, which alone multiplies, and of its highest. Where blocks were
/// lost, with those charged. Both have paid for the search of the capture's drift: with n drifts tried, the
/// best of n e-values is at most n times their mean.
fn evidence(judgement: &Judgement, alpha: f64) -> (f64, f64) {
    let charged = judgement.charged.as_ref();
    let test = charged.unwrap_or(&judgement.muted);
    let paid = (test.log10_needed + alpha.log10()).max(0.0);
    (test.log10_w - paid, test.log10_w_max - paid)
}
