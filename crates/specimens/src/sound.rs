//! A specimen's microphone and loudspeaker.

use std::collections::VecDeque;
use std::ffi::CStr;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use futures::executor::block_on;
use pulseaudio::protocol::{self, stream};
use pulseaudio::{AsPlaybackSource, Client, ClientError, PlaybackStream, RecordStream};

use crate::jack;
use crate::library::SimpleReader;

pub const RATE_HZ: u32 = 48_000;

/// Samples in 20 ms, the length of a voice frame.
pub const FRAME: usize = RATE_HZ as usize / 50;

type Queue = Arc<Mutex<VecDeque<f32>>>;

/// A specimen does not hold more than this: half a second.
const QUEUE_MAX: usize = RATE_HZ as usize / 2;

/// How the one that lies about who it is reads the microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum By {
    /// PulseAudio's protocol, spoken by itself.
    Protocol,
    /// A library for it.
    Library,
    /// Another process, whose output it reads.
    Process,
    /// PipeWire's own protocol.
    Pipewire,
    /// JACK.
    Jack,
}

/// What the stage's own recorder calls itself and its stream (`crates/stage/src/pulse`).
const STAGE: (&CStr, &CStr) = (c"muteproof", c"read-back");

fn connect(name: &CStr) -> io::Result<Client> {
    let server = std::env::var("PULSE_SERVER").unwrap_or_default();
    let path = server
        .strip_prefix("unix:")
        .ok_or_else(|| io::Error::other("no PULSE_SERVER"))?;
    let socket = UnixStream::connect(path)?;
    // The stage's server lets everybody in, but wants a cookie of the right length.
    Client::new_unix(name, socket, Some([0u8; 256])).map_err(io::Error::other)
}

fn lock(queue: &Queue) -> std::sync::MutexGuard<'_, VecDeque<f32>> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds samples to a queue, and lets the oldest go.
fn push(queue: &Queue, samples: impl Iterator<Item = f32>) {
    let mut queue = lock(queue);
    queue.extend(samples);
    let excess = queue.len().saturating_sub(QUEUE_MAX);
    queue.drain(..excess);
}

fn spec() -> (protocol::SampleSpec, protocol::ChannelMap) {
    let format = protocol::SampleFormat::Float32Le;
    let spec = protocol::SampleSpec {
        format,
        channels: 1,
        sample_rate: RATE_HZ,
    };
    (spec, protocol::ChannelMap::mono())
}

fn flags() -> stream::StreamFlags {
    stream::StreamFlags {
        adjust_latency: true,
        ..Default::default()
    }
}

/// The microphone: open or closed.
pub struct Microphone {
    client: Client,
    stream: Option<RecordStream>,
    stream_name: Option<&'static CStr>,
    heard: Queue,
    application_id: Option<&'static CStr>,
    by_library: bool,
    reads: bool,
}

impl Microphone {
    /// By a library that is loaded at the first use, or by the sound protocol itself.
    pub fn new(application_id: Option<&'static CStr>, by_library: bool) -> io::Result<Microphone> {
        Ok(Microphone {
            application_id,
            by_library,
            reads: false,
            client: connect(c"specimen")?,
            stream: None,
            stream_name: None,
            heard: Queue::default(),
        })
    }

    pub fn open(&mut self) -> io::Result<()> {
        if self.stream.is_some() || self.reads {
            return Ok(());
        }
        if self.by_library {
            self.reads = true;
            return self.read_by_library();
        }
        let (sample_spec, channel_map) = spec();
        let mut props = protocol::Props::new();
        if let Some(name) = self.stream_name {
            props.set(protocol::Prop::MediaName, name);
        }
        if let Some(id) = self.application_id {
            props.set(protocol::Prop::ApplicationId, id);
        }
        let params = protocol::RecordStreamParams {
            props,
            sample_spec,
            channel_map,
            source_name: Some(protocol::DEFAULT_SOURCE.to_owned()),
            buffer_attr: stream::BufferAttr {
                max_length: u32::MAX,
                fragment_size: (FRAME * size_of::<f32>()) as u32,
                ..Default::default()
            },
            flags: flags(),
            ..Default::default()
        };
        let heard = self.heard.clone();
        let sink = move |bytes: &[u8]| {
            let (quads, _) = bytes.as_chunks::<4>();
            push(&heard, quads.iter().map(|b| f32::from_le_bytes(*b)));
        };
        let stream = block_on(self.client.create_record_stream(params, sink));
        self.stream = Some(stream.map_err(io::Error::other)?);
        Ok(())
    }

    /// Reads from here on, in a thread of its own, until the process ends.
    fn read_by_library(&self) -> io::Result<()> {
        self.read_by_library_as((c"specimen", c"specimen"))
    }

    fn read_by_library_as(&self, (app, stream): (&CStr, &CStr)) -> io::Result<()> {
        let mut reader = SimpleReader::open(RATE_HZ, app, stream)?;
        let heard = self.heard.clone();
        thread::spawn(move || {
            let mut frame = vec![0.0; FRAME];
            while reader.read(&mut frame).is_ok() {
                push(&heard, frame.iter().copied());
            }
        });
        Ok(())
    }

