//! **Asks** whether the edges of the stimulus were heard when they should have been, alike in both
//! phases.
//! **Matters** because sound that arrives in its neighbour's block weakens the test, and a control
//! that was better timed than the muted phase vouches for too much.
//! **Decides** at 100 ms for the typical edge and for nine in ten of the others, and at 20 ms
//! between the phases. On a busy machine sound drops out for a moment, and a drop-out beside an edge
//! passes for a late one; some of them weaken the test little, and never make it accuse. A control
//! that fired shows by itself that enough of its edges were in place.
//! **Cannot see** delays inside the app.

use features::Edges;
use record::Phase;

use crate::case::Case;
use crate::reason::Reason;

const LATE_MS: f64 = 100.0;
const APART_MS: f64 = 20.0;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let (control, muted) = (
        &case.trials.segmentation.control,
        &case.trials.segmentation.muted,
    );
    let mut reasons = Vec::new();
    for (phase, edges) in [(Phase::Control, control), (Phase::Muted, muted)] {
        let fired = phase == Phase::Control && case.trials.control.crossed();
        let off = median_ms(edges) > LATE_MS || (many_late(edges) && !fired);
        if !case.trials.blocks(phase).is_empty() && off {
            let worst_ms = edges.worst_from_median_ns.unwrap_or(0) as f64 / 1e6;
            reasons.push(Reason::EdgesOff {
                phase,
                worst_ms: worst_ms.max(median_ms(edges)),
            });
        }
    }
    if let (Some(a), Some(b)) = (control.median_delay_ns, muted.median_delay_ns) {
        let by_ms = a.abs_diff(b) as f64 / 1e6;
        if by_ms > APART_MS {
            reasons.push(Reason::EdgesDiffer { by_ms });
        }
    }
    reasons
}

fn median_ms(edges: &Edges) -> f64 {
    edges.median_delay_ns.unwrap_or(0).unsigned_abs() as f64 / 1e6
}

fn many_late(edges: &Edges) -> bool {
    edges.n_late > 1 + edges.n_heard / 10
}
