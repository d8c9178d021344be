//! What both sides say before they encrypt: the beginning of one direction of a connection.

use super::hello::{self, CLIENT_HELLO, Messages, SERVER_HELLO};
use super::{CHANGE_CIPHER_SPEC, HANDSHAKE};

/// A handshake message that holds certificates (RFC 5246, section 7.4.2). From TLS 1.3 on it is encrypted.
const CERTIFICATE: u8 = 11;

/// What stands in the open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flight {
    /// Whom a client calls (RFC 6066, section 3).
    pub server_name: Option<String>,
    /// The version that a server chose, as it stands in a hello: 0x0303 is TLS 1.2, 0x0304 is TLS 1.3.
    pub version: Option<u16>,
    /// The server's own certificate (DER), up to TLS 1.2.
    pub certificate: Option<Vec<u8>>,
    /// Encryption has begun, or what follows is no handshake: more bytes say nothing more.
    pub ended: bool,
}

/// Reads one direction from its first byte on, as far as the bytes go. Nothing is an error: what cannot be read
/// ends it.
pub fn flight(bytes: &[u8]) -> Flight {
    let mut flight = Flight::default();
    let mut messages = Messages::default();
    let mut rest = bytes;
    loop {
        let [kind, 3, _, high, low, body @ ..] = rest else {
            flight.ended |= rest.len() >= 5;
            return flight;
        };
        if *kind != HANDSHAKE {
            // What a client of TLS 1.3 sends for the sake of old middleboxes does not matter: it follows the hello.
            flight.ended |= *kind != CHANGE_CIPHER_SPEC || flight.version.is_some();
            return flight;
        }
        let len = usize::from(u16::from_be_bytes([*high, *low]));
        let record = body.get(..len).unwrap_or(body);
        let read = messages.push(record, |kind, body| match kind {
            CLIENT_HELLO => {
                let name = hello::client_server_name(body);
                flight.server_name = name.map(str::to_owned);
            }
            SERVER_HELLO => flight.version = hello::server_hello(body),
            CERTIFICATE if flight.certificate.is_none() => flight.certificate = first(body),
            _ => {}
        });
        match (read, body.get(len..)) {
            (Some(()), Some(after)) => rest = after,
            (Some(()), None) => return flight,
            (None, _) => {
                flight.ended = true;
                return flight;
            }
        }
    }
}

/// The first of a list of certificates, each with its length in front.
fn first(body: &[u8]) -> Option<Vec<u8>> {
    let [_, _, _, a, b, c, rest @ ..] = body else {
        return None;
    };
    let len = u32::from_be_bytes([0, *a, *b, *c]) as usize;
    Some(rest.get(..len)?.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![kind, 3, 3];
        out.extend((body.len() as u16).to_be_bytes());
        out.extend(body);
        out
    }

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut out = vec![kind];
        out.extend(&(body.len() as u32).to_be_bytes()[1..]);
        out.extend(body);
        out
    }

    fn server_hello() -> Vec<u8> {
        let mut hello = vec![3, 3];
        hello.extend([7; 32]);
        hello.extend([0, 0xC0, 0x2F, 0]);
        message(SERVER_HELLO, &hello)
    }

    #[test]
    fn a_servers_version_and_certificate_are_read_over_records() {
        let mut chain = vec![0, 0, 11, 0, 0, 5];
        chain.extend(b"first");
        chain.extend([0, 0, 0]);
        let flight_bytes = [server_hello(), message(CERTIFICATE, &chain)].concat();
        let (a, b) = flight_bytes.split_at(60);
        let bytes = [record(HANDSHAKE, a), record(HANDSHAKE, b)].concat();
        let read = flight(&bytes);
        assert_eq!(read.version, Some(0x0303));
        assert_eq!(read.certificate.as_deref(), Some(&b"first"[..]));
        assert!(!read.ended);
        let ended = flight(&[bytes, record(CHANGE_CIPHER_SPEC, &[1])].concat());
        assert!(ended.ended);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_left(bytes: Vec<u8>, cut in 0..200usize) {
            flight(&bytes);
            let whole = record(HANDSHAKE, &server_hello());
            flight(&whole[..cut.min(whole.len())]);
            flight(&[whole, bytes].concat());
        }
    }
}
