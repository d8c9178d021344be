//! What is played and when: a seed becomes coins ([`Key`]) and samples ([`Program`]).
//!
//! Everything here is a pure function of the seed and of the public [`record::Protocol`], so what
//! was played can be made again, to the sample, when a bundle is judged.
//!
//! Only the fast code exists. A medium and a slow code (STATISTICS.md, Schedule) would each be
//! another key drawn under a domain of its own, and the gain of a moment a function of all keys;
//! nothing outside of [`Program`] would notice.
#![forbid(unsafe_code)]

mod key;
mod profiles;
mod program;
mod seed;
mod voice;

pub use key::{Key, MAX_BLOCKS, MAX_SYMBOLS};
pub use profiles::{BLOCK_NS, PROFILES, PROTOCOL_VERSION, profile};
pub use program::{Program, RAMP_NS, block_samples, gain, level_dbfs, reference};
pub use seed::{BadSeed, Seed};
