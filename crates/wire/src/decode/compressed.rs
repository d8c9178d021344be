//! gzip (RFC 1952), zlib (RFC 1950), DEFLATE (RFC 1951), Zstandard (RFC 8878) and Brotli (RFC 7932).

use std::io::Read;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::{Answer, INFLATED_MAX, Limit, Out, RATIO_MAX};

/// Small messages may grow by more than the ratio; a page is no bomb.
const FIRST_PAGE: usize = 4_096;

pub(super) fn gzip(bytes: &[u8], out: &mut Out) -> Answer {
    let Some(body) = gzip_body(bytes) else {
        return Answer::NotMine;
    };
    out.format("gzip");
    let most = most(body.len(), out);
    follow(bytes, inflate(body, false, most), out)
}

/// The compressed data behind the header; the checksum and length behind it are left to the end of
/// the DEFLATE stream.
fn gzip_body(bytes: &[u8]) -> Option<&[u8]> {
    let (head, mut rest) = bytes.split_at_checked(10)?;
    if head[..3] != [0x1F, 0x8B, 8] {
        return None;
    }
    let flags = head[3];
    if flags & 4 != 0 {
        let (len, after) = rest.split_at_checked(2)?;
        rest = after.get(usize::from(u16::from_le_bytes([len[0], len[1]]))..)?;
    }
    // Name and comment, each ended by a zero.
    for flag in [8, 16] {
        if flags & flag != 0 {
            let zero = rest.iter().position(|&b| b == 0)?;
            rest = &rest[zero + 1..];
        }
    }
    if flags & 2 != 0 {
        rest = rest.get(2..)?;
    }
    Some(rest)
}

pub(super) fn zlib(bytes: &[u8], out: &mut Out) -> Answer {
    // Method 8 with a window of up to 32 KiB, and a check that one random header of 31 passes: so
    // its checksum at the end decides.
    let fits = bytes.len() >= 8
        && bytes[0] & 15 == 8
        && bytes[0] >> 4 <= 7
        && u16::from_be_bytes([bytes[0], bytes[1]]).is_multiple_of(31);
    if !fits {
        return Answer::NotMine;
    }
    out.format("zlib");
    let most = most(bytes.len(), out);
    follow(bytes, inflate(bytes, true, most), out)
}

/// DEFLATE without any frame: only where something outside says so. `true` at `flushed` if the
/// stream was cut at a flush, as WebSocket does (RFC 7692, section 7.2.1).
pub(super) fn deflate(bytes: &[u8], flushed: bool, out: &mut Out) -> Answer {
    out.format("deflate");
    let most = most(bytes.len(), out);
    let mut whole = bytes.to_vec();
    if flushed {
        // The flush that was left off, and an empty last block so that the stream ends.
        whole.extend([0, 0, 0xFF, 0xFF, 1, 0, 0, 0xFF, 0xFF]);
    }
    follow(bytes, inflate(&whole, false, most), out)
}

pub(super) fn zstd(bytes: &[u8], out: &mut Out) -> Answer {
    if !bytes.starts_with(&[0x28, 0xB5, 0x2F, 0xFD]) {
        return Answer::NotMine;
    }
    out.format("zstd");
    let most = most(bytes.len(), out);
    let Ok(reader) = ruzstd::decoding::StreamingDecoder::new(bytes) else {
        return Answer::NotMine;
    };
    follow(bytes, read(reader, most), out)
}

/// Brotli has no mark: only where something outside says so.
pub(super) fn brotli(bytes: &[u8], out: &mut Out) -> Answer {
    out.format("brotli");
    let most = most(bytes.len(), out);
    let reader = brotli_decompressor::Decompressor::new(bytes, FIRST_PAGE);
    follow(bytes, read(reader, most), out)
}

/// Why something was not unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// It goes on behind what was allowed.
    More,
    /// It is damaged, or no such thing.
    Damaged,
}

