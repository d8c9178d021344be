//! A bundle's packets: where each lies in its file. Their bytes are read when somebody looks at them, and a small
//! file is kept in memory.
//!
//! A bundle may be of any size and come from anybody, and an app may send as much as it likes to as many ends as
//! it likes. So there is an end to what is listed; what comes behind it is lost, and is told as such.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

use features::Packets;
use record::{MonotonicNs, Span};
use wire::capture::{Captured, Other, Reader, Take};
use wire::pcapng::{PcapError, SECRETS_MAX_BYTES};
use wire::tls::Keys;

/// Packets that are listed.
pub(crate) const PACKETS_MAX: usize = 9_000_000;
/// Pairs of ends between which they pass: something is remembered of each.
pub(crate) const CONVERSATIONS_MAX: usize = 1 << 16;

/// A file up to this long is kept in memory.
const HELD_MAX: u64 = 32 << 20;

/// Bytes that are read at once: the least where packets lie apart, the most where they follow each other.
const WINDOW: Range<usize> = 4 << 10..256 << 10;

/// What a pcapng file begins with.
const MAGIC: [u8; 4] = [0x0A, 0x0D, 0x0D, 0x0A];

/// The packets of a bundle, in time order on the session's clock.
#[derive(Debug)]
pub(crate) struct StoredPackets {
    contents: Contents,
    places: Vec<Place>,
    /// Why some could not be read again.
    failed: OnceLock<io::Error>,
}

/// Takes a packet as it was taken: wall time in nanoseconds, length on the wire, bytes.
pub(crate) type OnRaw<'o> = dyn FnMut(u64, u32, &[u8]) -> io::Result<()> + 'o;

/// What else was found in the file.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub keys: Keys,
    /// Bytes at the end that were no whole block.
    pub cut_bytes: u64,
    /// Packets that are not listed.
    pub left_out: Option<LeftOut>,
}

/// Packets that are not listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub span: Span,
    pub packets: u64,
    pub why: &'static str,
}

/// Why a packet file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PacketsError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Bad(#[from] PcapError),
}

#[derive(Debug)]
enum Contents {
    Held(Vec<u8>),
    Stored(File),
}

/// Where a packet lies in the file. There is one for each packet, so it is small.
#[derive(Debug, Clone, Copy)]
struct Place {
    t: MonotonicNs,
    at: u64,
    len: u32,
    orig_len: u32,
}

impl StoredPackets {
    /// None: a session that failed early has no file.
    pub(crate) fn none() -> StoredPackets {
        StoredPackets {
            contents: Contents::Held(Vec::new()),
            places: Vec::new(),
            failed: OnceLock::new(),
        }
    }

    /// Lists what is in a file; `clock` makes the session's time of wall time.
    pub(crate) fn open(
        file: File,
        clock: impl Fn(u64) -> MonotonicNs,
    ) -> Result<(StoredPackets, Found), PacketsError> {
        let len = file.metadata()?.len();
        let contents = match len <= HELD_MAX {
            true => {
                let mut bytes = Vec::new();
                io::Read::read_to_end(&mut io::Read::take(file, HELD_MAX), &mut bytes)?;
                Contents::Held(bytes)
            }
            false => Contents::Stored(file),
        };
        let mut list = List {
            clock,
            places: Vec::new(),
            conversations: HashSet::new(),
            found: Found::default(),
            key_bytes: 0,
            begin: 0,
        };
        list.found.cut_bytes = contents.walk(&mut list)?;
        let List {
            mut places, found, ..
        } = list;
        // Those of one moment stay in the file's order.
        if !places.is_sorted_by_key(|place| place.t) {
            places.sort_unstable_by_key(|place| (place.t, place.at));
        }
        let packets = StoredPackets {
            contents,
            places,
            failed: OnceLock::new(),
        };
        Ok((packets, found))
    }

