//! The one writer: records and packets from all threads become the bundle here, in one order.
//!
//! What an app can make as much of as it likes (packets, plaintext, calls, sound) waits in a bounded number
//! of bytes. Where the disk is slower than what comes, that much is lost, and told as a [`Body::Gap`].

use std::collections::BTreeMap;
use std::io;
use std::mem;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use bundle::{CaptureFile, Seal, SealError, Writer};
use observe::Sink;
use record::{Body, MonotonicNs, Requested, Source, Span};
use stage::clock::now;

use crate::event::Event;

/// Bytes of what an app can make as much of as it likes, in one bundle: some hours of a call with video. What
/// comes then is lost.
const KEPT_MAX: u64 = 2 << 30;

/// Bytes of packets in a second that are kept whole, ten times a call with video. Of further ones the beginning
/// is kept, so that sizes and times of a flood stay known.
const WHOLE_A_SECOND: usize = 4 << 20;

/// Headers, and no more: Ethernet, IPv6, TCP with options.
const BEGINNING: usize = 128;

/// Bytes that wait for the disk: some seconds of all that a stage can carry.
const QUEUED_MAX: usize = 64 << 20;

/// What is handed over now may have happened this much earlier.
const LATE_NS: i64 = 1_000_000_000;

enum Item {
    Record(MonotonicNs, Source, Body),
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

impl Item {
    /// Bytes that it holds while it waits, about.
    fn bytes(&self) -> usize {
        let held = match self {
            Item::Record(_, _, Body::Plaintext { data, .. } | Body::Sent { data, .. }) => {
                data.0.len()
            }
            Item::Record(_, _, Body::Requested(request)) => request_bytes(request),
            Item::Record(_, _, Body::NameAsked { name, .. }) => name.len(),
            Item::Packet { data, .. } | Item::Audio { data, .. } => data.len(),
            Item::Keys(lines) => lines.len(),
            Item::Record(..) | Item::End => 0,
        };
        held + mem::size_of::<Item>()
    }

    /// Whose loss it would be; nothing where an app cannot make many of them.
    fn bulk(&self) -> Option<Source> {
        match self {
            Item::Packet { .. } => Some(Source::Packets),
            Item::Record(_, source @ (Source::Plaintext | Source::Reads | Source::Sink), body) => {
                match body {
                    // These say what the others are worth.
                    Body::Attached { .. }
                    | Body::Detached { .. }
                    | Body::Unavailable { .. }
                    | Body::Gap { .. } => None,
                    _ => Some(*source),
                }
            }
            Item::Keys(_) => Some(Source::Plaintext),
            Item::Audio { .. } => Some(Source::Reads),
            Item::Record(..) | Item::End => None,
        }
    }
}

fn request_bytes(request: &Requested) -> usize {
    let headers = request.headers.iter();
    let headers: usize = headers.map(|(name, value)| name.len() + value.len()).sum();
    request.path_and_query.len() + headers + request.data.0.len()
}

/// What was lost of a source since it was last told.
struct Loss {
    from: MonotonicNs,
    items: u64,
    why: &'static str,
}

struct Queue {
    items: Sender<Item>,
    /// Bytes that wait.
    waiting: AtomicUsize,
    bytes_max: usize,
    /// Bytes that the bundle may still take.
    room: AtomicU64,
    /// A second of packets' time, and the bytes that were kept of it.
    second: Mutex<(u64, usize)>,
    lost: Mutex<BTreeMap<Source, Loss>>,
}

/// Hands facts to the writer. Cheap to clone, one for each thread.
#[derive(Clone)]
pub(crate) struct Log(Arc<Queue>);

impl Log {
    /// A queue for so many bytes, and its other end.
    fn new(bytes_max: usize) -> (Log, Receiver<Item>) {
        let (items, received) = channel();
        let queue = Queue {
            items,
            waiting: AtomicUsize::new(0),
            bytes_max,
            room: AtomicU64::new(KEPT_MAX),
            second: Mutex::default(),
            lost: Mutex::default(),
        };
        (Log(Arc::new(queue)), received)
    }

