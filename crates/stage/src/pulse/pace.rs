//! Keeps a player on its time grid when the machine is busy.
//!
//! A server that runs out of samples plays silence and goes on later with what comes: everything
//! after it would be heard late, and late for good. The player therefore watches its lead (samples
//! handed over against time gone by). A lead that stays smaller than it was means that silence was
//! put in; the same number of samples is then left out, and later edges are heard in time again.

use std::collections::VecDeque;

use record::MonotonicNs;

/// A lead is judged over this long: scheduling makes single writes late, never early.
const WINDOW_NS: i64 = 200_000_000;

/// A lead smaller by less than this is jitter.
const TOLERANCE_NS: i64 = 8_000_000;

/// The lead of one player.
#[derive(Debug)]
pub(super) struct Pace {
    start: MonotonicNs,
    rate_hz: i64,
    handed_over: i64,
    /// (time, lead), newest last, over the last [`WINDOW_NS`].
    leads: VecDeque<(MonotonicNs, i64)>,
    /// The largest lead so far.
    usual_ns: i64,
}

impl Pace {
    pub fn new(start: MonotonicNs, rate_hz: u32) -> Pace {
        let rate_hz = i64::from(rate_hz);
        Pace {
            start,
            rate_hz,
            handed_over: 0,
            leads: VecDeque::new(),
            usual_ns: i64::MIN,
        }
    }

    /// Counts `n` samples handed over at `t`; gives how many of the next ones to leave out.
    pub fn handed_over(&mut self, t: MonotonicNs, n: usize) -> u64 {
        self.handed_over += n as i64;
        let lead = self.handed_over * 1_000_000_000 / self.rate_hz - t.since(self.start);
        self.leads.push_back((t, lead));
        while self
            .leads
            .front()
            .is_some_and(|(then, _)| t.since(*then) > WINDOW_NS)
        {
            self.leads.pop_front();
        }
        let best = self
            .leads
            .iter()
            .map(|(_, lead)| *lead)
            .max()
            .unwrap_or(lead);
        self.usual_ns = self.usual_ns.max(best);
        // Silence is only believed in after a whole window without the usual lead.
        let whole = self
            .leads
            .front()
            .is_some_and(|(then, _)| t.since(*then) > WINDOW_NS / 2);
        let behind_ns = self.usual_ns - best;
        if !whole || behind_ns < TOLERANCE_NS {
            return 0;
        }
        let skip = behind_ns * self.rate_hz / 1_000_000_000;
        self.handed_over += skip;
        self.leads.clear();
        skip as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes 10 ms every 10 ms, `late_ns` late each; returns what was to be left out.
    fn run(pace: &mut Pace, from_ms: u64, writes: u64, late_ns: impl Fn(u64) -> u64) -> u64 {
        (0..writes)
            .map(|k| {
                let t = MonotonicNs((from_ms + k * 10) * 1_000_000 + late_ns(k));
                pace.handed_over(t, 480)
            })
            .sum()
    }

    #[test]
    fn late_writes_alone_leave_nothing_out() {
        let mut pace = Pace::new(MonotonicNs(0), 48_000);
        assert_eq!(run(&mut pace, 0, 500, |k| (k * 7_919 % 9) * 1_000_000), 0);
    }

    #[test]
    fn silence_that_was_put_in_is_left_out_once() {
        let mut pace = Pace::new(MonotonicNs(0), 48_000);
        assert_eq!(run(&mut pace, 0, 100, |_| 0), 0);
        // The machine stood still for 90 ms: 4,320 samples of silence.
        assert_eq!(run(&mut pace, 1_090, 200, |_| 0), 4_320);
    }

    #[test]
    fn many_short_stalls_do_not_add_up() {
        let mut pace = Pace::new(MonotonicNs(0), 48_000);
        run(&mut pace, 0, 100, |_| 0);
        let mut at_ms = 1_000;
        let mut left_out = 0;
        for _ in 0..20 {
            at_ms += 15;
            left_out += run(&mut pace, at_ms, 60, |_| 0);
            at_ms += 600;
        }
        assert_eq!(left_out, 20 * 15 * 48);
    }
}
