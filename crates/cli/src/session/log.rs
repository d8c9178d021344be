//! The one writer: records and packets from all threads become the bundle here, in one order.

use std::io;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread::{self, JoinHandle};

use bundle::{CaptureFile, Seal, SealError, Writer};
use observe::Sink;
use record::{Body, Source, T};

use super::Event;

enum Item {
    Record(T, Source, Body),
    Packet {
        realtime_ns: u64,
        orig_len: u32,
        data: Vec<u8>,
    },
    Keys(Vec<u8>),
    Audio {
        name: String,
        data: Vec<u8>,
    },
    End,
}

/// Hands facts to the writer. Cheap to clone, one for each thread.
#[derive(Clone)]
pub(crate) struct Log {
    items: Sender<Item>,
}

impl Log {
    pub fn record(&self, t: T, source: Source, body: Body) {
        // A writer that has ended said so by its own event.
        let _ = self.items.send(Item::Record(t, source, body));
    }

    /// Lines of a TLS key log.
    pub fn keys(&self, lines: Vec<u8>) {
        let _ = self.items.send(Item::Keys(lines));
    }

    /// Sound that the app read; `name` is that of the stream's file.
    pub fn audio(&self, name: String, data: Vec<u8>) {
        let _ = self.items.send(Item::Audio { name, data });
    }
}

impl Sink for Log {
    fn record(&mut self, t: T, source: Source, body: Body) {
        Log::record(self, t, source, body);
    }

    fn packet(&mut self, realtime_ns: u64, orig_len: u32, data: &[u8]) {
        let _ = self.items.send(Item::Packet {
            realtime_ns,
            orig_len,
            data: data.to_vec(),
        });
    }
}

/// The running writer.
pub(crate) struct EndOfLog {
    thread: JoinHandle<io::Result<Writer>>,
}

impl EndOfLog {
    /// Writes what is still under way, then seals. What other threads send later is dropped.
    pub fn seal(self, log: Log) -> Result<Seal, SealError> {
        let _ = log.items.send(Item::End);
        let failed = |source| SealError::Write {
            file: "session.jsonl".to_owned(),
            source,
        };
        let writer = match self.thread.join() {
            Ok(writer) => writer.map_err(failed)?,
            Err(_) => return Err(failed(io::Error::other("the writer panicked"))),
        };
        writer.mask_packets().map_err(failed)?;
        writer.seal()
    }
}

/// Starts the writer; a disk that fails is told once as [`Event::Disk`].
pub(crate) fn start(
    writer: Writer,
    tool: &str,
    events: Sender<Event>,
) -> io::Result<(Log, EndOfLog)> {
    let capture = writer.capture_file(stage::net::INTERFACE, observe::packets::SNAPLEN, tool)?;
    let (items, received) = channel();
    let thread = thread::Builder::new()
        .name("writer".into())
        .spawn(move || {
            write(writer, capture, &received).inspect_err(|e| {
                let _ = events.send(Event::Disk(io::Error::new(e.kind(), e.to_string())));
            })
        })?;
    Ok((Log { items }, EndOfLog { thread }))
}

fn write(
    mut writer: Writer,
    mut capture: CaptureFile,
    items: &Receiver<Item>,
) -> io::Result<Writer> {
    let mut audio = writer.audio_files();
    loop {
        let item = match items.try_recv() {
            Ok(item) => item,
            Err(TryRecvError::Disconnected) => Item::End,
            Err(TryRecvError::Empty) => {
                // A quiet moment: what was gathered becomes readable for a live view.
                writer.flush()?;
                capture.flush()?;
                items.recv().unwrap_or(Item::End)
            }
        };
        match item {
            Item::Record(t, source, body) => writer.push(t, source, body)?,
            Item::Packet {
                realtime_ns,
                orig_len,
                data,
            } => {
                capture.packet(realtime_ns, orig_len, &data)?;
            }
            Item::Keys(lines) => capture.tls_keys(&lines)?,
            Item::Audio { name, data } => audio.append(&name, &data)?,
            Item::End => {
                capture.flush()?;
                writer.flush()?;
                return Ok(writer);
            }
        }
    }
}
