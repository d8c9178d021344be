//! When something left that nobody looked at.

use record::MonotonicNs;

/// When values left that nobody bets on, and how many.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unread(Vec<(MonotonicNs, u64)>);

/// Moments that are told apart to the nanosecond; those after them to ten milliseconds, which is far less than
/// a block's guard; and moments that are told apart at all.
const EXACT_MAX: usize = 100_000;
const NEAR_NS: u64 = 10_000_000;
const MOMENTS_MAX: usize = 1_000_000;

impl Unread {
    pub(crate) fn push(&mut self, t: MonotonicNs) {
        let n = self.0.len();
        if let Some((last, values)) = self.0.last_mut() {
            let apart = t.0.saturating_sub(last.0);
            let near = n >= EXACT_MAX && apart < NEAR_NS;
            if apart == 0 || near || n >= MOMENTS_MAX {
                *values += 1;
                return;
            }
        }
        self.0.push((t, 1));
    }

    /// How many of the values left at moments of which `at` is true.
    pub(crate) fn count(&self, at: impl Fn(MonotonicNs) -> bool) -> u64 {
        let at = self.0.iter().filter(|(t, _)| at(*t));
        at.map(|(_, values)| values).sum()
    }
}