/// DEFLATE, in zlib's frame or in none; what stands behind its end is passed over.
fn inflate(bytes: &[u8], framed: bool, most: usize) -> Result<Vec<u8>, Stop> {
    /// The largest window, 32 KiB.
    const WINDOW_BITS: u8 = 15;
    /// How much text grows, at first.
    const GROWTH: usize = 8;
    let mut inflater = Inflate::new(framed, WINDOW_BITS);
    let mut content = vec![0; bytes.len().saturating_mul(GROWTH).min(most)];
    loop {
        let (read, written) = (inflater.total_in() as usize, inflater.total_out() as usize);
        let (rest, room) = (&bytes[read..], &mut content[written..]);
        let status = inflater.decompress(rest, room, InflateFlush::Finish);
        let written = inflater.total_out() as usize;
        match status {
            Ok(Status::StreamEnd) => {
                content.truncate(written);
                return Ok(content);
            }
            Ok(_) if written == content.len() && written < most => {
                content.resize(written.saturating_mul(4).clamp(1, most), 0);
            }
            Ok(_) if written == content.len() => return Err(Stop::More),
            Ok(_) | Err(_) => return Err(Stop::Damaged),
        }
    }
}

fn read(reader: impl Read, most: usize) -> Result<Vec<u8>, Stop> {
    let mut content = Vec::new();
    match reader.take(most as u64 + 1).read_to_end(&mut content) {
        Ok(_) if content.len() > most => Err(Stop::More),
        Ok(_) => Ok(content),
        Err(_) => Err(Stop::Damaged),
    }
}

/// Bytes that these may inflate to.
fn most(len: usize, out: &Out) -> usize {
    let left = INFLATED_MAX.saturating_sub(out.inflated);
    left.min(len.saturating_mul(RATIO_MAX).saturating_add(FIRST_PAGE))
}

fn follow(raw: &[u8], content: Result<Vec<u8>, Stop>, out: &mut Out) -> Answer {
    match content {
        Ok(content) => {
            out.inflated += content.len();
            Answer::Certain(out.unpacked(raw.len(), &content))
        }
        Err(Stop::More) => {
            out.inflated = INFLATED_MAX;
            out.limit.get_or_insert(Limit::Inflated);
            Answer::Certain(out.bytes(raw))
        }
        Err(Stop::Damaged) => Answer::NotMine,
    }
}

#[cfg(test)]
mod tests {
    use miniz_oxide::deflate::{compress_to_vec, compress_to_vec_zlib};
    use miniz_oxide::inflate::{
        DecompressError, TINFLStatus, decompress_to_vec_with_limit,
        decompress_to_vec_zlib_with_limit,
    };
    use proptest::prelude::*;

    use super::*;

    fn same(theirs: Result<Vec<u8>, DecompressError>) -> Result<Vec<u8>, Stop> {
        theirs.map_err(|e| match e.status {
            TINFLStatus::HasMoreOutput => Stop::More,
            _ => Stop::Damaged,
        })
    }

    proptest! {
        /// Another implementation unpacks the same, or says the same of why not.
        #[test]
        fn two_implementations_agree(
            text in prop::collection::vec(prop::sample::select(b"{\":,0aeio\xFF".to_vec()), 0..3_000),
            level in 0u8..10,
            most in prop::sample::select(vec![0usize, 1, 2_999, 1 << 20]),
            damage in prop::option::of((any::<prop::sample::Index>(), any::<u8>())),
            keep in prop::option::of(any::<prop::sample::Index>()),
        ) {
            // Where something both ends too early and is too long, either may be said.
            let is_whole = damage.is_none() && keep.is_none();
            let most = if is_whole { most } else { 1 << 20 };
            for framed in [false, true] {
                let mut packed = match framed {
                    false => compress_to_vec(&text, level),
                    true => compress_to_vec_zlib(&text, level),
                };
                if let Some((at, with)) = damage {
                    let at = at.index(packed.len());
                    packed[at] = with;
                }
                if let Some(keep) = keep {
                    packed.truncate(keep.index(packed.len() + 1));
                }
                let theirs = match framed {
                    false => decompress_to_vec_with_limit(&packed, most),
                    true => decompress_to_vec_zlib_with_limit(&packed, most),
                };
                prop_assert_eq!(inflate(&packed, framed, most), same(theirs));
            }
        }
    }
}
