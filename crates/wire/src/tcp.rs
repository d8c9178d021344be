//! TCP segments put back in order (RFC 9293), each direction by itself.
//!
//! A byte is handed on once, in order, with the tag (the packet) that first brought it. What was
//! sent again is not handed on and not compared: who asks which bytes were read has to count it as
//! unread. A hole that does not close is told as one, and the stream goes on behind it.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use crate::{Datagram, Transport};

/// Directions that are followed at once; the one that was silent longest gives way.
pub const FLOWS_MAX: usize = 1_024;
/// Bytes and segments of one direction that wait behind a hole before it is given up.
pub const WAITING_BYTES_MAX: usize = 256 << 10;
/// See [`WAITING_BYTES_MAX`].
pub const WAITING_MAX: usize = 256;

/// A window reaches no further (RFC 7323, section 2.3); what claims to is not of this stream.
const WINDOW_MAX: i64 = 1 << 30;

/// One segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment<'a> {
    /// Sender and receiver.
    pub key: (SocketAddr, SocketAddr),
    /// Sequence number of its first byte; of the SYN where it has one.
    pub seq: u32,
    /// Opens a connection.
    pub syn: bool,
    /// What it carries, as far as it was captured.
    pub payload: &'a [u8],
    /// Bytes behind it that the capture cut off.
    pub cut: usize,
}

/// The segment in a frame that was `orig_len` bytes long on the wire.
pub fn segment<'a>(frame: &'a [u8], orig_len: u32, datagram: &Datagram) -> Option<Segment<'a>> {
    // A later fragment has no header, and no port.
    if datagram.transport != Transport::Tcp || datagram.src.port() == 0 {
        return None;
    }
    let seq = frame.get(datagram.header + 4..datagram.header + 8)?;
    let flags = frame.get(datagram.header + 13)?;
    Some(Segment {
        key: (datagram.src, datagram.dst),
        seq: u32::from_be_bytes(seq.try_into().ok()?),
        syn: flags & 2 != 0,
        payload: frame.get(datagram.payload.clone())?,
        cut: (orig_len as usize).saturating_sub(frame.len()),
    })
}

/// What happens to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// A stream begins; one with the same ends, if there was any, is over.
    Start,
    /// Its next bytes.
    Data {
        /// The caller's, of the segment that brought them.
        tag: u32,
        /// Never empty.
        bytes: &'a [u8],
    },
    /// So many bytes are missing here.
    Gap {
        /// How many.
        bytes: u64,
    },
    /// It was evicted, or everything is over.
    End,
}

/// All directions that are followed.
#[derive(Debug, Default)]
pub struct Table {
    directions: HashMap<(SocketAddr, SocketAddr), Direction>,
    n_pushed: u64,
    n_evicted: u64,
}

#[derive(Debug, Default)]
struct Direction {
    /// Position of the next byte, counted from the first one's sequence number.
    next: i64,
    waiting: BTreeMap<i64, Waiting>,
    waiting_bytes: usize,
    /// [`Table::n_pushed`] when it was last heard of.
    last: u64,
}

#[derive(Debug)]
struct Waiting {
    tag: u32,
    bytes: Vec<u8>,
    cut: usize,
}

type Key = (SocketAddr, SocketAddr);

impl Table {
    /// Takes a segment; calls `on` with what it brings about.
    pub fn push(&mut self, segment: &Segment, tag: u32, on: &mut dyn FnMut(Key, Event)) {
        self.n_pushed += 1;
        let key = segment.key;
        if !self.directions.contains_key(&key) || segment.syn {
            self.begin(segment, on);
        }
        let Some(direction) = self.directions.get_mut(&key) else {
            return;
        };
        direction.last = self.n_pushed;
        let first = segment.seq.wrapping_add(u32::from(segment.syn));
        direction.push(first, segment, tag, &mut |event| on(key, event));
    }

