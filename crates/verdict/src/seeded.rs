//! Dice for the gates that try the test on coins that were never played. Seeded by the session's own seed,
//! so that the same bundle gives the same judgement, and apart from its coins.

use dice::Dice;
use stimulus::Seed;

/// Dice for one purpose; the number tells its tries apart.
pub(crate) fn seeded_dice(seed: &Seed, purpose: u8, number: u32) -> Dice {
    let mut bytes = seed.0;
    bytes[0] ^= 0xa5;
    bytes[1] ^= purpose;
    let number = bytes[2..6].iter_mut().zip(number.to_le_bytes());
    number.for_each(|(byte, n)| *byte ^= n);
    Dice::from_seed(bytes)
}
