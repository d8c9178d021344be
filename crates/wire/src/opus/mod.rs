//! Opus (RFC 6716) in RTP (RFC 7587) without encryption: whether a flow is that, and how it sounds.

mod decoder;
mod plausibility;
mod ticks;

pub use decoder::Decoder;
pub use plausibility::Plausibility;
pub use ticks::{RATE_HZ, ticks};
