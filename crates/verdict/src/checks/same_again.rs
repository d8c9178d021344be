//! **Asks** whether a stream that said ever new things before says the same again and again while muted.
//! **Matters** because then nothing of the sound is in its contents, though nobody can read them.
//! **Decides** nothing by itself: such bytes count as read. By comparing each datagram with the one before it
//! of the same flow and length: the same bytes, but for counters that go on as they did.
//! **Cannot see** streams over TCP, nor what repeats in a longer round.

use crate::case::Case;
use crate::note::Note;

/// Least share of a stream's bytes that is worth a remark.
const SHARE_MIN: f64 = 0.9;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let share = |totals: &features::Totals| {
        let sent = totals.payload_bytes_out.max(1) as f64;
        totals.same_again_bytes_out as f64 / sent
    };
    let flows = case.trials.features.flows.iter();
    flows
        .filter(|f| share(&f.muted) >= SHARE_MIN)
        .filter(|f| f.control.payload_bytes_out > 0 && share(&f.control) < 0.5)
        .map(|f| Note::SameAgain {
            at: format!("{} {}", f.transport, f.remote),
            share: share(&f.muted),
            unmuted: share(&f.control),
        })
        .collect()
}
