//! One capture file, read through a buffer of a fixed size.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use wire::capture::{Other, Reader, Take};

use crate::fail::Fail;

/// What is read at once. It stays in a core's second cache, where the packets are looked at right
/// away: on the machine where this was measured that is faster than mapping the file, whose pages
/// have to be faulted in one by one.
const BUFFER_BYTES: usize = 256 << 10;

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
    Plain(File, u64),
    Packed(Box<dyn Read>),
}

impl Input {
    fn open(path: &Path) -> io::Result<(Input, Packed)> {
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
            _ => (Input::Plain(file, 0), Packed::No),
        })
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Input::Plain(file, offset) => {
                let n = file.read_at(buffer, *offset)?;
                *offset += n as u64;
                Ok(n)
            }
            Input::Packed(reader) => loop {
                match reader.read(buffer) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    other => return other,
                }
            },
        }
    }
}

/// Reads all that a file holds now. What is damaged in it is told in [`Scan`]; only a file that cannot
/// be opened or is no capture at all is a failure.
pub fn scan(path: &Path, on: &mut impl for<'b> Take<'b>) -> Result<Scan, Fail> {
    let (mut input, packed) = Input::open(path).map_err(|e| Fail::file("read", path, &e))?;
    let mut reader = Reader::default();
    let mut scan = Scan {
        format: None,
        damages: Vec::new(),
        cut: None,
        bytes: 0,
    };
    let mut buffer = vec![0; BUFFER_BYTES];
    let (mut from, mut to) = (0, 0);
    // While a place to go on at is looked for behind damage.
    let mut lost = false;
    loop {
        if reader.needed() > buffer.len() {
            buffer.resize(reader.needed(), 0);
        }
        buffer.copy_within(from..to, 0);
        (from, to) = (0, to - from);
        let n = match input.read(&mut buffer[to..]) {
            Ok(n) => n,
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
                0
            }
        };
        scan.bytes += n as u64;
        to += n;
        if n == 0 {
            break;
        }
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
    }
    scan.format = reader.format();
    let rest = (to - from) as u64;
    if (rest > 0 || scan.bytes == 0) && !lost {
        scan.cut = Some(reader.offset());
    }
    Ok(scan)
}
