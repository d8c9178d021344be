//! One capture file, read through buffers of a fixed size.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use wire::capture::{Other, Reader, Take};

use super::Until;
use crate::fail::Fail;

/// What is read at once. It stays in a core's second cache, where the packets are looked at right
/// away: on the machine where this was measured that is faster than mapping the file, whose pages
/// have to be faulted in one by one.
const BUFFER_BYTES: usize = 256 << 10;

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
enum Packed {
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
#[derive(Debug)]
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
enum Input {
    /// A file, what of it was read, and until when it is followed.
    Plain(File, u64, Option<Until>),
    Packed(Box<dyn Read + Send>),
}

impl Input {
    fn open(path: &Path, follow: Option<&Until>) -> io::Result<(Input, Packed)> {
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
struct Chunk {
    /// [`ROOM_BYTES`] of room or some more, and then [`BUFFER_BYTES`].
    bytes: Vec<u8>,
    /// Where what was read begins.
    from: usize,
    /// Where it ends.
    to: usize,
}

impl Chunk {
    fn new() -> Chunk {
        Chunk {
            bytes: Vec::new(),
            from: 0,
            to: 0,
        }
    }

    /// The next bytes of the input; none at its end.
    fn fill(mut self, input: &mut Input) -> io::Result<Chunk> {
        self.bytes.resize(ROOM_BYTES + PAGE_BYTES + BUFFER_BYTES, 0);
        let aligned = self.bytes[ROOM_BYTES..].as_ptr().align_offset(PAGE_BYTES);
        self.from = ROOM_BYTES + aligned.min(PAGE_BYTES);
        let n = input.read(&mut self.bytes[self.from..][..BUFFER_BYTES])?;
        self.to = self.from + n;
        Ok(self)
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
                let chunk = chunk.fill(&mut input);
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
            Feed::Here(input, chunk) => chunk.take().unwrap_or_else(Chunk::new).fill(input),
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

/// Reads all that a file holds now, or that it is given until `follow` is over, `ahead` by a thread of its own where another core is free. What is
/// damaged in it is told in [`Scan`]; only a file that cannot be opened or is no capture at all is a
/// failure.
pub fn scan(
    path: &Path,
    ahead: bool,
    follow: Option<&Until>,
    on: &mut impl for<'b> Take<'b>,
) -> Result<Scan, Fail> {
    let (input, packed) = Input::open(path, follow).map_err(|e| Fail::file("read", path, &e))?;
    if follow.is_some() && packed != Packed::No {
        let shown = path.display();
        return Err(Fail::text(format!(
            "{shown} is packed: only plain captures can be followed as they grow"
        )));
    }
    let mut feed = Feed::new(input, ahead);
    let mut reader = Reader::default();
    let mut scan = Scan {
        format: None,
        damages: Vec::new(),
        cut: None,
        bytes: 0,
    };
    let mut rest: Vec<u8> = Vec::new();
    // While a place to go on at is looked for behind damage.
    let mut lost = false;
    loop {
        let mut chunk = match feed.next() {
            Ok(chunk) => chunk,
            Err(e) => {
                let why = match packed {
                    Packed::No => format!("it cannot be read further: {e}"),
                    Packed::Gzip | Packed::Zstd => format!("it cannot be unpacked further: {e}"),
                };
                scan.damages.push(Damage {
                    offset: scan.bytes,
                    why,
                    skipped: None,
                });
                break;
            }
        };
        if chunk.n() == 0 {
            break;
        }
        scan.bytes += chunk.n() as u64;
        let mut from = chunk.behind(&rest);
        let (buffer, to) = (&chunk.bytes, chunk.to);
        loop {
            if lost {
                let before = reader.offset();
                let (Ok(skipped) | Err(skipped)) =
                    reader.resync(&buffer[from..to]).inspect(|_| lost = false);
                from += skipped;
                if let Some(last) = scan.damages.last_mut().filter(|_| !lost) {
                    last.skipped = Some(reader.offset() - before + last.skipped.unwrap_or(0));
                }
                if lost {
                    break;
                }
            }
            match reader.read(&buffer[from..to], on) {
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
                        scan.format = reader.format();
                        return Ok(scan);
                    }
                    lost = true;
                }
            }
        }
        rest.clear();
        rest.extend_from_slice(&buffer[from..to]);
        feed.back(chunk);
    }
    scan.format = reader.format();
    if (!rest.is_empty() || scan.bytes == 0) && !lost {
        scan.cut = Some(reader.offset());
    }
    Ok(scan)
}
