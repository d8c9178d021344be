//! What an attacker learns from whatever leaks: which activity went on at the muted microphone.
//!
//! From a leaked series (a value a minute, a level every 20 ms, packet sizes) features are made of
//! windows ([`features`]), a forest names the activity ([`classify`]), and how often it is right is
//! said for sounds it has never heard ([`evaluate`]): windows of one recording never stand on both
//! sides, because [`Folds`] can only be made from sources. For telemetry that nobody sent yet,
//! [`scene`] plays sounds in a simulated room and [`telemetry`] says what a client would have sent.
//!
//! Pure: no clock, files, threads or dice without a seed.
#![forbid(unsafe_code)]

pub mod classify;
mod corpus;
mod error;
pub mod evaluate;
pub mod features;
mod folds;
mod intervals;
pub mod scene;
mod series;
pub mod synthetic;
pub mod telemetry;

pub use corpus::{Corpus, Loudness, Plan, Sitting, Sound};
pub use error::Error;
pub use evaluate::{Outcome, Paired, WindowSplit};
pub use features::{Features, Set};
pub use folds::Folds;
pub use intervals::Interval;
pub use series::{Channel, Series};
