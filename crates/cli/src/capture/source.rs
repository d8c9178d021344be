//! One capture file, read through buffers of a fixed size.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use inspect::{Batch, Walker};
use wire::capture::{Captured, Other, Reader, Take};

use super::Until;
use crate::fail::Fail;

/// What is read at once. It stays in a core's second cache, where the packets are looked at right away.
pub const BUFFER_BYTES: usize = 256 << 10;

/// Free bytes in front of what is read: what was left of the buffer before is put there, so that nothing
/// but the rest of one packet is ever copied.
const ROOM_BYTES: usize = 64 << 10;

/// What is read is put at a multiple of this: processors that copy by `rep movsb` (AMD's, from Zen 3 on)
/// take several times as long where the kernel's page and the reader's buffer lie differently in theirs.
const PAGE_BYTES: usize = 4 << 10;

/// Buffers that go round where another thread reads ahead.
const BUFFERS: usize = 4;

/// Places of damage in one file behind which reading goes on.
const DAMAGES_MAX: usize = 100;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packed {
    /// Not at all.
    No,
    /// gzip (RFC 1952).
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}

/// A place in a file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// Its offset in the (unpacked) file.
    pub offset: u64,
    /// What is wrong there.
    pub why: String,
    /// How many bytes were passed over to where reading went on; nothing where it did not.
    pub skipped: Option<u64>,
}

/// What was read.
#[derive(Debug, Default)]
pub struct Scan {
    /// `pcap` or `pcapng`, as far as that was told.
    pub format: Option<wire::capture::Format>,
    /// Damaged places.
    pub damages: Vec<Damage>,
    /// Offset of the last, half-written thing, where the file ends in one: it may still be growing.
    pub cut: Option<u64>,
    /// Bytes read, unpacked.
    pub bytes: u64,
}

/// Where bytes come from.
pub enum Input {
    /// A file, what of it was read, and until when it is followed.
    Plain(File, u64, Option<Until>),
    Packed(Box<dyn Read + Send>),
}

impl Input {
    /// Opens a file; one that is packed cannot be followed.
    pub fn open(path: &Path, follow: Option<&Until>) -> Result<(Input, Packed), Fail> {
        let (input, packed) = Input::of(path, follow).map_err(|e| Fail::file("read", path, &e))?;
        if follow.is_some() && packed != Packed::No {
            let shown = path.display();
            return Err(Fail::text(format!(
                "{shown} is packed: only plain captures can be followed as they grow"
            )));
        }
        Ok((input, packed))
    }

    fn of(path: &Path, follow: Option<&Until>) -> io::Result<(Input, Packed)> {
        let file = File::open(path)?;
        let mut magic = [0; 4];
        // A pipe has no offsets; it is read as it comes, and not unpacked.
        let n = match file.read_at(&mut magic, 0) {
            Ok(n) => n,
            Err(e) if e.raw_os_error() == Some(libc::ESPIPE) => {
                return Ok((Input::Packed(Box::new(file)), Packed::No));
            }
            Err(e) => return Err(e),
        };
        Ok(match &magic[..n] {
            [0x1F, 0x8B, ..] => {
                let unpacked = flate2::read::MultiGzDecoder::new(io::BufReader::new(file));
                (Input::Packed(Box::new(unpacked)), Packed::Gzip)
            }
            [0x28, 0xB5, 0x2F, 0xFD] => {
                let unpacked = ruzstd::decoding::StreamingDecoder::new(io::BufReader::new(file))
                    .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
                (Input::Packed(Box::new(unpacked)), Packed::Zstd)
            }
            _ => (Input::Plain(file, 0, follow.cloned()), Packed::No),
        })
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Plain(file, offset, follow) => loop {
                // Before the look at the file: what was written until then is read.
                let over = follow.as_ref().is_none_or(Until::is_over);
                let n = file.read_at(buffer, *offset)?;
                *offset += n as u64;
                match follow {
                    Some(until) if n == 0 && !over => until.wait(),
                    _ => return Ok(n),
                }
            },
            Input::Packed(reader) => loop {
                match reader.read(buffer) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    other => return other,
                }
            },
        }
    }
}

