//! G.711 decoding (ITU-T G.711): one byte, one sample at 8 kHz, full scale ±1.

/// Samples a second of G.711.
pub const SAMPLE_RATE_HZ: u32 = 8_000;

/// µ-law (PCMU, RTP payload type 0): the sample of each code.
pub static MU_LAW: [f32; 256] = mu_law_table();

/// A-law (PCMA, RTP payload type 8): the sample of each code.
pub static A_LAW: [f32; 256] = a_law_table();

const fn mu_law_table() -> [f32; 256] {
    let mut out = [0.0; 256];
    let mut code = 0;
    while code < 256 {
        out[code] = mu_law(code as u8) as f32 / 32_768.0;
        code += 1;
    }
    out
}

const fn a_law_table() -> [f32; 256] {
    let mut out = [0.0; 256];
    let mut code = 0;
    while code < 256 {
        out[code] = a_law(code as u8) as f32 / 32_768.0;
        code += 1;
    }
    out
}

/// 14-bit value, scaled to 16: all bits are inverted on the line; 132 is the encoder's bias.
const fn mu_law(code: u8) -> i32 {
    let bits = !code as i32;
    let segment = (bits >> 4) & 7;
    let magnitude = ((((bits & 15) << 3) + 132) << segment) - 132;
    if bits & 0x80 != 0 {
        -magnitude
    } else {
        magnitude
    }
}

/// 13-bit value, scaled to 16: every other bit is inverted on the line; a set sign bit is plus.
const fn a_law(code: u8) -> i32 {
    let bits = (code ^ 0x55) as i32;
    let step = ((bits & 15) << 4) + 8;
    let magnitude = match (bits >> 4) & 7 {
        0 => step,
        segment => (step + 256) << (segment - 1),
    };
    if bits & 0x80 != 0 {
        magnitude
    } else {
        -magnitude
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ends and the middle of both tables of ITU-T G.711, scaled to 16 bits.
    #[test]
    fn known_codes() {
        let mu = |code: u8| MU_LAW[usize::from(code)] * 32_768.0;
        let a = |code: u8| A_LAW[usize::from(code)] * 32_768.0;
        assert_eq!(
            [mu(0x00), mu(0x80), mu(0xFF), mu(0x7F)],
            [-32_124.0, 32_124.0, 0.0, 0.0]
        );
        assert_eq!([mu(0xFE), mu(0x7E), mu(0xEF)], [8.0, -8.0, 132.0]);
        assert_eq!(
            [a(0x2A), a(0xAA), a(0xD5), a(0x55)],
            [-32_256.0, 32_256.0, 8.0, -8.0]
        );
        assert_eq!([a(0xD4), a(0xC5), a(0xF5)], [24.0, 264.0, 528.0]);
    }

    #[test]
    fn both_tables_are_symmetric_and_monotonic() {
        for code in 0..128usize {
            assert_eq!(MU_LAW[code], -MU_LAW[code + 128]);
            assert_eq!(A_LAW[code], -A_LAW[code + 128]);
        }
        assert!((0x80..0xFF).all(|code| MU_LAW[code] > MU_LAW[code + 1]));
        let rising: Vec<f32> = (0x80u8..=0xFF)
            .map(|c| A_LAW[usize::from(c ^ 0x55)])
            .collect();
        assert!(rising.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