    pub fn record(&self, t: MonotonicNs, source: Source, body: Body) {
        self.push(Item::Record(t, source, body));
    }

    /// Lines of a TLS key log.
    pub fn keys(&self, lines: Vec<u8>) {
        self.push(Item::Keys(lines));
    }

    /// Sound that the app read; `name` is that of the stream's file.
    pub fn audio(&self, name: String, data: Vec<u8>) {
        self.push(Item::Audio { name, data });
    }

    /// A packet with its wall-clock stamp and its length on the wire.
    pub fn packet(&self, realtime_ns: u64, orig_len: u32, data: &[u8]) {
        let data = &data[..data.len().min(self.share(realtime_ns, data.len()))];
        self.push(Item::Packet {
            realtime_ns,
            orig_len,
            data: data.to_vec(),
        });
    }

    /// Bytes that are kept of a packet of this length.
    fn share(&self, realtime_ns: u64, len: usize) -> usize {
        let mut second = self.0.second.lock().unwrap_or_else(PoisonError::into_inner);
        let now = realtime_ns / 1_000_000_000;
        if second.0 != now {
            *second = (now, 0);
        }
        second.1 = second.1.saturating_add(len);
        match second.1 > WHOLE_A_SECOND {
            true => BEGINNING,
            false => len,
        }
    }

    fn push(&self, item: Item) {
        let bytes = item.bytes();
        if let Some(source) = item.bulk() {
            let mut lost = self.0.lost.lock().unwrap_or_else(PoisonError::into_inner);
            let room = self.0.room.load(Ordering::Acquire);
            let why = match self.0.waiting.load(Ordering::Acquire) + bytes > self.0.bytes_max {
                true => Some("the disk was slower than what had to be written"),
                false if bytes as u64 > room => Some("there was more than a bundle holds"),
                false => None,
            };
            if let Some(why) = why {
                let from = now().offset(-LATE_NS);
                let loss = Loss {
                    from,
                    items: 0,
                    why,
                };
                lost.entry(source).or_insert(loss).items += 1;
                return;
            }
            self.0.room.fetch_sub(bytes as u64, Ordering::AcqRel);
            if let Some(loss) = lost.remove(&source) {
                self.send(loss.told(source));
            }
        }
        self.send(item);
    }

    fn send(&self, item: Item) {
        self.0.waiting.fetch_add(item.bytes(), Ordering::AcqRel);
        // A writer that has ended said so by its own event.
        let _ = self.0.items.send(item);
    }

    /// Tells what was lost until now.
    fn tell_losses(&self) {
        let mut lost = self.0.lost.lock().unwrap_or_else(PoisonError::into_inner);
        for (source, loss) in mem::take(&mut *lost) {
            self.send(loss.told(source));
        }
    }
}

impl Loss {
    fn told(self, source: Source) -> Item {
        let to = now();
        let body = Body::Gap {
            span: Span {
                from: self.from,
                to,
            },
            lost: Some(self.items),
            why: self.why.to_owned(),
        };
        Item::Record(to, source, body)
    }
}

impl Sink for Log {
    fn record(&mut self, t: MonotonicNs, source: Source, body: Body) {
        Log::record(self, t, source, body);
    }

