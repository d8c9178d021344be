//! How often what is said may be wrong, and the evidence that takes; declared before any session.

use features::Session;
use record::Body;

/// Evidence W that the gates ask for: the control has to reach it, the sham and the losses must
/// not.
pub const GATE_W: f64 = 1000.0;

/// Fewest blocks of a phase that a decision may rest on: below this not even a perfect leak would
/// be found among a few hundred series.
pub const MIN_BLOCKS: u32 = 20;

/// False discovery rate at which series and receivers are named, all drifts that were tried together.
pub(crate) const FDR: f64 = 0.01;

/// Confidence of the bounds: 95 %, all drifts that were tried together.
pub(crate) const BOUND_ALPHA: f64 = 0.05;

/// Prior of the accuracy bound (docs/statistics.md, "How large, how small").
pub(crate) const BOUND_PRIOR: f64 = 20.0;

/// The declared false-alarm rate; nonsense in a damaged manifest becomes the usual one.
pub(crate) fn alpha(declared: f64) -> f64 {
    if declared > 0.0 && declared <= 0.5 {
        declared
    } else {
        0.001
    }
}

/// ln W that a finding needs: the declared false-alarm rate is shared among all drifts of the capture's
/// clock that were tried, so that the best of them is found wrongly no more often than one.
pub(crate) fn needed(session: &Session) -> f64 {
    let alpha = alpha(session.manifest.protocol.alpha);
    stats::log_threshold(alpha / f64::from(drifts_tried(session)))
}

/// ln W that the packets' control needs: where their clock was searched for on it, the mean over all
/// offsets that were tried has to reach the gate, which is as sound as one: the best of n needs n times as
/// much.
pub(crate) fn needed_by_packets(session: &Session) -> f64 {
    let tried = session.records.iter().filter_map(|r| match r.body {
        Body::Aligned { candidates, .. } => Some(candidates),
        _ => None,
    });
    (GATE_W * f64::from(tried.max().unwrap_or(1).max(1))).ln()
}

/// How many drifts of the packets' clock were tried on the muted phase; 1 where none was searched for.
pub(crate) fn drifts_tried(session: &Session) -> u32 {
    let tried = session.records.iter().filter_map(|r| match r.body {
        Body::Aligned { drifts, .. } => Some(drifts),
        _ => None,
    });
    tried.max().unwrap_or(1).max(1)
}
