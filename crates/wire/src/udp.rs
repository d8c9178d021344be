//! What a UDP payload is, by its first bytes (RFC 7983, RFC 9443).

/// Kinds of datagrams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// None of the others.
    Other,
    /// STUN or TURN (RFC 8489).
    Stun,
    /// A record of DTLS (RFC 6347, RFC 9147).
    Dtls,
    /// DTLS 1.3's short header, if the flow has shown DTLS before.
    MaybeDtls,
    /// A long header of QUIC (RFC 9000, section 17.2).
    QuicLong,
    /// QUIC's short header, if the flow has shown QUIC before.
    MaybeQuic,
    /// RTCP (RFC 3550, section 6).
    Rtcp,
    /// RTP, if the rest of its header is one.
    MaybeRtp,
}

/// What kind a payload is; `len` is its whole length in bytes, which the capture may have cut.
#[inline]
pub fn kind(bytes: &[u8], len: usize) -> Kind {
    let Some(&first) = bytes.first() else {
        return Kind::Other;
    };
    match first {
        0..=3 => match stun(bytes, len) {
            true => Kind::Stun,
            false => Kind::Other,
        },
        20..=26 if dtls(bytes, len) => Kind::Dtls,
        0x20..=0x3F => Kind::MaybeDtls,
        64..=127 => Kind::MaybeQuic,
        128..=191 => match bytes {
            // RFC 5761, section 4; the length is in words of four bytes, less one.
            [_, 200..=207, high, low, ..]
                if 4 + 4 * usize::from(u16::from_be_bytes([*high, *low])) <= len =>
            {
                Kind::Rtcp
            }
            _ => Kind::MaybeRtp,
        },
        192.. if quic(bytes) => Kind::QuicLong,
        _ => Kind::Other,
    }
}

/// Two zero bits, the magic cookie, the length (RFC 8489, section 5).
fn stun(bytes: &[u8], len: usize) -> bool {
    match bytes.first_chunk::<20>() {
        Some(head) => {
            head[4..8] == [0x21, 0x12, 0xA4, 0x42]
                && usize::from(u16::from_be_bytes([head[2], head[3]])) + 20 == len
        }
        None => false,
    }
}

/// A record's header (RFC 6347, section 4.1).
fn dtls(bytes: &[u8], len: usize) -> bool {
    match bytes.first_chunk::<13>() {
        Some(head) => {
            let record = usize::from(u16::from_be_bytes([head[11], head[12]]));
            head[1] == 0xFE && matches!(head[2], 0xFC..=0xFF) && 13 + record <= len
        }
        None => false,
    }
}

/// Versions that are sent to see whether the other end passes over what it does not know: `0x?a?a?a?a`
/// (RFC 9000, section 15).
fn is_reserved(version: [u8; 4]) -> bool {
    version.iter().all(|byte| byte & 15 == 10)
}

/// A long header (RFC 9000, section 17.2) of a version that was in use: 1, 2, drafts, Google's,
/// Meta's, or of one that is reserved.
fn quic(bytes: &[u8]) -> bool {
    match bytes {
        [_, a, b, c, d, id_len, ..] => {
            *id_len <= 20
                && (matches!(
                    [*a, *b, *c, *d],
                    [0, 0, 0, 1]
                        | [0x6B, 0x33, 0x43, 0xCF]
                        | [0xFF, 0, 0, _]
                        | [b'Q' | b'T', b'0', _, _]
                        | [0xFA, 0xCE, 0xB0, _]
                ) || is_reserved([*a, *b, *c, *d]))
        }
        _ => false,
    }
}
