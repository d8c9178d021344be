//! The interim analysis: evidence of a session that is still running.

use features::{Session, Trace};
use record::{Phase, Player};
use stimulus::Seed;

use crate::error_rates::{BOUND_ALPHA, BOUND_PRIOR, FDR, needed};
use crate::level_correlation::TOLD_FROM;
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
    /// Whether e-BH named a series and no other is about to be named, or the wait for that is over:
    /// ten blocks of the fast code since the threshold was reached, six of a slower one. A slower one also has the
    /// blocks that it takes to tell a level from a switch.
    pub named: bool,
    /// What our own guessers can at most have learned, bits a block of the fast code; 1 before
    /// there is anything to say.
    pub bits_per_block_at_most: f64,
}

/// How long to go on for a series to be named, blocks of the fast code.
const PATIENCE: usize = 10;

/// The same for a slower code, blocks of its own. What an app says once a minute it says in several fields of
/// one message, and they come over the threshold a few minutes apart.
const PATIENCE_SLOWER: usize = 6;

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
    let fast = &trials[0].evidence;
    let theta = stats::theta_upper(
        fast.guesses.len() as u64,
        fast.n_right as u64,
        BOUND_ALPHA,
        BOUND_PRIOR,
        BOUND_PRIOR,
    );
    let log10 = |ln: f64| ln / std::f64::consts::LN_10;
    Progress {
        control_blocks: control.evidence.n as u32,
        control_log10_w: log10(last(&control.evidence.prompt_path)),
        muted_blocks: fast.n as u32,
        muted_log10_w: log10(muted.log_e),
        leaks: muted.crossed(),
        named: names_are_told(&trials, &muted),
        bits_per_block_at_most: stats::bits_at_most(theta),
    }
}

/// Whether waiting longer would name no more series, or is not worth it.
fn names_are_told(trials: &[Trial], muted: &Mixture) -> bool {
    let log_e: Vec<f64> = trials
        .iter()
        .flat_map(|t| t.evidence.prompt_series_log_e.iter().copied())
        .collect();
    let named = stats::e_bh(&log_e, FDR);
    let n_fast = trials[0].evidence.prompt_series_log_e.len();
    if named.iter().any(|&i| i < n_fast) {
        return true;
    }
    let Some(crossed_s) = muted.crossed_s() else {
        return !named.is_empty();
    };
    let since = |trial: &Trial| trial.ends_s.iter().filter(|&&end| end > crossed_s).count();
    if named.is_empty() && since(&trials[0]) < PATIENCE {
        return false;
    }
    let mut first = n_fast;
    trials[1..].iter().all(|trial| {
        let series = first..first + trial.evidence.prompt_series_log_e.len();
        first = series.end;
        let (ours, open): (Vec<usize>, Vec<usize>) = series.partition(|i| named.contains(i));
        let is_near = |i: &usize| log_e[*i] >= stats::log_threshold(FDR);
        let has_kind = ours.is_empty() || trial.evidence.n >= TOLD_FROM;
        has_kind && (!open.iter().any(is_near) || since(trial) >= PATIENCE_SLOWER)
    })
}

fn last(path: &[f64]) -> f64 {
    path.last().copied().unwrap_or(0.0)
}
