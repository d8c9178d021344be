//! Whom a client calls, as it stands in the open at the begin of a TCP stream or a QUIC connection.

use std::collections::BTreeMap;

use crate::{quic, tls};

/// Longest hello that is put together, bytes; with keys that withstand quantum computers they are
/// about 2,000.
const HELLO_MAX: u64 = 16 << 10;
/// Pieces of it that are kept.
const PIECES_MAX: usize = 256;

/// One direction of a flow, from its begin on.
#[derive(Debug, Clone, Default)]
pub enum ServerName {
    /// Nothing that begins a hello was seen.
    #[default]
    Fresh,
    /// A hello over TCP whose rest is waited for, and the sequence number of its first byte.
    Tls(u32, Pieces),
    /// A hello over QUIC, and the connection id that its keys come from.
    Quic(Pieces, Option<Vec<u8>>),
}

impl ServerName {
    /// Takes a segment's sequence number and payload. Gives the name of the server that is addressed,
    /// once it can be read: SNI (RFC 6066, section 3) or `Host` (RFC 9110, section 7.2) without its
    /// port.
    pub fn segment(&mut self, seq: u32, payload: &[u8]) -> Option<String> {
        let name = match (&mut *self, payload) {
            (_, [22, 3, _, _, _, 1, ..]) => {
                let mut pieces = Pieces::default();
                pieces.add(0, payload);
                let name = pieces.name(records);
                *self = ServerName::Tls(seq, pieces);
                name
            }
            (ServerName::Tls(first, pieces), _) => {
                pieces.add(u64::from(seq.wrapping_sub(*first)), payload);
                pieces.name(records)
            }
            (_, [b'A'..=b'Z', ..]) => host(payload).and_then(clean),
            _ => None,
        };
        if name.is_some() {
            *self = ServerName::Fresh;
        }
        name
    }

    /// Takes the payload of a UDP datagram; as [`ServerName::segment`].
    pub fn datagram(&mut self, payload: &[u8]) -> Option<String> {
        let mut first = match self {
            ServerName::Quic(_, first) => first.take(),
            _ => None,
        };
        let found = quic::client_handshake(payload, &mut first);
        if !found.is_empty() && !matches!(self, ServerName::Quic(..)) {
            *self = ServerName::Quic(Pieces::default(), None);
        }
        let ServerName::Quic(pieces, id) = self else {
            return None;
        };
        *id = first;
        for (at, bytes) in found {
            pieces.add(at, &bytes);
        }
        let name = pieces.name(<[u8]>::to_vec);
        if name.is_some() {
            *self = ServerName::Fresh;
        }
        name
    }

    /// Whether more is waited for: what this is worth keeping for.
    pub fn waits(&self) -> bool {
        !matches!(self, ServerName::Fresh)
    }
}

/// Pieces of a hello, by where they begin.
#[derive(Debug, Clone, Default)]
pub struct Pieces(BTreeMap<u64, Vec<u8>>);

impl Pieces {
    fn add(&mut self, at: u64, bytes: &[u8]) {
        if at < HELLO_MAX && self.0.len() < PIECES_MAX && !bytes.is_empty() {
            self.0.entry(at).or_insert_with(|| bytes.to_vec());
        }
    }

    /// The name in what lies without a hole from the begin on; `unframed` takes the bytes of the
    /// transport to those of handshake messages.
    fn name(&self, unframed: impl Fn(&[u8]) -> Vec<u8>) -> Option<String> {
        let mut whole = Vec::new();
        for (at, bytes) in &self.0 {
            let known = (whole.len() as u64).checked_sub(*at)?;
            let fresh = bytes.get(usize::try_from(known).ok()?..);
            whole.extend_from_slice(fresh.unwrap_or_default());
        }
        let hello = unframed(&whole);
        let [1, _, _, _, hello @ ..] = hello.as_slice() else {
            return None;
        };
        clean(tls::client_server_name(hello)?)
    }
}

/// Handshake messages out of TLS' records (RFC 8446, section 5.1), as far as they go.
fn records(bytes: &[u8]) -> Vec<u8> {
    let mut handshake = Vec::new();
    let mut rest = bytes;
    while let [22, 3, _, high, low, body @ ..] = rest {
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let (record, after) = body.split_at(len.min(body.len()));
        handshake.extend_from_slice(record);
        rest = after;
    }
    handshake
}

