//! What both hellos say in the open (RFC 8446, section 4.1; RFC 5246, section 7.4.1).

use super::keylog::Random;

/// Longest handshake message that is put together, bytes.
const MESSAGE_MAX: usize = 64 << 10;

pub(super) const CLIENT_HELLO: u8 = 1;
pub(super) const SERVER_HELLO: u8 = 2;

const SERVER_NAME: usize = 0;
const ALPN: usize = 16;
const SUPPORTED_VERSIONS: usize = 43;

/// The random of a server that wants another hello (RFC 8446, section 4.1.3).
const RETRY: Random = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
    0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// A client's hello, without type and length.
pub(crate) struct Client<'b> {
    pub random: Random,
    pub server_name: Option<&'b str>,
    pub alpn: Vec<&'b str>,
}

/// A server's hello, without type and length.
pub(super) struct Server<'b> {
    pub random: Random,
    /// As negotiated: 0x0303 for TLS 1.2, 0x0304 for TLS 1.3.
    pub version: u16,
    pub suite: u16,
    pub alpn: Option<&'b str>,
    /// It is no answer yet: another client hello follows.
    pub retry: bool,
}

/// Reads as far as the bytes go: extensions behind a cut are not seen.
pub(crate) fn client(bytes: &[u8]) -> Option<Client<'_>> {
    let mut rest = bytes.get(2..)?;
    let random = array(&mut rest)?;
    list8(&mut rest)?;
    list16(&mut rest)?;
    list8(&mut rest)?;
    let mut hello = Client {
        random,
        server_name: None,
        alpn: Vec::new(),
    };
    extensions(rest, |kind, body| match kind {
        SERVER_NAME => hello.server_name = hello.server_name.or_else(|| server_name(body)),
        ALPN => hello.alpn = protocols(body),
        _ => {}
    });
    Some(hello)
}

pub(super) fn server(bytes: &[u8]) -> Option<Server<'_>> {
    let mut rest = bytes;
    let version = number16(&mut rest)?;
    let random = array(&mut rest)?;
    list8(&mut rest)?;
    let suite = number16(&mut rest)? as u16;
    rest = rest.get(1..)?;
    let mut hello = Server {
        random,
        version: version as u16,
        suite,
        alpn: None,
        retry: random == RETRY,
    };
    extensions(rest, |kind, mut body| match kind {
        SUPPORTED_VERSIONS => {
            if let Some(version) = number16(&mut body) {
                hello.version = version as u16;
            }
        }
        ALPN => hello.alpn = protocols(body).first().copied(),
        _ => {}
    });
    Some(hello)
}

/// Whom a client's hello (without type and length) calls, as far as the bytes go.
pub fn client_server_name(hello: &[u8]) -> Option<&str> {
    client(hello)?.server_name
}

/// The version that a server's hello (without type and length) chooses; DTLS counts downwards from
/// 0xFEFF.
pub fn server_hello(hello: &[u8]) -> Option<u16> {
    server(hello).map(|hello| hello.version)
}

fn extensions<'b>(bytes: &'b [u8], mut on: impl FnMut(usize, &'b [u8])) {
    let Some(mut rest) = bytes.get(2..) else {
        return;
    };
    while let Some(kind) = number16(&mut rest)
        && let Some(body) = list16(&mut rest)
    {
        on(kind, body);
    }
}

/// RFC 6066, section 3.
fn server_name(body: &[u8]) -> Option<&str> {
    let mut rest = body.get(3..)?;
    std::str::from_utf8(list16(&mut rest)?).ok()
}

/// RFC 7301, section 3.1.
fn protocols(body: &[u8]) -> Vec<&str> {
    let mut rest = body.get(2..).unwrap_or_default();
    let names = std::iter::from_fn(|| list8(&mut rest));
    names
        .filter_map(|name| std::str::from_utf8(name).ok())
        .take(16)
        .collect()
}

fn number16(rest: &mut &[u8]) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes(array(rest)?)))
}

fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*head)
}

fn list8<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let len = usize::from(*rest.split_off_first()?);
    rest.split_off(..len)
}

fn list16<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let len = number16(rest)?;
    rest.split_off(..len)
}

/// Puts handshake messages together that lie in several records, or several in one.
#[derive(Debug, Default)]
pub(super) struct Messages {
    buffer: Vec<u8>,
}

impl Messages {
    /// Takes a record's content; calls `on` with type and body of each message that ends in it.
    /// `None` for a message that is too long.
    pub fn push(&mut self, content: &[u8], mut on: impl FnMut(u8, &[u8])) -> Option<()> {
        self.buffer.extend_from_slice(content);
        let mut at = 0;
        while let Some([kind, a, b, c]) = self.buffer.get(at..).and_then(|rest| rest.first_chunk())
        {
            let len = u32::from_be_bytes([0, *a, *b, *c]) as usize;
            if len > MESSAGE_MAX {
                return None;
            }
            let Some(body) = self.buffer.get(at + 4..at + 4 + len) else {
                break;
            };
            on(*kind, body);
            at += 4 + len;
        }
        self.buffer.drain(..at);
        Some(())
    }
}
