//! **Asks** whether wall time, in which packets are stamped, ran beside the session's clock.
//! **Matters** because after a step packets would be counted in the wrong blocks.
//! **Decides** at 1 ms between neighbouring clock pairs, beyond the width of their brackets and
//! what a clock under correction may drift (500 ppm).
//! **Cannot see** a step and its reversal between two pairs.

use record::Body;

use crate::case::Case;
use crate::reason::Reason;

const STEP_MS: f64 = 1.0;
const DRIFT: f64 = 500e-6;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let mut worst_ms = 0.0f64;
    let mut before: Option<(u64, u64, u64)> = None;
    for record in case.trials.session.records {
        let Body::ClockPair {
            realtime_ns,
            bracket_ns,
        } = record.body
        else {
            continue;
        };
        if let Some((t, realtime, bracket)) = before {
            let ran = record.t.0.abs_diff(t) as f64;
            let wall = realtime_ns as f64 - realtime as f64;
            // Differences of numbers near 2^60 keep only 256 ns as floats: far below 1 ms.
            let allowed = DRIFT * ran + (bracket_ns.saturating_add(bracket)) as f64;
            worst_ms = worst_ms.max(((wall - ran).abs() - allowed) / 1e6);
        }
        before = Some((record.t.0, realtime_ns, bracket_ns));
    }
    match worst_ms > STEP_MS {
        true => vec![Reason::ClockStep { by_ms: worst_ms }],
        false => Vec::new(),
    }
}
