//! What is played and when: a seed becomes coins ([`Key`]) and samples ([`Program`]).
//!
//! Everything here is a pure function of the seed and of the public [`record::Protocol`], so what
//! was played can be made again, to the sample, when a bundle is judged.
//!
//! Every code has a key of its own, drawn under a domain of its own; the gain of a moment is a
//! function of all keys, and nothing outside of [`Program`] notices.
#![forbid(unsafe_code)]

mod bands;
mod key;
mod profiles;
mod program;
mod seed;
mod voice;

pub use bands::{BAND_HOP_NS, BandMeter, bands_dbfs};
pub use key::{Key, MAX_BLOCKS, MAX_SYMBOLS, activities};
pub use profiles::{
    BLOCK_NS, PROFILES, PROTOCOL_VERSION, profile, with_attention, with_recordings,
    with_transitions,
};
pub use program::{Program, RAMP_NS, Recordings, block_samples, gain, level_dbfs, reference};
pub use seed::{BadSeed, Seed};
