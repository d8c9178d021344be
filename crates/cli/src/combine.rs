//! `muteproof combine`: several audits of one app, judged together.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use verdict::Judgement;

use crate::fail::{Fail, print};
use analysis::{Judged, judged};

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

/// One session and what it brings.
struct Session {
    path: String,
    app: String,
    verdict: &'static str,
    log10_w: f64,
    /// Whether its evidence counts: a session that another thing than the app could explain does
    /// not.
    counts: bool,
}

/// `muteproof combine`. Exit code 1 for a leak, 2 where no session counts, else 4.
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    let mut seeds = BTreeSet::new();
    let mut sessions = Vec::new();
    let mut alpha = 0.001f64;
    for path in &args.bundles {
        let judged = judged(path, false)?;
        let path = path.display().to_string();
        let manifest = &judged.bundle.manifest;
        // One order of sounds twice is one piece of evidence, not two.
        if !seeds.insert(manifest.seed_sha256.clone()) {
            return Err(Fail::text(format!(
                "{path} is the same session as one before it; give each once"
            )));
        }
        // Nonsense in a damaged manifest is the usual one there too.
        if manifest.protocol.alpha > 0.0 {
            alpha = alpha.min(manifest.protocol.alpha);
        }
        sessions.push(session(path, &judged));
    }
    let apps: BTreeSet<&str> = sessions.iter().map(|s| s.app.as_str()).collect();
    if apps.len() > 1 {
        let apps: Vec<&str> = apps.into_iter().collect();
        return Err(Fail::text(format!(
            "these sessions are of different apps, which are different questions: {}",
            apps.join("; ")
        )));
    }
    let counted: Vec<f64> = sessions
        .iter()
        .filter(|s| s.counts)
        .map(|s| s.log10_w * std::f64::consts::LN_10)
        .collect();
    let log_e = stats::over_independent(&counted).map_err(Fail::text)?;
    let log10_w = log_e / std::f64::consts::LN_10;
    let leaks = !counted.is_empty() && log_e >= stats::log_threshold(alpha);
    let out = match args.json {
        true => json(&sessions, log10_w, alpha, leaks),
        false => text(&sessions, log10_w, alpha, leaks),
    };
    print(out.as_bytes())?;
    Ok(ExitCode::from(match (counted.is_empty(), leaks) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => 4,
    }))
}

fn session(path: String, judged: &Judged) -> Session {
    let subject = &judged.bundle.manifest.subject;
    let judgement = &judged.judgement;
    Session {
        path,
        app: format!("{} {}", subject.title, subject.version),
        verdict: judgement.verdict.name(),
        log10_w: at_end(judgement),
        counts: judgement.verdict.counts_as_evidence(),
    }
}

/// The evidence at the session's end, never its highest: only that multiplies. Where blocks were
/// lost, with those charged.
fn at_end(judgement: &Judgement) -> f64 {
    let charged = judgement.charged.as_ref();
    charged.unwrap_or(&judgement.muted).log10_w
}

fn text(sessions: &[Session], log10_w: f64, alpha: f64, leaks: bool) -> String {
    let mut out = String::new();
    let width = sessions.iter().map(|s| s.path.len()).max().unwrap_or(0);
    for s in sessions {
        let counts = if s.counts { "" } else { "  (does not count)" };
        let _ = writeln!(
            out,
            "{:width$}  {:13} evidence at its end 10^{:.1}{counts}",
            s.path, s.verdict, s.log10_w
        );
    }
    let needed = -alpha.log10();
    let word = match leaks {
        true => "Together: a leak",
        false if sessions.iter().any(|s| s.counts) => "Together: nothing found",
        false => "Together: no answer, no session counts",
    };
    let _ = writeln!(
        out,
        "\n{word}; evidence 10^{log10_w:.1}, needed 10^{needed:.1}.\n\
         Evidence of independent sessions multiplies, as each had an order of sounds of its own. \
         That holds only if\nthese are all sessions that were made, not those that one liked."
    );
    out
}

fn json(sessions: &[Session], log10_w: f64, alpha: f64, leaks: bool) -> String {
    let each = sessions.iter().map(|s| {
        serde_json::json!({
            "bundle": s.path, "verdict": s.verdict, "log10_w_at_end": s.log10_w, "counts": s.counts,
        })
    });
    let value = serde_json::json!({
        "schema": 1,
        "sessions": each.collect::<Vec<_>>(),
        "log10_w": log10_w,
        "log10_needed": -alpha.log10(),
        "leaks": leaks,
    });
    format!("{value:#}\n")
}
