use verdict::Aligned;

/// By how much a capture's clock is off the schedule's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClockShift {
    /// Wall time at which the schedule began: drift counts from there.
    pub began: u64,
    /// The offset, and how it was found.
    pub aligned: Aligned,
    /// How much faster the capture's clock runs, parts in 10^9.
    pub drift_ppb: i64,
    /// How many drifts were tried.
    pub drifts: u32,
}

impl ClockShift {
    /// Wall time by the schedule's clock of a moment by the capture's.
    pub(crate) fn wall(&self, t: u64) -> u64 {
        let since = i128::from(t) - i128::from(self.began);
        let late = since * i128::from(self.drift_ppb) / 1_000_000_000;
        t.saturating_add_signed(self.aligned.offset_ns - late as i64)
    }
}