/// A buffer, and what of it was read from the file.
pub struct Chunk {
    /// [`ROOM_BYTES`] of room or some more, and then [`BUFFER_BYTES`].
    bytes: Vec<u8>,
    /// Where what was read begins.
    from: usize,
    /// Where it ends.
    to: usize,
}

impl Chunk {
    pub fn new() -> Chunk {
        Chunk {
            bytes: Vec::new(),
            from: 0,
            to: 0,
        }
    }

    /// Takes the next bytes, as many as `read` says that it read.
    pub fn fill(&mut self, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        self.bytes.resize(ROOM_BYTES + PAGE_BYTES + BUFFER_BYTES, 0);
        let aligned = self.bytes[ROOM_BYTES..].as_ptr().align_offset(PAGE_BYTES);
        self.from = ROOM_BYTES + aligned.min(PAGE_BYTES);
        self.to = self.from;
        let n = read(&mut self.bytes[self.from..][..BUFFER_BYTES])?;
        self.to += n;
        Ok(n)
    }

    fn filled(mut self, input: &mut Input) -> io::Result<Chunk> {
        self.fill(|room| input.read(room))?;
        Ok(self)
    }

    /// All of the buffer.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes were read.
    fn n(&self) -> usize {
        self.to - self.from
    }

    /// Puts what was left over in front; gives where it begins.
    fn behind(&mut self, rest: &[u8]) -> usize {
        match self.from.checked_sub(rest.len()) {
            Some(begin) => {
                self.bytes[begin..self.from].copy_from_slice(rest);
                begin
            }
            // One thing that is longer than the room: seen in none but damaged files.
            None => {
                self.bytes.splice(..self.from, rest.iter().copied());
                self.to = self.to - self.from + rest.len();
                self.from = rest.len();
                0
            }
        }
    }
}

/// What hands on one chunk after the other.
enum Feed {
    /// Read when it is asked for: what was read is still in the core's cache.
    Here(Input, Option<Chunk>),
    /// Read by another thread meanwhile.
    Ahead(Receiver<io::Result<Chunk>>, Sender<Chunk>),
}

impl Feed {
    fn new(mut input: Input, ahead: bool) -> Feed {
        if !ahead {
            return Feed::Here(input, Some(Chunk::new()));
        }
        let (filled, chunks) = channel();
        let (back, empty) = channel::<Chunk>();
        for _ in 0..BUFFERS {
            // Nobody has hung up yet.
            let _ = back.send(Chunk::new());
        }
        thread::spawn(move || {
            while let Ok(chunk) = empty.recv() {
                let chunk = chunk.filled(&mut input);
                let ends = !matches!(&chunk, Ok(chunk) if chunk.n() > 0);
                if filled.send(chunk).is_err() || ends {
                    return;
                }
            }
        });
        Feed::Ahead(chunks, back)
    }

    fn next(&mut self) -> io::Result<Chunk> {
        match self {
            Feed::Here(input, chunk) => chunk.take().unwrap_or_else(Chunk::new).filled(input),
            Feed::Ahead(chunks, _) => match chunks.recv() {
                Ok(chunk) => chunk,
                // The thread has ended: so has the file.
                Err(_) => Ok(Chunk::new()),
            },
        }
    }

    fn back(&mut self, chunk: Chunk) {
        match self {
            Feed::Here(_, place) => *place = Some(chunk),
            Feed::Ahead(_, back) => drop(back.send(chunk)),
        }
    }
}

/// Takes what a file holds.
pub trait Sink: for<'b> Take<'b> {
    /// All that was handed on since the last time lies in `bytes`, which are gone after this. Where they
    /// begin is where [`wire::capture::Captured::at`] counts from.
    fn flush(&mut self, _bytes: &[u8]) {}
}

/// Counts places from the beginning of the buffer.
struct Placed<'s, S> {
    on: &'s mut S,
    begin: usize,
}

impl<'b, S: Take<'b>> Take<'b> for Placed<'_, S> {
    #[inline]
    fn packet(&mut self, mut packet: Captured<'b>) {
        packet.at += self.begin;
        self.on.packet(packet);
    }

