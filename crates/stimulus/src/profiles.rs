use record::Protocol;

/// Version of the rules that make samples and coins out of a seed.
pub const PROTOCOL_VERSION: u32 = 1;

/// Length of a block of the fast code. Long enough for lookahead, jitter buffers and voice
/// activity hangover to settle within it, short enough for 60 coins in a minute.
pub const BLOCK_NS: u64 = 1_000_000_000;

/// Every profile: name, control time and muted time in seconds.
pub const PROFILES: [(&str, u32, u32); 4] = [
    ("smoke", 45, 60),
    ("quick", 90, 180),
    ("standard", 90, 30 * 60),
    ("full", 90, 60 * 60),
];

/// The protocol of a named profile: `smoke` (for CI), `quick`, `standard`, `full`; `None` for
/// any other name.
pub fn profile(name: &str) -> Option<Protocol> {
    let &(_, control_s, muted_s) = PROFILES.iter().find(|(n, ..)| *n == name)?;
    let blocks = |seconds: u32| (u64::from(seconds) * 1_000_000_000 / BLOCK_NS) as u32;
    Some(Protocol {
        version: PROTOCOL_VERSION,
        sample_rate_hz: 48_000,
        symbols: 2,
        block_ns: BLOCK_NS,
        control_blocks: blocks(control_s),
        muted_blocks: blocks(muted_s),
        guard_ns: 200_000_000,
        high_dbfs: -20.0,
        // Not digital silence: an app that treats exact zeros as an unplugged microphone would
        // answer to that instead of to loudness.
        low_dbfs: -75.0,
        alpha: 0.001,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_as_declared() {
        let smoke = profile("smoke").unwrap();
        assert_eq!((smoke.control_blocks, smoke.muted_blocks), (45, 60));
        assert_eq!(profile("full").unwrap().muted_blocks, 3600);
        assert_eq!(profile("quick").unwrap().control_blocks, 90);
        assert!(profile("").is_none());
    }
}
