//! Seeded random numbers, below everything that simulates, tries or draws.
//!
//! What an audit plays and what a judgement tries are made again from their seeds years later: which bits
//! become which number may never change (a test holds the first of them).
#![forbid(unsafe_code)]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Dice: ChaCha with 8 rounds from a seed of 32 bytes.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// From a whole seed.
    pub fn from_seed(seed: [u8; 32]) -> Dice {
        Dice(ChaCha8Rng::from_seed(seed))
    }

    /// A stream of its own for each seed, purpose and number: their bytes, the lowest first.
    pub fn new(seed: u64, purpose: u64, number: u64) -> Dice {
        let mut bytes = [0; 32];
        let parts = [seed, purpose, number];
        let each = bytes.chunks_mut(8).zip(parts);
        each.for_each(|(chunk, part)| chunk.copy_from_slice(&part.to_le_bytes()));
        Dice::from_seed(bytes)
    }

    /// Uniform in 0..1, never 0 or 1.
    pub fn unit(&mut self) -> f64 {
        ((self.0.next_u64() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Uniform in a range.
    pub fn within(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.unit()
    }

    /// Standard normal (Box and Muller 1958).
    pub fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// One of 0..n; 0 where there is none.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Fair coins, 0 or 1.
    pub fn coins(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| (self.0.next_u64() >> 63) as u8).collect()
    }

    /// Symbols of so many levels, each as likely.
    pub fn symbols(&mut self, n: usize, levels: u8) -> Vec<u8> {
        let mut symbols = vec![0; n];
        self.fill(&mut symbols, levels);
        symbols
    }

    /// Likewise, into a slice.
    pub fn fill(&mut self, symbols: &mut [u8], levels: u8) {
        symbols
            .iter_mut()
            .for_each(|symbol| *symbol = self.below(usize::from(levels)) as u8);
    }

    /// Puts `items` in random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// The first `n` of `items` in random order.
    pub fn some_of<T>(&mut self, mut items: Vec<T>, n: usize) -> Vec<T> {
        let n = n.min(items.len());
        for i in 0..n {
            let j = i + self.below(items.len() - i);
            items.swap(i, j);
        }
        items.truncate(n);
        items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded sessions are made again from these.
    #[test]
    fn the_same_seed_gives_the_same_numbers_for_ever() {
        let mut dice = Dice::new(1, 2, 3);
        let units: Vec<String> = (0..3).map(|_| format!("{:.12}", dice.unit())).collect();
        assert_eq!(units, UNITS);
        let mut dice = Dice::from_seed([7; 32]);
        let mut order: Vec<u8> = (0..8).collect();
        dice.shuffle(&mut order);
        assert_eq!((order, dice.coins(8)), (ORDER.to_vec(), COINS.to_vec()));
    }

    const UNITS: [&str; 3] = ["0.801391602956", "0.066811106094", "0.119018301176"];
    const ORDER: [u8; 8] = [3, 4, 0, 2, 6, 7, 5, 1];
    const COINS: [u8; 8] = [1, 1, 1, 0, 1, 1, 1, 0];

    #[test]
    fn the_bounds_are_kept() {
        let mut dice = Dice::new(5, 0, 0);
        assert_eq!(dice.below(0), 0);
        for _ in 0..10_000 {
            let (unit, below, within) = (dice.unit(), dice.below(3), dice.within(2.0, 4.0));
            assert!(unit > 0.0 && unit < 1.0 && below < 3 && (2.0..4.0).contains(&within));
        }
        let mut some = dice.some_of((0..9).collect::<Vec<_>>(), 4);
        some.sort();
        some.dedup();
        assert_eq!(some.len(), 4);
    }
}
