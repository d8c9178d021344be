//! Encrypted or signalling formats that are recognised so that they are not mistaken for anything
//! else: TLS, DTLS, STUN, QUIC, RTCP. All their bytes count as unread.

use super::{Answer, Out};
use crate::tls;

pub(super) fn sealed(bytes: &[u8], out: &mut Out) -> Answer {
    let name = if is_tls(bytes) {
        if let Some(name) = server_name(bytes) {
            out.under("tls server name", |out| out.text(name));
        }
        "tls"
    } else if is_dtls(bytes) {
        "dtls"
    } else if is_stun(bytes) {
        "stun"
    } else if is_quic(bytes) {
        "quic"
    } else {
        return super::rtp::rtcp(bytes, out);
    };
    out.format(name);
    Answer::Certain(bytes.len())
}

/// A TLS record (RFC 8446, section 5.1): type, version 3.x, a length that a record may have. The
/// record itself may go on.
pub(crate) fn is_tls(bytes: &[u8]) -> bool {
    match bytes {
        [20..=23, 3, 0..=4, high, low, ..] => {
            let len = usize::from(u16::from_be_bytes([*high, *low]));
            (1..=16_640).contains(&len)
        }
        _ => false,
    }
}

/// A DTLS record (RFC 6347, section 4.1), or DTLS 1.3's unified header (RFC 9147, section 4).
pub fn is_dtls(bytes: &[u8]) -> bool {
    match bytes.get(..13) {
        Some(head) if (20..=26).contains(&head[0]) && head[1] == 0xFE => {
            let len = usize::from(u16::from_be_bytes([head[11], head[12]]));
            matches!(head[2], 0xFC..=0xFF) && 13 + len <= bytes.len()
        }
        _ => false,
    }
}

/// STUN (RFC 8489, section 5): two zero bits, the magic cookie, the length.
fn is_stun(bytes: &[u8]) -> bool {
    bytes.len() >= 20
        && bytes[0] >> 6 == 0
        && bytes[4..8] == [0x21, 0x12, 0xA4, 0x42]
        && usize::from(u16::from_be_bytes([bytes[2], bytes[3]])) + 20 == bytes.len()
}

/// A QUIC long header (RFC 9000, section 17.2; RFC 9369 for version 2).
fn is_quic(bytes: &[u8]) -> bool {
    let versions = [[0, 0, 0, 1], [0x6B, 0x33, 0x43, 0xCF]];
    bytes.len() >= 7
        && bytes[0] & 0xC0 == 0xC0
        && versions.iter().any(|version| bytes[1..5] == *version)
        && bytes[5] <= 20
}

/// The server name of a ClientHello, if the record holds it.
fn server_name(bytes: &[u8]) -> Option<&str> {
    match bytes {
        // Record header, then type and length of the message.
        [22, _, _, _, _, 1, _, _, _, hello @ ..] => tls::hello::client(hello)?.server_name,
        _ => None,
    }
}
