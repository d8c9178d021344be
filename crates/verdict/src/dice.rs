//! Random draws of the session's own, apart from its coins.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use stimulus::Seed;

/// Dice for the gates that try the test on coins that were never played. Seeded by the session's
/// own seed, so that the same bundle gives the same judgement, and apart from its coins.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice for one purpose; the number tells its tries apart.
    pub(crate) fn new(seed: &Seed, purpose: u8, number: u32) -> Dice {
        let mut bytes = seed.0;
        bytes[0] ^= 0xa5;
        bytes[1] ^= purpose;
        let number = bytes[2..6].iter_mut().zip(number.to_le_bytes());
        number.for_each(|(byte, n)| *byte ^= n);
        Dice(ChaCha8Rng::from_seed(bytes))
    }

    /// Uniform in 0..1, never 0 or 1.
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Standard normal.
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// One of 0..n.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Symbols of so many levels.
    pub(crate) fn symbols(&mut self, n: usize, levels: u8) -> Vec<u8> {
        let mut symbols = vec![0; n];
        self.fill(&mut symbols, levels);
        symbols
    }

    /// Likewise, into a slice.
    pub(crate) fn fill(&mut self, symbols: &mut [u8], levels: u8) {
        symbols
            .iter_mut()
            .for_each(|symbol| *symbol = self.below(usize::from(levels)) as u8);
    }

    /// The first `n` of `items` in random order.
    pub(crate) fn some_of<T>(&mut self, mut items: Vec<T>, n: usize) -> Vec<T> {
        let n = n.min(items.len());
        for i in 0..n {
            let j = i + self.below(items.len() - i);
            items.swap(i, j);
        }
        items.truncate(n);
        items
    }
}
