//! Bits that a block carries about its coin, and the number of blocks that follows.

/// Bits beyond threshold and choice of series that the bets pay for learning a series' two means
/// (docs/plan.md, "The formula").
const LEARNING_BITS: f64 = 3.0;

/// Mutual information, bits, of a fair coin and a normal value whose two means lie `d` standard
/// deviations apart. The log-likelihood ratio L of the value is normal with mean d^2/2 and
/// variance d^2 under the coin that fell, and the information is 1 - E log2(1 + exp(-L)).
pub fn shift_bits(d: f64) -> f64 {
    let d = d.abs();
    if !d.is_finite() {
        return 1.0;
    }
    // Beyond 9 standard deviations lie 1e-19 of the mass; the integrand is smooth, so the
    // trapezoid rule is exact to many digits.
    const STEP: f64 = 0.01;
    let density = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    let lost = |z: f64| log2_one_plus_exp(-(d * z + d * d / 2.0));
    let sum: f64 = (-900..=900)
        .map(|i| f64::from(i) * STEP)
        .map(|z| density(z) * lost(z))
        .sum();
    (1.0 - STEP * sum).clamp(0.0, 1.0)
}

fn log2_one_plus_exp(x: f64) -> f64 {
    let ln = if x > 0.0 {
        x + (-x).exp().ln_1p()
    } else {
        x.exp().ln_1p()
    };
    ln / std::f64::consts::LN_2
}

/// Mutual information, bits, of a fair coin and a flag that names it, wrong in a share `wrong` of
/// the blocks (a binary symmetric channel).
pub fn flag_bits(wrong: f64) -> f64 {
    let part = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    (1.0 - part(wrong) - part(1.0 - wrong)).clamp(0.0, 1.0)
}

/// What a signal has to stand out from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// The declared false-alarm rate.
    pub alpha: f64,
    /// Other series that are bet on with the same code.
    pub series: u32,
    /// Codes that are played at once: each brings its own bets on all series.
    pub codes: u32,
}

impl Setting {
    /// Bets that share the stake.
    pub fn experts(&self) -> f64 {
        f64::from(self.series.max(1)) * f64::from(self.codes.max(1))
    }

    /// Bits that have to be won: log2(1/alpha) + log2 J + 3.
    pub fn bits(&self) -> f64 {
        -self.alpha.log2() + self.experts().log2() + LEARNING_BITS
    }

    /// Blocks in which a signal of so many bits a block is found about: infinite for none.
    pub fn blocks(&self, bits_a_block: f64) -> f64 {
        self.bits() / bits_a_block
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference: docs/plan.md, "The formula".
    #[test]
    fn the_shift_has_the_reference_information() {
        for (d, bits) in [
            (0.5, 0.044),
            (1.0, 0.161),
            (2.0, 0.486),
            (3.0, 0.760),
            (4.0, 0.913),
        ] {
            assert!(
                (shift_bits(d) - bits).abs() < 6e-4,
                "{d}: {}",
                shift_bits(d)
            );
            assert_eq!(shift_bits(-d), shift_bits(d));
        }
        assert_eq!(shift_bits(0.0), 0.0);
        assert!(shift_bits(20.0) > 0.999_999 && shift_bits(f64::INFINITY) == 1.0);
        // Small shifts: d^2 / (8 ln 2), from the series of the integrand.
        let small = 0.01f64.powi(2) / (8.0 * std::f64::consts::LN_2);
        assert!((shift_bits(0.01) / small - 1.0).abs() < 1e-3);
    }

    /// Reference: 1 - h2(0.11) = 0.5001 (any table of the binary entropy).
    #[test]
    fn the_flag_has_the_reference_information() {
        assert_eq!((flag_bits(0.0), flag_bits(1.0)), (1.0, 1.0));
        assert_eq!(flag_bits(0.5), 0.0);
        assert!((flag_bits(0.11) - 0.5001).abs() < 1e-4);
        assert!((flag_bits(0.2) - flag_bits(0.8)).abs() < 1e-12);
    }

    /// The formula by hand: (9.9658 + log2 J + 3) / I.
    #[test]
    fn the_number_of_blocks_follows() {
        let setting = |series, codes| Setting {
            alpha: 0.001,
            series,
            codes,
        };
        assert!((setting(25, 1).blocks(0.913) - 19.287).abs() < 1e-3);
        assert!((setting(200, 1).blocks(0.161) - 128.010).abs() < 1e-3);
        assert!((setting(1, 1).blocks(1.0) - 12.966).abs() < 1e-3);
        // Three codes at once are three times as many bets.
        let three = setting(200, 3).bits() - setting(200, 1).bits();
        assert!((three - 3f64.log2()).abs() < 1e-12);
        assert_eq!(setting(200, 1).blocks(0.0), f64::INFINITY);
    }
}
