use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Seeded dice: the same figures every time.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// A stream of its own for each purpose and number.
    pub fn new(seed: u64, purpose: u64, number: u64) -> Dice {
        let mut bytes = [0; 32];
        let parts = [seed, purpose, number];
        let each = bytes.chunks_mut(8).zip(parts);
        each.for_each(|(chunk, part)| chunk.copy_from_slice(&part.to_le_bytes()));
        Dice(ChaCha8Rng::from_seed(bytes))
    }

    /// Uniform in 0..1, never 0 or 1.
    pub fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Uniform in a range.
    pub fn within(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// One of 0..n.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Puts `items` in random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}