    fn packet(&mut self, realtime_ns: u64, orig_len: u32, data: &[u8]) {
        Log::packet(self, realtime_ns, orig_len, data);
    }
}

/// The running writer.
pub(crate) struct EndOfLog {
    thread: JoinHandle<io::Result<Writer>>,
}

impl EndOfLog {
    /// Writes what is still under way, then seals. What other threads send later is dropped.
    pub fn seal(self, log: Log) -> Result<Seal, SealError> {
        log.tell_losses();
        log.send(Item::End);
        let failed = |source| SealError::Write {
            file: "session.jsonl".to_owned(),
            source,
        };
        let writer = match self.thread.join() {
            Ok(writer) => writer.map_err(failed)?,
            Err(_) => return Err(failed(io::Error::other("the writer panicked"))),
        };
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
    let (log, received) = Log::new(QUEUED_MAX);
    let queue = log.clone();
    let thread = thread::Builder::new()
        .name("writer".into())
        .spawn(move || {
            write(writer, capture, &received, &queue).inspect_err(|e| {
                let _ = events.send(Event::Disk(io::Error::new(e.kind(), e.to_string())));
            })
        })?;
    Ok((log, EndOfLog { thread }))
}

fn write(
    mut writer: Writer,
    mut capture: CaptureFile,
    items: &Receiver<Item>,
    queue: &Log,
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
        let bytes = item.bytes();
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
        queue.0.waiting.fetch_sub(bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(items: &Receiver<Item>) -> Vec<Item> {
        items.try_iter().collect()
    }

    #[test]
    fn what_does_not_fit_is_a_gap_and_facts_of_ours_always_fit() {
        let (log, items) = Log::new(10_000);
        for _ in 0..20 {
            log.packet(0, 1_000, &[7; 1_000]);
        }
        log.record(MonotonicNs(1), Source::Stage, Body::Finished);
        let first = taken(&items);
        let packets = first
            .iter()
            .filter(|i| matches!(i, Item::Packet { .. }))
            .count();
        assert!((5..10).contains(&packets), "{packets}");
        assert!(matches!(
            first.last(),
            Some(Item::Record(_, _, Body::Finished))
        ));
        // The writer has caught up: what was lost is told before what comes next.
        log.0.waiting.store(0, Ordering::Release);
        log.packet(0, 1_000, &[7; 1_000]);
        let then = taken(&items);
        let [
            Item::Record(_, Source::Packets, Body::Gap { span, lost, .. }),
            Item::Packet { .. },
        ] = &then[..]
        else {
            panic!("{}", then.len())
        };
        assert_eq!(*lost, Some(20 - packets as u64));
        assert!(span.from < span.to);
        log.tell_losses();
        assert!(taken(&items).is_empty());
    }

    #[test]
    fn of_a_flood_the_beginnings_are_kept_and_a_bundle_has_an_end() {
        let (log, items) = Log::new(usize::MAX);
        log.0
            .room
            .store(WHOLE_A_SECOND as u64 + 3_000, Ordering::Release);
        let large = vec![7; WHOLE_A_SECOND];
        log.packet(0, 1, &large);
        log.packet(999_999_999, 1_000, &[7; 1_000]);
        log.packet(1_000_000_000, 1_000, &[7; 1_000]);
        let kept = |item: &Item| match item {
            Item::Packet { data, orig_len, .. } => Some((data.len(), *orig_len)),
            _ => None,
        };
        let seen: Vec<_> = taken(&items).iter().filter_map(kept).collect();
        assert_eq!(
            seen,
            [(WHOLE_A_SECOND, 1), (BEGINNING, 1_000), (1_000, 1_000)]
        );
        (2..9).for_each(|s| log.packet(s * 1_000_000_000, 1_000, &[7; 1_000]));
        assert!(taken(&items).iter().filter_map(kept).count() < 3);
        log.tell_losses();
        let said = taken(&items);
        let [Item::Record(_, Source::Packets, Body::Gap { why, lost, .. })] = &said[..] else {
            panic!("{}", said.len())
        };
        assert_eq!(why, "there was more than a bundle holds");
        assert!(lost.is_some_and(|lost| lost > 4), "{lost:?}");
    }

    #[test]
    fn what_is_lost_at_the_end_is_told_too() {
        let (log, items) = Log::new(100);
        log.packet(0, 1_000, &[7; 1_000]);
        log.tell_losses();
        assert!(matches!(
            &taken(&items)[..],
            [Item::Record(
                _,
                Source::Packets,
                Body::Gap { lost: Some(1), .. }
            )]
        ));
    }
}
