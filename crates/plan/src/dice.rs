use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The seed of every plan: the same question gets the same answer. Declared once, never tried out.
const SEED: u64 = 1;

/// Seeded dice.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice of one session: a stream of its own for each purpose and number.
    pub(crate) fn new(purpose: u64, number: u64) -> Dice {
        let mut bytes = [0; 32];
        let each = bytes.chunks_mut(8).zip([SEED, purpose, number]);
        each.for_each(|(chunk, part)| chunk.copy_from_slice(&part.to_le_bytes()));
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

    /// Fair coins.
    pub(crate) fn coins(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| (self.0.next_u64() >> 63) as u8).collect()
    }
}