    /// Hands on the packets that are listed as they were taken, in the file's order.
    pub(crate) fn raw(&self, on: &mut OnRaw) -> Result<(), PacketsError> {
        let mut raw = Raw {
            left: self.places.len(),
            on,
            done: Ok(()),
        };
        self.contents.walk(&mut raw)?;
        Ok(raw.done?)
    }

    /// Why some could not be read again, if so: then nothing that was made of them counts.
    pub(crate) fn failed(&self) -> Option<&io::Error> {
        self.failed.get()
    }
}

impl Packets for StoredPackets {
    fn len(&self) -> usize {
        self.places.len()
    }

    fn t(&self, index: usize) -> MonotonicNs {
        self.places[index].t
    }

    fn each(&self, range: Range<usize>, on: &mut dyn FnMut(usize, &wire::Packet)) {
        let mut window = Window::default();
        for (place, index) in self.places[range.clone()].iter().zip(range) {
            match window.bytes(&self.contents, place) {
                Ok(data) => {
                    let packet = wire::Packet {
                        t: place.t,
                        data: data.into(),
                        orig_len: place.orig_len,
                    };
                    on(index, &packet);
                }
                Err(e) => {
                    self.failed.get_or_init(|| e);
                }
            }
        }
    }
}

/// A part of the file that was read last.
#[derive(Default)]
struct Window {
    bytes: Vec<u8>,
    at: u64,
    /// How much is read next.
    size: usize,
}

impl Window {
    fn bytes<'w>(&'w mut self, contents: &'w Contents, place: &Place) -> io::Result<&'w [u8]> {
        let len = place.len as usize;
        let file = match contents {
            Contents::Held(bytes) => return Ok(&bytes[place.at as usize..][..len]),
            Contents::Stored(file) => file,
        };
        let inside = |at: u64, held: usize| {
            let from = usize::try_from(place.at.checked_sub(at)?).ok()?;
            (from + len <= held).then_some(from)
        };
        if let Some(from) = inside(self.at, self.bytes.len()) {
            return Ok(&self.bytes[from..from + len]);
        }
        let end = self.at + self.bytes.len() as u64;
        // A header lies between two packets, and the beginning of one may have been read already.
        let follows = place.at >= self.at && place.at <= end + WINDOW.start as u64;
        self.size = match follows {
            true => (self.size * 2).clamp(WINDOW.start, WINDOW.end),
            false => WINDOW.start,
        };
        self.at = place.at;
        self.bytes.resize(self.size.max(len), 0);
        let mut read = 0;
        while read < self.bytes.len() {
            match file.read_at(&mut self.bytes[read..], self.at + read as u64) {
                Ok(0) => break,
                Ok(n) => read += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.bytes.clear();
                    return Err(e);
                }
            }
        }
        self.bytes.truncate(read);
        match self.bytes.get(..len) {
            Some(data) => Ok(data),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Takes what is found, and is told where the bytes of each piece lie.
pub(crate) trait Walker: for<'b> Take<'b> {
    fn begin(&mut self, _at: u64) {}
}

impl Contents {
    /// Reads the file from front to end; gives how many bytes at its end are no whole block.
    fn walk(&self, on: &mut impl Walker) -> Result<u64, PacketsError> {
        match self {
            Contents::Held(bytes) => {
                of_this_format(bytes)?;
                let used = Reader::default().read(bytes, on)?;
                Ok((bytes.len() - used) as u64)
            }
            Contents::Stored(file) => walk(file, on),
        }
    }
}

/// Reads a file from front to end, piece by piece; gives how many bytes at its end are no whole block.
pub(crate) fn walk(file: &File, on: &mut impl Walker) -> Result<u64, PacketsError> {
    let mut reader = Reader::default();
    let mut buffer = vec![0; WINDOW.end];
    let mut held = 0;
    loop {
        // One block that is longer: the reader refuses what no block may be.
        if held == buffer.len() {
            buffer.resize(2 * held, 0);
        }
        let n = match file.read_at(&mut buffer[held..], reader.offset() + held as u64) {
            Ok(0) => return Ok(held as u64),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e.into()),
        };
        held += n;
        if reader.offset() == 0 {
            of_this_format(&buffer[..held])?;
        }
        on.begin(reader.offset());
        let used = reader.read(&buffer[..held], on)?;
        buffer.copy_within(used..held, 0);
        held -= used;
    }
}

fn of_this_format(begin: &[u8]) -> Result<(), PcapError> {
    let magic = &begin[..begin.len().min(MAGIC.len())];
    match MAGIC.starts_with(magic) {
        true => Ok(()),
        false => Err(PcapError {
            offset: 0,
            why: "not a pcapng file: it must begin with 0A 0D 0D 0A",
        }),
    }
}

/// The list as it is made.
struct List<C> {
    clock: C,
    places: Vec<Place>,
    conversations: HashSet<[std::net::SocketAddr; 2]>,
    found: Found,
    key_bytes: usize,
    /// Where the piece that is looked at lies in the file.
    begin: u64,
}

impl<C: Fn(u64) -> MonotonicNs> List<C> {
    /// Why a packet is not listed, where it is not.
    fn full(&mut self, frame: &[u8]) -> Option<&'static str> {
        // Whatever is behind one that was left out is left out as well: a part of what an app sends, chosen by
        // what it is, would look like the app's own doing.
        if let Some(left_out) = &self.found.left_out {
            return Some(left_out.why);
        }
        if self.places.len() == PACKETS_MAX {
            return Some("more packets than can be judged at once");
        }
        let ends = wire::datagram(frame).ok().map(|datagram| {
            let (src, dst) = (datagram.src, datagram.dst);
            [src.min(dst), src.max(dst)]
        });
        let new = ends.filter(|ends| !self.conversations.contains(ends));
        match self.conversations.len() < CONVERSATIONS_MAX {
            true => {
                self.conversations.extend(new);
                None
            }
            false => new.map(|_| "packets between more ends than can be judged at once"),
        }
    }
}

