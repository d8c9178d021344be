//! The session's clock.

use nix::time::{ClockId, clock_gettime};
use record::{Body, MonotonicNs};

/// Now, on `CLOCK_MONOTONIC`.
pub fn now() -> MonotonicNs {
    MonotonicNs(read(ClockId::CLOCK_MONOTONIC))
}

fn read(clock: ClockId) -> u64 {
    // Both clocks exist on every Linux, so this cannot fail.
    let t = clock_gettime(clock).expect("the clock exists");
    t.tv_sec() as u64 * 1_000_000_000 + t.tv_nsec() as u64
}

/// How far wall time is ahead of [`now`], nanoseconds: close enough to compare times by, not to judge by.
pub fn realtime_ahead_ns() -> i64 {
    read(ClockId::CLOCK_REALTIME) as i64 - read(ClockId::CLOCK_MONOTONIC) as i64
}

/// Wall time beside monotonic time: the narrowest of 16 brackets.
pub fn clock_pair() -> (MonotonicNs, Body) {
    let bracket = || {
        let before = read(ClockId::CLOCK_MONOTONIC);
        let realtime_ns = read(ClockId::CLOCK_REALTIME);
        let after = read(ClockId::CLOCK_MONOTONIC);
        (after - before, before + (after - before) / 2, realtime_ns)
    };
    let (bracket_ns, t, realtime_ns) = (0..16)
        .map(|_| bracket())
        .min()
        .expect("sixteen are not none");
    (
        MonotonicNs(t),
        Body::ClockPair {
            realtime_ns,
            bracket_ns,
        },
    )
}
