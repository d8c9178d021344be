/// Rate at which everything is decoded, samples a second.
pub const RATE_HZ: u32 = 48_000;

/// Longest packet, samples: 120 ms (RFC 6716, section 3.2.5).
pub(super) const SAMPLES_MAX: usize = RATE_HZ as usize * 120 / 1_000;

/// Ticks of one frame by what a packet's first byte says of it (RFC 6716, section 3.1, table 2): SILK 10,
/// 20, 40, 60 ms; hybrid 10, 20; CELT 2.5, 5, 10, 20.
const FRAME_TICKS: [u16; 32] = {
    let mut ticks = [0; 32];
    let mut config = 0;
    while config < 32 {
        ticks[config] = match config {
            0..12 => [480, 960, 1_920, 2_880][config % 4],
            12..16 => [480, 960][config % 2],
            _ => [120, 240, 480, 960][config % 4],
        };
        config += 1;
    }
    ticks
};

/// How long a packet's sound lasts, in ticks of 1/48,000 s, by its first two bytes (RFC 6716, section
/// 3.1); `None` for a packet of more than 120 ms, which there is none.
#[inline]
pub fn ticks(first: u16) -> Option<u32> {
    let [toc, count] = first.to_be_bytes();
    // A table and no branch: of what is encrypted, no byte can be foretold.
    let frames = [1, 2, 2, count & 63][usize::from(toc & 3)];
    let ticks = u32::from(FRAME_TICKS[usize::from(toc >> 3)]) * u32::from(frames);
    (1..=SAMPLES_MAX as u32).contains(&ticks).then_some(ticks)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_first_two_bytes_say_how_long_it_lasts() {
        // CELT 20 ms, SILK 60 ms, hybrid 10 ms twice, CELT 2.5 ms five times.
        for (first, ticks) in [(0xF800, 960), (0x1800, 2_880), (0x6100, 960), (0xE305, 600)] {
            assert_eq!(super::ticks(first), Some(ticks), "{first:#x}");
        }
        assert_eq!((super::ticks(0xFB07), super::ticks(0xFB00)), (None, None));
    }
}
