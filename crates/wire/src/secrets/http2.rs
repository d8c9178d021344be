//! Header fields of HTTP/2, which stand in a code of their own (RFC 7541).

use std::ops::Range;

use super::names::{is_secret, is_secret_header};
use crate::http2::hpack::{Decoder, Literal};
use crate::http2::{
    CONTINUATION, END_HEADERS, FRAME_MAX, Frame, HEADER_LEN, HEADERS, PADDED, PREFACE, PRIORITY,
};

/// A value without a known name is taken for a secret from so many bytes on: shorter ones let nobody in.
const UNNAMED_MIN: usize = 16;

/// Overwrites values of secret fields in `data`, if it is HTTP/2 from its beginning on; returns how many.
/// One in Huffman's code becomes stars that are in none: the bytes stay as many.
pub(super) fn mask(data: &mut [u8], exempt: &[&[u8]]) -> usize {
    let mut fields = Decoder::default();
    let mut n_masked = 0;
    for block in blocks(data) {
        let bytes: Vec<u8> = block.iter().map(|&at| data[at]).collect();
        let Some(literals) = fields.literals(&bytes) else {
            // Nothing behind it can be read.
            break;
        };
        for literal in literals {
            let planted = exempt.iter().filter(|planted| !planted.is_empty());
            let is_planted = |value: &[u8]| {
                let holds = |planted: &&[u8]| value.windows(planted.len()).any(|w| w == *planted);
                planted.clone().any(holds)
            };
            if !is_secret_field(&literal) || is_planted(&literal.value) {
                continue;
            }
            n_masked += 1;
            data[block[literal.at]] &= 0x7F;
            for &at in &block[literal.bytes] {
                data[at] = super::STAR;
            }
        }
    }
    n_masked
}

fn is_secret_field(literal: &Literal) -> bool {
    match &literal.name {
        Some(name) if is_secret_header(name) || is_secret(name) => true,
        // In plain bytes the other rules find what is inside of it; in the code they would not.
        Some(_) => literal.coded && super::mask_text(&mut literal.value.clone(), &[]) > 0,
        None => literal.bytes.len() >= UNNAMED_MIN,
    }
}

/// The header blocks of `data`: where each of their bytes lies. Empty if it is no HTTP/2.
fn blocks(data: &[u8]) -> Vec<Vec<usize>> {
    let begun = data.starts_with(PREFACE);
    let mut at = if begun { PREFACE.len() } else { 0 };
    let mut blocks = Vec::new();
    let mut open: Option<(u32, Vec<usize>)> = None;
    while let Some(frame) = data.get(at..).and_then(Frame::read) {
        let sound = is_sound(&frame) && data[at + 5] & 0x80 == 0;
        let goes_on = open.as_ref().map(|(stream, _)| *stream);
        let in_turn = match goes_on {
            Some(stream) => frame.kind == CONTINUATION && frame.stream == stream,
            None => frame.kind != CONTINUATION,
        };
        if !sound || !in_turn {
            break;
        }
        let payload = at + HEADER_LEN..data.len().min(at + frame.whole_len());
        at += frame.whole_len();
        match frame.kind {
            HEADERS => match content(&frame, data, payload) {
                Some(content) => open = Some((frame.stream, content.collect())),
                None => break,
            },
            CONTINUATION => {
                if let Some((_, block)) = &mut open {
                    block.extend(payload);
                }
            }
            _ => continue,
        }
        if frame.is(END_HEADERS)
            && let Some((_, block)) = open.take()
        {
            blocks.push(block);
        }
    }
    blocks
}

/// Whether a frame may be one: bytes of anything else seldom look so, and never twice.
fn is_sound(frame: &Frame) -> bool {
    let of_connection = frame.stream == 0;
    frame.len <= FRAME_MAX
        && match frame.kind {
            0 | 1 | 5 | 9 => !of_connection,
            2 => !of_connection && frame.len == 5,
            3 => !of_connection && frame.len == 4,
            4 => of_connection && frame.len.is_multiple_of(6),
            6 => of_connection && frame.len == 8,
            7 => of_connection && frame.len >= 8,
            8 => frame.len == 4,
            // Extensions: ALTSVC, ORIGIN, PRIORITY_UPDATE.
            10 | 12 | 16 => true,
            _ => false,
        }
}

/// The header block in a frame, without what fills it up.
fn content(frame: &Frame, data: &[u8], payload: Range<usize>) -> Option<Range<usize>> {
    let (mut start, mut end) = (payload.start, payload.end);
    if frame.is(PADDED) {
        end = end.checked_sub(usize::from(*data.get(start)?))?;
        start += 1;
    }
    if frame.is(PRIORITY) {
        start += 5;
    }
    (start <= end && end <= data.len()).then_some(start..end)
}
