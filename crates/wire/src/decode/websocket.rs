//! WebSocket frames of a client (RFC 6455, section 5), masked.

use super::{Answer, Decoded, Out, compressed};

/// Longest frame that is waited for, bytes.
pub const FRAME_MAX: usize = 256 << 10;

/// A frame, unmasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The last one of its message.
    pub fin: bool,
    /// Compressed (RFC 7692; reserved bit 1).
    pub deflated: bool,
    /// 0 continuation, 1 text, 2 binary, 8 to 10 control.
    pub opcode: u8,
    /// What it carries.
    pub payload: Vec<u8>,
    /// Length of the whole frame, bytes.
    pub len: usize,
}

/// Why there is no frame yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoFrame {
    /// It goes on.
    More,
    /// These bytes are no client's frame, or one longer than [`FRAME_MAX`].
    Not,
}

/// Reads the frame at the start of `bytes`.
pub fn frame(bytes: &[u8]) -> Result<Frame, NoFrame> {
    let &[first, second, ..] = bytes else {
        return Err(NoFrame::More);
    };
    let opcode = first & 15;
    // Bits 2 and 3 are reserved; a client's frames are masked.
    if first & 0x30 != 0 || second & 0x80 == 0 || !matches!(opcode, 0..=2 | 8..=10) {
        return Err(NoFrame::Not);
    }
    let (len, at) = match second & 127 {
        126 => match bytes.get(2..4) {
            Some(len) => (u64::from(u16::from_be_bytes([len[0], len[1]])), 4),
            None => return Err(NoFrame::More),
        },
        127 => match bytes.get(2..10).and_then(|len| len.try_into().ok()) {
            Some(len) => (u64::from_be_bytes(len), 10),
            None => return Err(NoFrame::More),
        },
        len => (u64::from(len), 2),
    };
    if len > FRAME_MAX as u64 {
        return Err(NoFrame::Not);
    }
    let (from, to) = (at + 4, at + 4 + len as usize);
    let (Some(mask), Some(masked)) = (bytes.get(at..from), bytes.get(from..to)) else {
        return Err(NoFrame::More);
    };
    let unmasked = masked.iter().zip(mask.iter().cycle());
    Ok(Frame {
        fin: first & 0x80 != 0,
        deflated: first & 0x40 != 0,
        opcode,
        payload: unmasked.map(|(byte, mask)| byte ^ mask).collect(),
        len: to,
    })
}

/// Reads a whole message, put together from its frames' payloads; keeps the bytes of its pieces if `keep`.
pub fn message(prefix: &str, payload: &[u8], deflated: bool, keep: bool) -> Decoded {
    let mut out = Out::new(prefix, keep);
    out.format("websocket");
    let opaque = match deflated {
        // A message that refers to earlier ones ("context takeover") does not inflate by itself.
        true => match compressed::deflate(payload, true, &mut out) {
            Answer::Certain(opaque) | Answer::Unsure(opaque) => opaque,
            Answer::NotMine => out.bytes(payload),
        },
        false => out.content(payload),
    };
    out.done(payload.len(), opaque)
}
