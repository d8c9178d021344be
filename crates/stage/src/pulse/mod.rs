//! muteproof's player, recorders and view of a side's sound server.
//!
//! One thread and one connection for each stream: the audio path then waits for nothing but its
//! own socket.

mod microphones;
mod pace;
mod player;
mod recorder;
mod server;
mod tones;
mod view;

use std::ffi::CString;

use pulse::protocol;
pub(crate) use pulse::{Connection, Message};

pub use microphones::Microphones;
pub use player::{PlayerControl, PlayerEvent, start_player};
pub use recorder::{Meter, start_recorder};
pub use server::PulseAudio;
pub use tones::{play_tones, samples as tone_samples};
pub use view::PulseView;

/// Sample rate of every stream of ours, hertz.
pub const RATE_HZ: u32 = 48_000;

/// Buffer of every stream of ours, milliseconds: what keeps the path from player to microphone
/// under 40 ms (with the defaults it takes four seconds).
pub const BUFFER_MS: u32 = 20;

fn bytes_of_ms(ms: u32) -> u32 {
    RATE_HZ / 1000 * ms * size_of::<f32>() as u32
}

fn mono_f32() -> (protocol::SampleSpec, protocol::ChannelMap) {
    let spec = protocol::SampleSpec {
        format: protocol::SampleFormat::Float32Le,
        channels: 1,
        sample_rate: RATE_HZ,
    };
    (spec, protocol::ChannelMap::mono())
}

fn name(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}
