//! HTTP/2 frames that steer the connection (RFC 9113, section 6; RFC 9218).

use super::{Decoded, Out};

/// Reads a frame of `len` bytes, header included; what it carries is all there.
pub(crate) fn control(kind: u8, flags: u8, payload: &[u8], len: usize) -> Decoded {
    let mut out = Out::new("", false);
    let opaque = frame(kind, flags, payload, &mut out);
    let opaque = match opaque {
        Some(opaque) => {
            out.format("http2");
            opaque
        }
        None => len,
    };
    out.done(len, opaque)
}

/// The preface.
pub(crate) fn preface(len: usize) -> Decoded {
    let mut out = Out::new("", false);
    out.format("http2");
    out.done(len, 0)
}

/// The unread bytes; `None` if it is none of these frames.
fn frame(kind: u8, flags: u8, payload: &[u8], out: &mut Out) -> Option<usize> {
    let is_answer = flags & 1 != 0;
    match (kind, payload) {
        (2, [_, _, _, _, weight]) => {
            out.start("http2 priority stream");
            out.number(f64::from(u32_of(payload)? & 0x7FFF_FFFF));
            out.path.clear();
            out.start("http2 priority weight");
            out.number(f64::from(*weight));
        }
        (3, [_, _, _, _]) => {
            out.start("http2 reset");
            out.number(f64::from(u32_of(payload)?));
        }
        (4, _) if payload.len().is_multiple_of(6) => {
            for setting in payload.chunks_exact(6) {
                let (number, value) = setting.split_first_chunk::<2>()?;
                out.path.clear();
                out.start(&format!("http2 setting {}", u16::from_be_bytes(*number)));
                out.number(f64::from(u32_of(value)?));
            }
        }
        // Whoever answers sends back what was asked; what asks may be anything.
        (6, _) if payload.len() == 8 => {
            out.start(if is_answer {
                "http2 pong"
            } else {
                "http2 ping"
            });
            return Some(out.bytes(payload));
        }
        (7, [_, _, _, _, _, _, _, _, rest @ ..]) => {
            out.start("http2 farewell");
            out.number(f64::from(u32_of(payload.get(4..)?)?));
            if !rest.is_empty() {
                return Some(out.bytes(rest));
            }
        }
        (8, [_, _, _, _]) => {
            out.start("http2 window");
            out.number(f64::from(u32_of(payload)? & 0x7FFF_FFFF));
        }
        (16, [_, _, _, _, text @ ..]) => {
            out.start("http2 priority");
            return Some(out.text(std::str::from_utf8(text).ok()?));
        }
        _ => return None,
    }
    Some(0)
}

fn u32_of(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.first_chunk()?))
}
