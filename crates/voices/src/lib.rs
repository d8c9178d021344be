//! Whose voice it is, as numbers: where speech is, what it sounds like, which clips sound alike.
//!
//! Pure: samples and the bytes of the models come in as arguments; no clock, files, threads or dice without
//! a seed.
#![forbid(unsafe_code)]

pub mod calibration;
mod campplus;
mod constants;
mod embedding;
mod error;
mod fbank;
mod groups;
mod judge;
mod matrix;
pub mod models;
mod silero;
mod speech;
mod weights;

pub use campplus::Campplus;
pub use embedding::Embedding;
pub use error::Error;
pub use fbank::{BANDS, Fbank};
pub use groups::{Groups, groups};
pub use judge::{
    Chance, Clip, Judged, LEAST_SPEECH_S, Owner, Said, Unclear, Voice, Why, judge, main_voice,
    same, several_odds,
};
pub use silero::{Listening, Silero, WINDOW};
pub use speech::{Ears, Heard, Listener, Models, Piece};

/// Samples a second of all sound here.
pub const RATE_HZ: u32 = 16_000;

/// Numbers of an embedding.
pub const DIMENSIONS: usize = 192;