    /// A new stream, unless this is the old one's SYN sent again.
    fn begin(&mut self, segment: &Segment, on: &mut dyn FnMut(Key, Event)) {
        let next = i64::from(segment.seq.wrapping_add(u32::from(segment.syn)));
        let again = |d: &Direction| (d.next as u32).wrapping_sub(next as u32) == 0;
        if self.directions.get(&segment.key).is_some_and(again) {
            return;
        }
        if self.directions.len() >= FLOWS_MAX && !self.directions.contains_key(&segment.key) {
            self.evict(on);
        }
        let direction = Direction {
            next,
            ..Direction::default()
        };
        self.directions.insert(segment.key, direction);
        on(segment.key, Event::Start);
    }

    fn evict(&mut self, on: &mut dyn FnMut(Key, Event)) {
        let oldest = self.directions.iter().min_by_key(|(_, d)| d.last);
        if let Some(key) = oldest.map(|(key, _)| *key) {
            self.n_evicted += 1;
            self.end(key, on);
        }
    }

    fn end(&mut self, key: Key, on: &mut dyn FnMut(Key, Event)) {
        if let Some(mut direction) = self.directions.remove(&key) {
            while direction.give_up(&mut |event| on(key, event)) {}
            on(key, Event::End);
        }
    }

    /// Everything is over: what waits behind holes is handed on, the holes are told.
    pub fn finish(&mut self, on: &mut dyn FnMut(Key, Event)) {
        let mut keys: Vec<Key> = self.directions.keys().copied().collect();
        keys.sort_unstable();
        for key in keys {
            self.end(key, on);
        }
    }

    /// Directions that had to give way.
    pub fn n_evicted(&self) -> u64 {
        self.n_evicted
    }
}

impl Direction {
    fn push(&mut self, seq: u32, segment: &Segment, tag: u32, on: &mut dyn FnMut(Event)) {
        let ahead = i64::from(seq.wrapping_sub(self.next as u32) as i32);
        if ahead > WINDOW_MAX || segment.payload.len() + segment.cut == 0 {
            return;
        }
        let at = self.next + ahead;
        if ahead <= 0 {
            self.take(at, tag, segment.payload, segment.cut, on);
            self.follow(on);
            return;
        }
        let longer = |w: &Waiting| w.bytes.len() >= segment.payload.len();
        if !self.waiting.get(&at).is_some_and(longer) {
            self.waiting_bytes += segment.payload.len();
            let waiting = Waiting {
                tag,
                bytes: segment.payload.to_vec(),
                cut: segment.cut,
            };
            if let Some(old) = self.waiting.insert(at, waiting) {
                self.waiting_bytes -= old.bytes.len();
            }
        }
        while self.waiting_bytes > WAITING_BYTES_MAX || self.waiting.len() > WAITING_MAX {
            self.give_up(on);
        }
    }

    /// Hands on what is new of the bytes at `at`, which is not beyond the next.
    fn take(&mut self, at: i64, tag: u32, bytes: &[u8], cut: usize, on: &mut dyn FnMut(Event)) {
        let known = usize::try_from(self.next - at).unwrap_or(0);
        if let Some(bytes) = bytes.get(known..).filter(|bytes| !bytes.is_empty()) {
            self.next += bytes.len() as i64;
            on(Event::Data { tag, bytes });
        }
        let end = at + (bytes.len() + cut) as i64;
        if cut > 0 && end > self.next {
            let bytes = (end - self.next) as u64;
            self.next = end;
            on(Event::Gap { bytes });
        }
    }

    /// Hands on what waited for its turn.
    fn follow(&mut self, on: &mut dyn FnMut(Event)) {
        while let Some(entry) = self.waiting.first_entry() {
            let at = *entry.key();
            if at > self.next {
                return;
            }
            let waiting = entry.remove();
            self.waiting_bytes -= waiting.bytes.len();
            self.take(at, waiting.tag, &waiting.bytes, waiting.cut, on);
        }
    }

    /// Gives up the first hole; whether there was one.
    fn give_up(&mut self, on: &mut dyn FnMut(Event)) -> bool {
        let Some((&at, _)) = self.waiting.first_key_value() else {
            return false;
        };
        if at > self.next {
            let bytes = (at - self.next) as u64;
            self.next = at;
            on(Event::Gap { bytes });
        }
        self.follow(on);
        true
    }
}
