//! gzip (RFC 1952), zlib (RFC 1950), DEFLATE (RFC 1951), Zstandard (RFC 8878) and Brotli (RFC 7932).

use std::io::Read;

use miniz_oxide::inflate::{
    TINFLStatus, decompress_to_vec_with_limit, decompress_to_vec_zlib_with_limit,
};

use super::{Answer, INFLATED_MAX, Limit, Out, RATIO_MAX};

/// Small messages may grow by more than the ratio; a page is no bomb.
const FIRST_PAGE: usize = 4_096;

pub(super) fn gzip(bytes: &[u8], out: &mut Out) -> Answer {
    let Some(body) = gzip_body(bytes) else {
        return Answer::NotMine;
    };
    out.format("gzip");
    let most = most(body.len(), out);
    follow(
        bytes,
        decompress_to_vec_with_limit(body, most).map_err(|e| e.status),
        out,
    )
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
    follow(
        bytes,
        decompress_to_vec_zlib_with_limit(bytes, most).map_err(|e| e.status),
        out,
    )
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
    follow(
        bytes,
        decompress_to_vec_with_limit(&whole, most).map_err(|e| e.status),
        out,
    )
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

fn read(reader: impl Read, most: usize) -> Result<Vec<u8>, TINFLStatus> {
    let mut content = Vec::new();
    match reader.take(most as u64 + 1).read_to_end(&mut content) {
        Ok(_) if content.len() > most => Err(TINFLStatus::HasMoreOutput),
        Ok(_) => Ok(content),
        Err(_) => Err(TINFLStatus::Failed),
    }
}

/// Bytes that these may inflate to.
fn most(len: usize, out: &Out) -> usize {
    let left = INFLATED_MAX.saturating_sub(out.inflated);
    left.min(len.saturating_mul(RATIO_MAX).saturating_add(FIRST_PAGE))
}

fn follow(raw: &[u8], content: Result<Vec<u8>, TINFLStatus>, out: &mut Out) -> Answer {
    match content {
        Ok(content) => {
            out.inflated += content.len();
            Answer::Certain(out.unpacked(raw.len(), &content))
        }
        Err(TINFLStatus::HasMoreOutput) => {
            out.inflated = INFLATED_MAX;
            out.limit.get_or_insert(Limit::Inflated);
            Answer::Certain(out.bytes(raw))
        }
        Err(_) => Answer::NotMine,
    }
}
