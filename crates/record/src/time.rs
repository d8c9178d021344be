use serde::{Deserialize, Serialize};

/// A moment: nanoseconds of `CLOCK_MONOTONIC` (the clock of `bpf_ktime_get_ns`).
///
/// Packet stamps come in wall time; the bundle converts them by the session's clock pairs, so
/// every moment below the bundle is of this clock.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MonotonicNs(pub u64);

impl MonotonicNs {
    /// The moment `ns` nanoseconds later (negative: earlier), clamped to the clock's range.
    pub fn offset(self, ns: i64) -> MonotonicNs {
        MonotonicNs(self.0.saturating_add_signed(ns))
    }

    /// Nanoseconds from `earlier` to `self`; negative if `self` is the earlier one.
    pub fn since(self, earlier: MonotonicNs) -> i64 {
        self.0 as i64 - earlier.0 as i64
    }
}

/// A half-open stretch of time: `from` belongs to it, `to` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Span {
    /// First moment inside.
    pub from: MonotonicNs,
    /// First moment after.
    pub to: MonotonicNs,
}

impl Span {
    /// Whether `t` lies inside.
    pub fn contains(&self, t: MonotonicNs) -> bool {
        self.from <= t && t < self.to
    }

    /// Whether the two share a moment.
    pub fn overlaps(&self, other: &Span) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Length in nanoseconds; 0 where `to` is not after `from`.
    pub fn len_ns(&self) -> u64 {
        self.to.0.saturating_sub(self.from.0)
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.len_ns() as f64 / 1e9
    }
}
