//! Apps with a known answer: a [`Scene`] becomes the records and packets that a stage would have
//! written, without kernel, sound server or clock.
//!
//! What is true of a scene is known by construction, so the whole chain from packets to verdict
//! can be held against it, and its false-alarm rate be counted over as many scenes as one likes.
//!
//! ```
//! use simulate::{Microphone, Sends, scene};
//! let recording = scene(1).blocks(45, 60).muted(Sends::Level, Microphone::Running).record();
//! assert!(recording.packets.len() > 1_000);
//! ```
#![forbid(unsafe_code)]

mod attention;
mod log;
mod plaintext;
mod scene;
mod telemetry;
mod traffic;

pub use scene::{MakeRecordings, Microphone, Recording, Scene, Sound, scene};
pub use telemetry::Way;
pub use traffic::Sends;
