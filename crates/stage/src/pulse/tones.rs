//! Short marks that a person hears.

use std::io;
use std::path::Path;

use pulse::protocol::{self, Command, Prop, Props};

use super::{Connection, Message, RATE_HZ, bytes_of_ms, mono_f32, name};

/// Length of a tone, and from one to the next, samples.
const TONE: usize = RATE_HZ as usize / 8;
const EVERY: usize = RATE_HZ as usize / 3;

/// Plays so many tones in `sink` of the server at `socket`, and waits until they were heard.
pub fn play_tones(socket: &Path, sink: &str, tones: usize) -> io::Result<()> {
    let mut connection = Connection::open(socket)?;
    let (sample_spec, channel_map) = mono_f32();
    let mut props = Props::new();
    props.set(Prop::MediaName, c"mark");
    let reply: protocol::CreatePlaybackStreamReply = connection.ask(
        Command::CreatePlaybackStream(protocol::PlaybackStreamParams {
            sample_spec,
            channel_map,
            sink_name: Some(name(sink)),
            cvolume: Some(protocol::ChannelVolume::norm(1)),
            buffer_attr: protocol::stream::BufferAttr {
                max_length: bytes_of_ms(4_000),
                target_length: bytes_of_ms(2_000),
                pre_buffering: size_of::<f32>() as u32,
                minimum_request_length: bytes_of_ms(20),
                fragment_size: u32::MAX,
            },
            props,
            ..Default::default()
        }),
    )?;
    let bytes: Vec<u8> = samples(tones)
        .into_iter()
        .flat_map(f32::to_le_bytes)
        .collect();
    let mut left = &bytes[..];
    let mut room = reply.requested_bytes as usize;
    while !left.is_empty() {
        let (now, later) = left.split_at(room.min(left.len()));
        if !now.is_empty() {
            connection.write_samples(reply.channel, now)?;
        }
        left = later;
        room = 0;
        while !left.is_empty() && room == 0 {
            if let Message::Command {
                command: Command::Request(request),
                ..
            } = connection.read()?
            {
                room = request.length as usize;
            }
        }
    }
    // Answered once the last sample was played.
    connection.tell(Command::DrainPlaybackStream(reply.channel))
}

/// So many tones of 880 Hz, one after the other.
pub fn samples(tones: usize) -> Vec<f32> {
    let mut out = vec![0.0; tones * EVERY];
    for tone in out.chunks_mut(EVERY) {
        for (i, sample) in tone.iter_mut().take(TONE).enumerate() {
            let turns = i as f32 * 880.0 / RATE_HZ as f32;
            *sample = 0.2 * (turns * std::f32::consts::TAU).sin();
        }
    }
    out
}
