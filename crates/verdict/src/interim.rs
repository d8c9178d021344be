//! The interim analysis: evidence of a session that is still running.

use features::{Session, Trace};
use record::{Phase, Player};
use stimulus::Seed;

use crate::error_rates::{BOUND_ALPHA, BOUND_PRIOR, FDR, needed};
use crate::mixture::{Mixture, Part};
use crate::table::{Source, tables};
use crate::trial::{DECIDING, Trial, trial};

/// How far a running session is.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// Blocks of the control phase so far.
    pub control_blocks: u32,
    /// log10 W of the control so far.
    pub control_log10_w: f64,
    /// Blocks of the muted phase so far.
    pub muted_blocks: u32,
    /// log10 W of the muted phase so far, all codes together. A lower bound that no later block
    /// takes back, so a run may be ended for it.
    pub muted_log10_w: f64,
    /// Whether that ever reached the threshold: a leak.
    pub leaks: bool,
    /// Whether a series was named by e-BH, or ten blocks went by since the threshold was reached.
    pub named: bool,
    /// What our own guessers can at most have learned, bits a block of the fast code; 1 before
    /// there is anything to say.
    pub bits_per_block_at_most: f64,
}

/// How long to go on for a series to be named, blocks.
const PATIENCE: usize = 10;

/// Looks at a prefix of a session. Only bets that need nothing later than their own block count:
/// who ends a run for what is seen here chooses its length by looking. Cheaper than
/// [`crate::judge`]: no sham, no kinds, no gates.
pub fn progress(session: &Session, seed: &Seed) -> Progress {
    let needed = needed(session);
    let trace = Trace::new(session);
    let readings = features::readings(&trace);
    let tables = tables(Source::of(&trace, &readings), seed, Player::Mic);
    let run = |table, phase| {
        trial(
            session,
            table,
            phase,
            DECIDING,
            stats::Missing::Drop,
            needed,
        )
    };
    let control = run(&tables[0], Phase::Control);
    let trials: Vec<Trial> = tables.iter().map(|t| run(t, Phase::Muted)).collect();
    let parts = tables.iter().zip(&trials).map(|(table, trial)| Part {
        share: table.share,
        path: &trial.evidence.prompt_path,
        ends_s: &trial.ends_s,
        series: trial.series.len(),
    });
    let muted = Mixture::new(parts, needed);
    let log_e: Vec<f64> = trials
        .iter()
        .flat_map(|t| t.evidence.prompt_series_log_e.iter().copied())
        .collect();
    let fast = &trials[0].evidence;
    let theta = stats::theta_upper(
        fast.guesses.len() as u64,
        fast.n_right as u64,
        BOUND_ALPHA,
        BOUND_PRIOR,
        BOUND_PRIOR,
    );
    let log10 = |ln: f64| ln / std::f64::consts::LN_10;
    let since = muted.blocks_since_crossing();
    Progress {
        control_blocks: control.evidence.n as u32,
        control_log10_w: log10(last(&control.evidence.prompt_path)),
        muted_blocks: fast.n as u32,
        muted_log10_w: log10(muted.log_e),
        leaks: muted.crossed(),
        named: !stats::e_bh(&log_e, FDR).is_empty() || since.is_some_and(|n| n >= PATIENCE),
        bits_per_block_at_most: stats::bits_at_most(theta),
    }
}

fn last(path: &[f64]) -> f64 {
    path.last().copied().unwrap_or(0.0)
}
