//! What left while muted and was judged: what was read, and what was not.

use features::Unread;
use record::Phase;

use crate::table::Table;
use crate::trials::Trials;

/// Bytes that were read, and bytes that were not.
pub(crate) struct Coverage {
    clear: u64,
    pub(crate) opaque: u64,
}

pub(crate) fn coverage(trials: &Trials) -> Coverage {
    let flows = || trials.stretches().flat_map(|t| &t.features.flows);
    let sent: u64 = flows().map(|f| f.muted.payload_bytes_out).sum();
    let clear: u64 = flows().map(|f| f.muted.clear_bytes_out).sum();
    let beside = |unread: &Unread| unread.header_bits.div_ceil(8) + unread.other_frame_bytes;
    let beside: u64 = trials.stretches().map(|t| beside(&t.features.unread)).sum();
    Coverage {
        clear,
        opaque: sent.saturating_sub(clear) + beside,
    }
}

/// Payload bytes that left after the last block that was judged, and that nobody bets on.
pub(crate) fn after_end(trials: &Trials) -> u64 {
    // Whichever stretch lies last.
    let late = trials
        .stretches()
        .map(|t| t.features.unread.after_end_bytes);
    late.min().unwrap_or(0)
}

/// Whether every byte that left while muted was read (a single one may hold a loudness), there were
/// some, none was lost or on a way that nobody counts, nothing was left to be told afterwards, and the
/// packets themselves answered the control.
pub(crate) fn all_was_read(trials: &Trials) -> bool {
    let watched = |t: &Table| {
        let packets = &t.features.packets_out;
        t.blocks(Phase::Muted)
            .all(|k| matches!(packets.get(k), Some(Some(_))))
    };
    let uncounted = |t: &Table| t.features.n_malformed + t.features.n_unattributed;
    let coverage = coverage(trials);
    coverage.clear > 0
        && coverage.opaque == 0
        && after_end(trials) == 0
        && trials.control_egress.crossed()
        && trials.stretches().all(watched)
        && trials.stretches().map(uncounted).sum::<u64>() == 0
}

pub(crate) fn per_min(bytes: u64, trials: &Trials) -> f64 {
    let minutes = trials.muted_s() / 60.0;
    if minutes > 0.0 {
        bytes as f64 / minutes
    } else {
        0.0
    }
}
