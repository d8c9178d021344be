//! Verified silence: a source is recorded for a moment, and every sample has to be zero.

use std::io;
use std::time::{Duration, Instant};

use pulse::protocol::stream::{BufferAttr, StreamFlags};
use pulse::protocol::{
    self, ChannelMap, Command, CreateRecordStreamReply, RecordStreamParams, SampleFormat,
    SampleSpec,
};
use pulse::{Connection, Message};
use switch::{NotRecorded, Proof};

use crate::SoundPlace;
use crate::sound::connect;

const RATE_HZ: u32 = 48_000;

/// So much has to be zero in one piece.
const SILENT_SAMPLES: u64 = (RATE_HZ / 1000 * 200) as u64;

/// It is recorded for at least so long: what a server has in stock when a stream begins is no recording.
const RECORDED_FOR: Duration = Duration::from_millis(200);

/// What was on its way when the source was muted may still arrive for so long.
const SETTLES_WITHIN: Duration = Duration::from_millis(400);

/// A source that gives no sample for so long gives none.
const GIVES_WITHIN: Duration = Duration::from_millis(1000);

/// Records the source and says what it gave. What was recorded is looked at and dropped.
pub fn listen(place: &SoundPlace, index: u32) -> Proof {
    let heard = connect(place)
        .map_err(|e| io::Error::other(e.to_string()))
        .and_then(|connection| record(connection, index));
    heard.unwrap_or_else(|e| match is_timeout(&e) {
        true => Proof::NotRecorded {
            because: unanswered(place, index),
        },
        false => Proof::Failed { why: e.to_string() },
    })
}

/// Why a server did not begin to record: PipeWire begins when it knows what the source gives, and a suspended one
/// that nobody drives never says.
fn unanswered(place: &SoundPlace, index: u32) -> NotRecorded {
    let seconds = ANSWERS_WITHIN.as_secs();
    let info = connect(place).ok().and_then(|mut connection| {
        connection.answer_within(ANSWERS_WITHIN);
        let of = protocol::GetSourceInfo {
            index: Some(index),
            name: None,
        };
        let asked: io::Result<protocol::SourceInfo> = connection.ask(Command::GetSourceInfo(of));
        asked.ok()
    });
    match info.map(|info| info.state) {
        Some(protocol::SourceState::Suspended) => NotRecorded::Suspended { seconds },
        _ => NotRecorded::NoAnswer { seconds },
    }
}

/// A busy server takes its time until it records.
const ANSWERS_WITHIN: Duration = Duration::from_secs(3);

fn record(mut connection: Connection, index: u32) -> io::Result<Proof> {
    connection.socket().set_read_timeout(Some(ANSWERS_WITHIN))?;
    let stream = RecordStreamParams {
        sample_spec: SampleSpec {
            format: SampleFormat::Float32Le,
            channels: 1,
            sample_rate: RATE_HZ,
        },
        channel_map: ChannelMap::mono(),
        source_index: Some(index),
        buffer_attr: BufferAttr {
            max_length: u32::MAX,
            // 10 ms.
            fragment_size: RATE_HZ / 100 * 4,
            ..BufferAttr::default()
        },
        flags: StreamFlags {
            // A server that remembers streams may have been told to mute this one, or to put it
            // elsewhere: either would prove nothing.
            start_muted: Some(false),
            no_move: true,
            adjust_latency: true,
            ..StreamFlags::default()
        },
        cvolume: Some(protocol::ChannelVolume::norm(1)),
        props: own_props(),
        ..RecordStreamParams::default()
    };
    let reply: CreateRecordStreamReply = connection.ask(Command::CreateRecordStream(stream))?;
    let own: protocol::SourceOutputInfo =
        connection.ask(Command::GetSourceOutputInfo(reply.stream_index))?;
    let not = |because| Ok(Proof::NotRecorded { because });
    if own.muted || own.source_index != index {
        return not(NotRecorded::OtherThanAsked);
    }
    connection.socket().set_read_timeout(Some(GIVES_WITHIN))?;
    let begun = Instant::now();
    let (mut silent, mut peak) = (0u64, 0f32);
    loop {
        let bytes = match connection.read() {
            Ok(Message::Samples(bytes)) => bytes,
            Ok(Message::Command {
                command: Command::RecordStreamKilled(_),
                ..
            }) => return not(NotRecorded::Ended),
            Ok(_) => Vec::new(),
            Err(e) if is_timeout(&e) => return Ok(Proof::NoSamples),
            Err(e) => return Err(e),
        };
        let (quads, _) = bytes.as_chunks::<4>();
        for sample in quads.iter().map(|quad| f32::from_le_bytes(*quad)) {
            match sample == 0.0 {
                true => silent += 1,
                false => (silent, peak) = (0, sample.abs()),
            }
        }
        if silent >= SILENT_SAMPLES && begun.elapsed() >= RECORDED_FOR {
            return Ok(Proof::Silent { samples: silent });
        }
        let late = begun.elapsed() > SETTLES_WITHIN;
        if late && !quads.is_empty() && silent == 0 {
            return Ok(Proof::Hears { peak });
        }
        // Sound that comes and goes is sound; a source that gives next to nothing gave none.
        if begun.elapsed() > GIVES_WITHIN {
            return Ok(match peak > 0.0 {
                true => Proof::Hears { peak },
                false => Proof::NoSamples,
            });
        }
    }
}

fn own_props() -> protocol::Props {
    let mut props = protocol::Props::new();
    props.set(protocol::Prop::ApplicationName, pulse::OWN_NAME);
    props.set(protocol::Prop::MediaName, c"is it silent?");
    props
}

fn is_timeout(e: &io::Error) -> bool {
    matches!(
        e.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
    )
}
