//! Wealth that may grow or shrink by thousands of orders of magnitude, without a logarithm a step.

/// One unit of the exponent, as a factor: 2^256.
const UNIT: f64 = 1.157_920_892_373_162e77;

/// A positive number `mantissa * UNIT^exponent`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wealth {
    pub(crate) mantissa: f64,
    pub(crate) exponent: i32,
}

impl Wealth {
    pub(crate) fn new(value: f64) -> Wealth {
        Wealth {
            mantissa: value,
            exponent: 0,
        }
    }

    #[inline]
    pub(crate) fn times(&mut self, factor: f64) {
        self.mantissa *= factor;
        if self.mantissa > UNIT {
            self.mantissa /= UNIT;
            self.exponent += 1;
        } else if self.mantissa < 1.0 / UNIT && self.mantissa > 0.0 {
            self.mantissa *= UNIT;
            self.exponent -= 1;
        }
    }
}

/// Sums of wealth for each block and symbol: what the mixture staked on each symbol.
#[derive(Debug, Clone)]
pub(crate) struct Stakes {
    levels: usize,
    sums: Vec<f64>,
    exponents: Vec<i32>,
}

impl Stakes {
    pub(crate) fn new(n_blocks: usize, levels: usize) -> Stakes {
        let (sums, exponents) = (vec![0.0; n_blocks * levels], vec![i32::MIN; n_blocks]);
        Stakes {
            levels,
            sums,
            exponents,
        }
    }

    pub(crate) fn n_blocks(&self) -> usize {
        self.exponents.len()
    }

    /// Makes room for one more block.
    pub(crate) fn push(&mut self) {
        self.sums.extend(std::iter::repeat_n(0.0, self.levels));
        self.exponents.push(i32::MIN);
    }

    /// Adds `stake * wealth * q[symbol]` to each symbol of `block`.
    #[inline]
    pub(crate) fn add(&mut self, block: usize, stake: f64, wealth: Wealth, q: &[f64]) {
        let sums = &mut self.sums[block * self.levels..(block + 1) * self.levels];
        let exponent = &mut self.exponents[block];
        let mut scale = stake * wealth.mantissa;
        if *exponent != wealth.exponent {
            if *exponent == i32::MIN {
                *exponent = wealth.exponent;
            } else if wealth.exponent > *exponent {
                let down = UNIT.powi(*exponent - wealth.exponent);
                sums.iter_mut().for_each(|s| *s *= down);
                *exponent = wealth.exponent;
            } else {
                scale *= UNIT.powi(wealth.exponent - *exponent);
            }
        }
        sums.iter_mut().zip(q).for_each(|(s, q)| *s += scale * q);
    }

    /// Adds everything that another mixture staked.
    pub(crate) fn merge(&mut self, other: &Stakes) {
        for block in 0..self.n_blocks() {
            let q = &other.sums[block * self.levels..(block + 1) * self.levels];
            if other.exponents[block] != i32::MIN {
                let one = Wealth {
                    mantissa: 1.0,
                    exponent: other.exponents[block],
                };
                self.add(block, 1.0, one, q);
            }
        }
    }

    /// ln of what was staked on `symbol` in `block`.
    pub(crate) fn ln(&self, block: usize, symbol: u8) -> f64 {
        let sum = self.sums[block * self.levels + usize::from(symbol)];
        sum.ln() + f64::from(self.exponents[block].max(-1_000_000)) * UNIT.ln()
    }

    /// ln of what was staked on each symbol of `block`.
    pub(crate) fn logs(&self, block: usize) -> Vec<f64> {
        (0..self.levels as u8)
            .map(|symbol| self.ln(block, symbol))
            .collect()
    }

    /// The symbol with the highest stake; the lowest of equals.
    pub(crate) fn favourite(&self, block: usize) -> u8 {
        let sums = &self.sums[block * self.levels..(block + 1) * self.levels];
        let mut best = 0;
        for (symbol, sum) in sums.iter().enumerate() {
            // A hair's breadth is rounding, not an opinion.
            if *sum > sums[best] * (1.0 + 1e-12) {
                best = symbol;
            }
        }
        best as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wealth_survives_thousands_of_wins_and_losses() {
        let mut stakes = Stakes::new(1, 2);
        let mut rich = Wealth::new(1.0);
        let mut poor = Wealth::new(1.0);
        for _ in 0..5_000 {
            rich.times(1.98);
            poor.times(0.02);
        }
        stakes.add(0, 0.5, poor, &[0.5, 0.5]);
        let ln_poor = 5_000.0 * 0.02f64.ln() + 0.25f64.ln();
        assert!((stakes.ln(0, 1) - ln_poor).abs() < 1e-6);
        stakes.add(0, 0.5, rich, &[0.9, 0.1]);
        let ln_rich = 5_000.0 * 1.98f64.ln() + 0.5f64.ln() + 0.1f64.ln();
        assert!((stakes.ln(0, 1) - ln_rich).abs() < 1e-6);
        assert_eq!(stakes.favourite(0), 0);
        let mut both = Stakes::new(1, 2);
        both.add(0, 0.5, poor, &[0.5, 0.5]);
        both.merge(&stakes);
        assert!((both.ln(0, 1) - ln_rich).abs() < 1e-6);
        both.merge(&Stakes::new(1, 2));
        assert!((both.ln(0, 1) - ln_rich).abs() < 1e-6);
    }
}