    /// Reads under the names of the stage's own recorder from here on, until the process ends.
    pub fn read_as_the_stage_does(&mut self, by: By) -> io::Result<()> {
        if self.reads {
            return Ok(());
        }
        self.close()?;
        let (app, stream) = STAGE;
        match by {
            By::Protocol => {
                (self.client, self.stream_name) = (connect(app)?, Some(stream));
                self.open()?;
            }
            By::Library => self.read_by_library_as(STAGE)?,
            By::Process => {
                let mut parec = Command::new("parec");
                parec.args(["--raw", "--format=float32le", "--rate=48000"]);
                parec.args(["--channels=1", "--latency-msec=40"]);
                parec.args(["--client-name=muteproof", "--stream-name=read-back"]);
                self.read_from(parec)?;
            }
            By::Pipewire => {
                let mut record = Command::new("pw-record");
                record.args(["--format=f32", "--rate=48000", "--channels=1"]);
                record.args(["--latency=20ms", "-P"]);
                record
                    .arg("{ application.name=muteproof media.name=read-back node.name=muteproof }");
                record.arg("-");
                self.read_from(record)?;
            }
            By::Jack => {
                let heard = self.heard.clone();
                let on = Box::new(move |samples: &[f32]| push(&heard, samples.iter().copied()));
                jack::read(app, stream, on)?;
            }
        }
        self.reads = true;
        Ok(())
    }

    /// Hears what another program writes: floats.
    fn read_from(&self, mut command: Command) -> io::Result<()> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let heard = self.heard.clone();
        thread::spawn(move || {
            let mut frame = vec![0; FRAME * size_of::<f32>()];
            while output.read_exact(&mut frame).is_ok() {
                let (quads, _) = frame.as_chunks::<4>();
                push(&heard, quads.iter().map(|b| f32::from_le_bytes(*b)));
            }
            child.wait()
        });
        Ok(())
    }

    pub fn close(&mut self) -> io::Result<()> {
        if let Some(stream) = self.stream.take() {
            block_on(stream.delete()).map_err(|e: ClientError| io::Error::other(e))?;
            lock(&self.heard).clear();
        }
        Ok(())
    }

    /// Pauses its stream and goes on with it until then; gives how often.
    pub fn changes(&self, until: Instant) -> io::Result<u64> {
        let mut n = 0;
        while let Some(stream) = &self.stream
            && Instant::now() < until
        {
            block_on(stream.cork()).map_err(io::Error::other)?;
            block_on(stream.uncork()).map_err(io::Error::other)?;
            n += 2;
        }
        Ok(n)
    }

    /// The next 20 ms, silence where there is nothing.
    pub fn frame(&self) -> Vec<f32> {
        let mut heard = lock(&self.heard);
        // A backlog would only add delay.
        let excess = heard.len().saturating_sub(3 * FRAME);
        heard.drain(..excess);
        let n = heard.len().min(FRAME);
        let mut frame: Vec<f32> = heard.drain(..n).collect();
        frame.resize(FRAME, 0.0);
        frame
    }
}

/// The loudspeaker.
pub struct Loudspeaker {
    queue: Queue,
    _stream: PlaybackStream,
    _client: Client,
}

impl Loudspeaker {
    pub fn open() -> io::Result<Loudspeaker> {
        let client = connect(c"specimen")?;
        let queue = Queue::default();
        let played = queue.clone();
        let callback = move |out: &mut [u8]| {
            let mut queue = lock(&played);
            for quad in out.chunks_mut(4) {
                let sample = queue.pop_front().unwrap_or(0.0).to_le_bytes();
                quad.copy_from_slice(&sample[..quad.len()]);
            }
            out.len()
        };
        let (sample_spec, channel_map) = spec();
        let params = protocol::PlaybackStreamParams {
            sample_spec,
            channel_map,
            sink_name: Some(protocol::DEFAULT_SINK.to_owned()),
            cvolume: Some(protocol::ChannelVolume::norm(1)),
            buffer_attr: stream::BufferAttr {
                max_length: u32::MAX,
                target_length: (2 * FRAME * size_of::<f32>()) as u32,
                pre_buffering: 0,
                minimum_request_length: u32::MAX,
                fragment_size: u32::MAX,
            },
            flags: flags(),
            ..Default::default()
        };
        let stream = client.create_playback_stream(params, callback.as_playback_source());
        let stream = block_on(stream).map_err(io::Error::other)?;
        Ok(Loudspeaker {
            queue,
            _stream: stream,
            _client: client,
        })
    }

    pub fn play(&self, samples: impl Iterator<Item = f32>) {
        push(&self.queue, samples);
    }
}

/// What the sound server calls its default output.
pub fn output() -> io::Result<String> {
    let client = connect(c"specimen")?;
    let server = block_on(client.server_info()).map_err(io::Error::other)?;
    let name = server.default_sink_name.ok_or(io::ErrorKind::NotFound)?;
    let sink = block_on(client.sink_info_by_name(name)).map_err(io::Error::other)?;
    let called = sink.description.ok_or(io::ErrorKind::NotFound)?;
    Ok(called.to_string_lossy().into_owned())
}

/// RMS of a frame.
pub fn rms(frame: &[f32]) -> f32 {
    (frame.iter().map(|s| s * s).sum::<f32>() / frame.len().max(1) as f32).sqrt()
}