impl<C: Fn(u64) -> MonotonicNs> Walker for List<C> {
    fn begin(&mut self, at: u64) {
        self.begin = at;
    }
}

impl<'b, C: Fn(u64) -> MonotonicNs> Take<'b> for List<C> {
    fn packet(&mut self, packet: Captured<'b>) {
        let Some(realtime_ns) = packet.realtime_ns else {
            return;
        };
        let t = (self.clock)(realtime_ns);
        let Some(why) = self.full(packet.data) else {
            self.places.push(Place {
                t,
                at: self.begin + packet.at as u64,
                len: packet.data.len() as u32,
                orig_len: packet.orig_len,
            });
            return;
        };
        let span = Span {
            from: t,
            to: t.offset(1),
        };
        let left_out = self.found.left_out.get_or_insert(LeftOut {
            span,
            packets: 0,
            why,
        });
        left_out.packets += 1;
        left_out.span.from = left_out.span.from.min(span.from);
        left_out.span.to = left_out.span.to.max(span.to);
    }

    fn other(&mut self, other: Other<'b>) {
        if let Other::TlsKeys { lines, .. } = other
            && self.key_bytes + lines.len() <= SECRETS_MAX_BYTES
        {
            self.key_bytes += lines.len();
            self.found.keys.add_lines(lines);
        }
    }
}

/// Hands on packets as they were taken.
struct Raw<'o> {
    left: usize,
    on: &'o mut OnRaw<'o>,
    done: io::Result<()>,
}

impl Walker for Raw<'_> {}

impl<'b> Take<'b> for Raw<'_> {
    fn packet(&mut self, packet: Captured<'b>) {
        let Some(realtime_ns) = packet.realtime_ns else {
            return;
        };
        if self.left > 0 && self.done.is_ok() {
            self.left -= 1;
            self.done = (self.on)(realtime_ns, packet.orig_len, packet.data);
        }
    }
}