    fn other(&mut self, other: Other<'b>) {
        self.on.other(other);
    }
}

/// What is known of a file up to the chunk that was read last.
#[derive(Default)]
pub struct Front {
    reader: Reader,
    scan: Scan,
    /// The beginning of what goes on in the next chunk.
    rest: Vec<u8>,
    /// While a place to go on at is looked for behind damage.
    lost: bool,
}

impl Front {
    /// Takes the next chunk. False where what is behind it is not to be read.
    pub fn read(&mut self, chunk: &mut Chunk, on: &mut impl for<'b> Take<'b>) -> bool {
        let Front {
            reader,
            scan,
            rest,
            lost,
        } = self;
        scan.bytes += chunk.n() as u64;
        let mut from = chunk.behind(rest);
        let (buffer, to) = (&chunk.bytes, chunk.to);
        loop {
            if *lost {
                let before = reader.offset();
                let (Ok(skipped) | Err(skipped)) =
                    reader.resync(&buffer[from..to]).inspect(|_| *lost = false);
                from += skipped;
                if let Some(last) = scan.damages.last_mut().filter(|_| !*lost) {
                    last.skipped = Some(reader.offset() - before + last.skipped.unwrap_or(0));
                }
                if *lost {
                    break;
                }
            }
            let begin = from;
            match reader.read(&buffer[from..to], &mut Placed { on, begin }) {
                Ok(used) => {
                    from += used;
                    break;
                }
                Err(e) => {
                    on.other(Other::Damage);
                    from = to - (scan.bytes - reader.offset()) as usize;
                    scan.damages.push(Damage {
                        offset: e.offset,
                        why: e.why.to_owned(),
                        skipped: None,
                    });
                    if reader.format().is_none() || scan.damages.len() > DAMAGES_MAX {
                        rest.clear();
                        return false;
                    }
                    *lost = true;
                }
            }
        }
        rest.clear();
        rest.extend_from_slice(&buffer[from..to]);
        true
    }

    /// Offset in the file of the first byte that is not used up.
    pub fn offset(&self) -> u64 {
        self.reader.offset()
    }

    /// Goes on behind records of a pcap that were taken by other means.
    pub fn pass(&mut self, head: &[u8], offset: u64, taken: &Walker) {
        // There are no packets in it, and what is wrong with it would have been said.
        let _ = self
            .reader
            .read(head, &mut Walker::default().walk(&mut Batch::default()));
        self.reader.pass(offset, taken.n_packets(), taken.last_ns());
        self.scan.bytes = offset;
    }

    /// The file could not be read any further.
    pub fn failed(&mut self, e: &io::Error, packed: Packed) {
        let why = match packed {
            Packed::No => format!("it cannot be read further: {e}"),
            Packed::Gzip | Packed::Zstd => format!("it cannot be unpacked further: {e}"),
        };
        self.scan.damages.push(Damage {
            offset: self.scan.bytes,
            why,
            skipped: None,
        });
    }

    /// What was read.
    pub fn end(mut self) -> Scan {
        self.scan.format = self.reader.format();
        if (!self.rest.is_empty() || self.scan.bytes == 0) && !self.lost {
            self.scan.cut = Some(self.reader.offset());
        }
        self.scan
    }
}

/// Reads all that a file holds now, or that it is given until `follow` is over, `ahead` by a thread of
/// its own where another core is free. What is damaged in it is told in [`Scan`].
pub fn scan(input: Input, packed: Packed, ahead: bool, on: &mut impl Sink) -> Scan {
    let mut feed = Feed::new(input, ahead);
    let mut front = Front::default();
    loop {
        let mut chunk = match feed.next() {
            Ok(chunk) if chunk.n() == 0 => break,
            Ok(chunk) => chunk,
            Err(e) => {
                front.failed(&e, packed);
                // Another file may go on behind what is missing.
                on.other(Other::Damage);
                break;
            }
        };
        let goes_on = front.read(&mut chunk, on);
        on.flush(&chunk.bytes);
        if !goes_on {
            break;
        }
        feed.back(chunk);
    }
    front.end()
}