fn clean(name: &str) -> Option<String> {
    let whole = name.bytes().all(|b| b.is_ascii_graphic()) && !name.is_empty();
    whole.then(|| name.to_ascii_lowercase())
}

fn host(payload: &[u8]) -> Option<&str> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    // A head that goes on in the next segment has its host in front, as a rule.
    request.parse(payload).ok()?;
    request.version?;
    let host = headers
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case("host"))?;
    let host = std::str::from_utf8(host.value).ok()?.trim();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(name),
        _ => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_name(payload: &[u8]) -> Option<String> {
        ServerName::default().segment(0, payload)
    }

    /// A hello (RFC 8446, section 4.1.2) with a long extension in front of a name, as a handshake
    /// message.
    fn hello() -> Vec<u8> {
        let name = b"example.test";
        let mut extensions = vec![0, 51, 4, 0];
        extensions.extend([7; 1024]);
        extensions.extend([0, 0, 0, name.len() as u8 + 5, 0, name.len() as u8 + 3, 0]);
        extensions.extend([0, name.len() as u8]);
        extensions.extend(name);
        let mut body = vec![3, 3];
        body.extend([0; 32]);
        body.extend([0, 0, 2, 0x13, 1, 1, 0]);
        body.extend((extensions.len() as u16).to_be_bytes());
        body.extend(extensions);
        let [_, len @ ..] = (body.len() as u32).to_be_bytes();
        [&[1][..], &len, &body].concat()
    }

    fn record(content: &[u8]) -> Vec<u8> {
        let len = (content.len() as u16).to_be_bytes();
        [&[22, 3, 1][..], &len, content].concat()
    }

    #[test]
    fn requests_name_their_server() {
        let get = b"GET / HTTP/1.1\r\nHost: Example.test:8080\r\n\r\n";
        assert_eq!(server_name(get).as_deref(), Some("example.test"));
        assert_eq!(server_name(&get[..30]), None);
        assert_eq!(server_name(b"GET nothing at all"), None);
    }

    #[test]
    fn a_hello_is_read_from_any_segments_and_records_in_any_order() {
        let hello = hello();
        let in_one = record(&hello);
        let in_two = [record(&hello[..300]), record(&hello[300..])].concat();
        for stream in [in_one, in_two] {
            assert_eq!(server_name(&stream).as_deref(), Some("example.test"));
            let first = u32::MAX - 100;
            let second = first.wrapping_add(600);
            let third = first.wrapping_add(700);
            let mut server_name = ServerName::default();
            assert_eq!(server_name.segment(first, &stream[..600]), None);
            assert!(server_name.waits());
            assert_eq!(server_name.segment(third, &stream[700..]), None);
            // Sent again, in part.
            assert_eq!(
                server_name.segment(first.wrapping_add(500), &stream[500..600]),
                None
            );
            let name = server_name.segment(second, &stream[600..700]);
            assert_eq!(name.as_deref(), Some("example.test"));
            assert!(!server_name.waits());
            for len in 0..stream.len() {
                ServerName::default().segment(0, &stream[..len]);
            }
        }
    }

    #[test]
    fn a_hello_over_quic_may_come_in_pieces() {
        let hello = hello();
        let frame = |from: usize, to: usize| {
            let mut frame = vec![6];
            frame.extend((from as u16 | 0x4000).to_be_bytes());
            frame.extend(((to - from) as u16 | 0x4000).to_be_bytes());
            frame.extend(&hello[from..to]);
            frame
        };
        let first = [frame(200, 700), frame(0, 200)].concat();
        let second = frame(700, hello.len());
        let mut server_name = ServerName::default();
        let sealed = |frames: &[u8]| quic::tests::sealed(b"12345678", b"12345678", frames);
        assert_eq!(server_name.datagram(&sealed(&first)), None);
        assert_eq!(server_name.datagram(&[0x40; 50]), None);
        let name = server_name.datagram(&sealed(&second));
        assert_eq!(name.as_deref(), Some("example.test"));
    }
}
