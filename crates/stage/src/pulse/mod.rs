//! A small blocking client for the PulseAudio protocol (PipeWire's pulse server speaks it too).
//!
//! One thread and one connection for each stream: the audio path then waits for nothing but its
//! own socket. Messages are coded by the `pulseaudio` crate.

mod pace;
mod player;
mod recorder;
mod server;
mod tones;
mod view;

use std::ffi::{CStr, CString};
use std::io::{self, BufRead, BufReader, Cursor, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use pulseaudio::protocol::{self, Command, CommandReply, Descriptor, Prop, Props};

pub use player::{PlayerControl, PlayerEvent, start_player};
pub use recorder::{Meter, start_recorder};
pub use server::PulseAudio;
pub use tones::{play_tones, samples as tone_samples};
pub use view::PulseView;

/// Name by which muteproof's own clients are known at the servers.
pub const OWN_NAME: &CStr = c"muteproof";

/// Sample rate of every stream of ours, hertz.
pub const RATE_HZ: u32 = 48_000;

/// Buffer of every stream of ours, milliseconds: what keeps the path from player to microphone
/// under 40 ms (with the defaults it takes four seconds).
pub const BUFFER_MS: u32 = 20;

/// A server that does not answer for so long is not up: PipeWire's waits for its session manager.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

fn bytes_of_ms(ms: u32) -> u32 {
    RATE_HZ / 1000 * ms * size_of::<f32>() as u32
}

/// A connection after its handshake.
pub(crate) struct Connection {
    socket: BufReader<UnixStream>,
    version: u16,
    next_seq: u32,
}

/// What the server sent.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and none is kept"
)]
pub(crate) enum Message {
    /// A command or a reply (its body is the rest of the bytes).
    Command {
        seq: u32,
        command: Command,
        rest: Vec<u8>,
    },
    /// Samples of a record stream.
    Samples(Vec<u8>),
}

impl Connection {
    pub(crate) fn open(socket_path: &Path) -> io::Result<Connection> {
        let socket = UnixStream::connect(socket_path)?;
        socket.set_read_timeout(Some(HANDSHAKE_WITHIN))?;
        let mut connection = Connection {
            socket: BufReader::new(socket),
            version: protocol::MAX_VERSION,
            next_seq: 0,
        };
        let auth = protocol::AuthParams {
            version: protocol::MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            // The server lets everybody in, but wants a cookie of the right length.
            cookie: vec![0; 256],
        };
        let reply: protocol::AuthReply = connection.ask(Command::Auth(auth))?;
        connection.version = reply.version.min(protocol::MAX_VERSION);
        let mut props = Props::new();
        props.set(Prop::ApplicationName, OWN_NAME);
        let _: protocol::SetClientNameReply = connection.ask(Command::SetClientName(props))?;
        connection.socket.get_ref().set_read_timeout(None)?;
        Ok(connection)
    }

    pub(crate) fn send(&mut self, command: Command) -> io::Result<u32> {
        let seq = self.next_seq;
        self.next_seq += 1;
        protocol::write_command_message(self.socket.get_mut(), seq, &command, self.version)
            .map_err(protocol_error)?;
        Ok(seq)
    }

    /// Sends a command and waits for its reply; anything else that arrives meanwhile is dropped.
    pub(crate) fn ask<R: CommandReply>(&mut self, command: Command) -> io::Result<R> {
        let sent = self.send(command)?;
        loop {
            let Message::Command { seq, command, rest } = self.read()? else {
                continue;
            };
            if seq == sent {
                return self.reply(command, &rest);
            }
        }
    }

    /// Decodes the body of a reply.
    pub(crate) fn reply<R: CommandReply>(&self, command: Command, rest: &[u8]) -> io::Result<R> {
        match command {
            Command::Reply => {
                let mut cursor = Cursor::new(rest);
                protocol::TagStructReader::new(&mut cursor, self.version)
                    .read()
                    .map_err(protocol_error)
            }
            Command::Error(e) => Err(io::Error::other(format!("the sound server says: {e}"))),
            other => Err(io::Error::other(format!(
                "unexpected answer {:?}",
                other.tag()
            ))),
        }
    }

    /// Waits for the next message.
    pub(crate) fn read(&mut self) -> io::Result<Message> {
        let descriptor: Descriptor =
            protocol::read_descriptor(&mut self.socket).map_err(protocol_error)?;
        // A block is at most the protocol's memory pool block; more is damage, not audio.
        if descriptor.length as usize > protocol::MAX_MEMBLOCKQ_LENGTH {
            return Err(io::Error::other(
                "a message longer than the protocol allows",
            ));
        }
        let mut body = vec![0; descriptor.length as usize];
        self.socket.read_exact(&mut body)?;
        if descriptor.channel != u32::MAX {
            return Ok(Message::Samples(body));
        }
        let mut cursor = Cursor::new(&body[..]);
        let (seq, command) =
            Command::read_tag_prefixed(&mut cursor, self.version).map_err(protocol_error)?;
        let mut rest = Vec::new();
        cursor.fill_buf()?;
        cursor.read_to_end(&mut rest)?;
        Ok(Message::Command { seq, command, rest })
    }

    pub(crate) fn write_samples(&mut self, channel: u32, bytes: &[u8]) -> io::Result<()> {
        protocol::write_memblock(self.socket.get_mut(), channel, bytes, 0)
            .map_err(protocol_error)?;
        self.socket.get_mut().flush()
    }
}

fn protocol_error(e: protocol::ProtocolError) -> io::Error {
    match e {
        protocol::ProtocolError::Io(e) => e,
        other => io::Error::other(other),
    }
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
