use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::ScanError;
use crate::until::Until;

/// Bytes that a packed file may be in any case, and so many times its own length beyond that: captures pack to a
/// tenth or so, and one that is only zeros is none. Half a megabyte can be made that unpacks to days of work.
const UNPACKED_MIN: u64 = 1 << 30;
const UNPACKED_TIMES: u64 = 256;

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

/// Where bytes come from: an opened file, unpacked as it is read.
pub struct Input {
    source: Source,
    pub(crate) packed: Packed,
}

enum Source {
    /// A file, how much of it was read, and until when it is followed.
    Plain(File, u64, Option<Until>),
    /// What gives its bytes one after the other.
    Stream(Box<dyn Read + Send>),
}

impl Input {
    /// Opens a file; one that is packed cannot be followed.
    pub fn open(path: &Path, follow: Option<&Until>) -> Result<Input, ScanError> {
        let input = Input::of(path, follow).map_err(|source| ScanError::Open {
            path: path.to_owned(),
            source,
        })?;
        if follow.is_some() && input.packed != Packed::No {
            return Err(ScanError::FollowedPacked(path.to_owned()));
        }
        Ok(input)
    }

    fn of(path: &Path, follow: Option<&Until>) -> io::Result<Input> {
        let file = File::open(path)?;
        let mut magic = [0; 4];
        let stream = |reader: Box<dyn Read + Send>, packed| Input {
            source: Source::Stream(reader),
            packed,
        };
        // A pipe has no offsets; it is read as it comes, and not unpacked.
        let n = match file.read_at(&mut magic, 0) {
            Ok(n) => n,
            Err(e) if e.raw_os_error() == Some(libc::ESPIPE) => {
                return Ok(stream(Box::new(file), Packed::No));
            }
            Err(e) => return Err(e),
        };
        let most = UNPACKED_MIN + UNPACKED_TIMES.saturating_mul(file.metadata()?.len());
        Ok(match &magic[..n] {
            [0x1F, 0x8B, ..] => {
                let unpacked = flate2::read::MultiGzDecoder::new(io::BufReader::new(file));
                stream(bounded(unpacked, most), Packed::Gzip)
            }
            [0x28, 0xB5, 0x2F, 0xFD] => {
                let unpacked = ruzstd::decoding::StreamingDecoder::new(io::BufReader::new(file))
                    .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e.to_string()))?;
                stream(bounded(unpacked, most), Packed::Zstd)
            }
            _ => Input {
                source: Source::Plain(file, 0, follow.cloned()),
                packed: Packed::No,
            },
        })
    }

    /// The next bytes; none at the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.source {
            Source::Plain(file, offset, follow) => loop {
                // Before the look at the file: what was written until then is read.
                let over = follow.as_ref().is_none_or(Until::is_over);
                let n = file.read_at(buffer, *offset)?;
                *offset += n as u64;
                match follow {
                    Some(until) if n == 0 && !over => until.wait(),
                    _ => return Ok(n),
                }
            },
            Source::Stream(reader) => loop {
                match reader.read(buffer) {
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    other => return other,
                }
            },
        }
    }
}

/// As a capture is read; for whoever wants what is no capture.
impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Input::read(self, buffer)
    }
}

fn bounded(unpacked: impl Read + Send + 'static, most: u64) -> Box<dyn Read + Send> {
    let left = most;
    Box::new(Bounded {
        unpacked,
        most,
        left,
    })
}

/// What ends with an error once it has given more than it may.
struct Bounded<R> {
    unpacked: R,
    most: u64,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.unpacked.read(buffer)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => {
                let why = format!(
                    "it is more than {} bytes, which no capture packs so well",
                    self.most
                );
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_unpacks_without_end_is_not_read_without_end() {
        let mut endless = bounded(io::repeat(0), 100_000);
        let mut read = Vec::new();
        let e = endless.read_to_end(&mut read).unwrap_err();
        assert!(e.to_string().contains("more than 100000 bytes"), "{e}");
        assert!(read.len() <= 100_000);
        let mut whole = bounded(&[1; 100][..], 100);
        assert_eq!(whole.read_to_end(&mut read).unwrap(), 100);
    }
}
