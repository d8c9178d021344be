//! Dice for tests and benchmarks: seeded, so that every run is the same.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

pub struct Dice(ChaCha8Rng);

#[allow(dead_code)]
impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Uniform in 0..1, never 0 or 1.
    pub fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Poisson with mean `rate`, by multiplying (Knuth); for small rates.
    pub fn poisson(&mut self, rate: f64) -> f64 {
        let (mut n, mut product) = (0.0, self.unit());
        while product > (-rate).exp() {
            product *= self.unit();
            n += 1.0;
        }
        n
    }

    /// One of 0..n.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    pub fn symbols(&mut self, n: usize, levels: u8) -> Vec<u8> {
        (0..n)
            .map(|_| self.below(usize::from(levels)) as u8)
            .collect()
    }
}
