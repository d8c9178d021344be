//! HTTP/1.1 requests (RFC 9112).

use super::{Answer, Decoded, Out, Part, compressed, form, text};
use crate::http2::hpack;

/// Longest head and longest body that are waited for, bytes.
pub const HEAD_MAX: usize = 64 << 10;
/// See [`HEAD_MAX`].
pub const BODY_MAX: usize = 256 << 10;

const HEADERS_MAX: usize = 64;

/// How long the request at the start of a stream is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Not known yet, or not all there yet: at least this many bytes are needed to say more.
    More(usize),
    /// This many bytes, all there. Says whether the stream goes on as something else.
    Whole {
        /// Bytes of head and body.
        len: usize,
        /// `Upgrade: websocket`.
        websocket: bool,
        /// `CONNECT`: what follows is somebody else's.
        tunnel: bool,
    },
    /// No request, or one that is longer than is waited for.
    Not,
}

struct Head<'b> {
    method: &'b str,
    target: &'b str,
    headers: Vec<Header<'b>>,
    len: usize,
}

struct Header<'b> {
    name: &'b str,
    value: &'b [u8],
    /// It was sent before, and only referred to now.
    again: bool,
}

impl Head<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let named = |h: &&Header| h.name.eq_ignore_ascii_case(name);
        let header = self.headers.iter().find(named)?;
        std::str::from_utf8(header.value).ok()
    }

    fn says(&self, name: &str, what: &str) -> bool {
        let value = self.value(name).unwrap_or("");
        value
            .split(',')
            .any(|v| v.trim().eq_ignore_ascii_case(what))
    }

    /// `POST host/path`: without the query, and with what looks like a token left out, so that a
    /// request for each user is not a name of its own.
    fn name(&self) -> (String, usize) {
        let target = self.target.split('?').next().unwrap_or("");
        let (host, path) = match target.split_once("://") {
            Some((_, rest)) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None => (self.value("host").unwrap_or(""), target),
        };
        let mut opaque = 0;
        let parts: Vec<&str> = path
            .split('/')
            .map(|part| match text::token_bytes(part) {
                0 => part,
                n => {
                    opaque += n;
                    "*"
                }
            })
            .collect();
        (format!("{} {host}{}", self.method, parts.join("/")), opaque)
    }
}

/// `None` if this is no request; `Some(None)` if it goes on.
fn head(bytes: &[u8]) -> Option<Option<Head<'_>>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let status = request.parse(bytes).ok()?;
    let httparse::Status::Complete(len) = status else {
        // Random bytes may be an unfinished method for long: methods are short.
        let early = bytes.iter().take(24).any(|&b| b == b' ') || bytes.len() < 24;
        return (early && bytes.len() <= HEAD_MAX).then_some(None);
    };
    let headers = request.headers.iter().map(|h| Header {
        name: h.name,
        value: h.value,
        again: false,
    });
    Some(Some(Head {
        method: request.method?,
        target: request.path?,
        headers: headers.collect(),
        len,
    }))
}

/// Looks how far the request at the start of `bytes` goes.
pub fn extent(bytes: &[u8]) -> Extent {
    match head(bytes) {
        None => Extent::Not,
        Some(None) => Extent::More(bytes.len() + 1),
        Some(Some(head)) => extent_behind(&head, bytes),
    }
}

fn extent_behind(head: &Head, bytes: &[u8]) -> Extent {
    let body = &bytes[head.len..];
    let len = match head.says("transfer-encoding", "chunked") {
        true => match chunks(body) {
            Chunks::Whole { len, .. } => len,
            Chunks::More(n) if body.len() <= 2 * BODY_MAX => return Extent::More(head.len + n),
            Chunks::More(_) | Chunks::Not => return Extent::Not,
        },
        false => match head.value("content-length").map(|n| n.trim().parse()) {
            None => 0,
            Some(Ok(len)) if len <= BODY_MAX => len,
            Some(_) => return Extent::Not,
        },
    };
    if body.len() < len {
        return Extent::More(head.len + len);
    }
    Extent::Whole {
        len: head.len + len,
        websocket: head.says("upgrade", "websocket"),
        tunnel: head.method == "CONNECT",
    }
}

/// The name under which a request's values are shown, `POST host/path`; empty if it is none.
pub fn name(bytes: &[u8]) -> String {
    head(bytes)
        .flatten()
        .map_or(String::new(), |head| head.name().0)
}

enum Chunks {
    Whole {
        len: usize,
        body: Vec<u8>,
    },
    /// At least so many bytes are needed.
    More(usize),
    Not,
}

/// A body in chunks (RFC 9112, section 7.1), and its trailer, which is passed over.
fn chunks(bytes: &[u8]) -> Chunks {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let (head, size) = match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Chunks::More(bytes.len() + 1),
            Err(_) => return Chunks::Not,
        };
        at += head;
        if size == 0 {
            break;
        }
        if size > (BODY_MAX - body.len()) as u64 {
            return Chunks::Not;
        }
        let end = at + size as usize;
        match (bytes.get(at..end), bytes.get(end..end + 2)) {
            (Some(chunk), Some(b"\r\n")) => body.extend_from_slice(chunk),
            (Some(_), Some(_)) => return Chunks::Not,
            _ => return Chunks::More(end + 2),
        }
        at = end + 2;
    }
    loop {
        let Some(line) = bytes[at..].windows(2).position(|pair| pair == b"\r\n") else {
            return Chunks::More(bytes.len() + 1);
        };
        at += line + 2;
        if line == 0 {
            return Chunks::Whole { len: at, body };
        }
    }
}

/// A whole request: head and body.
pub(super) fn request(bytes: &[u8], out: &mut Out) -> Answer {
    // Cheap before httparse: a method is upper case, and there is something behind it.
    if !bytes.first().is_some_and(u8::is_ascii_uppercase) || !bytes.contains(&b' ') {
        return Answer::NotMine;
    }
    let Some(Some(head)) = head(bytes) else {
        return Answer::NotMine;
    };
    let Extent::Whole { len, .. } = extent_behind(&head, bytes) else {
        return Answer::NotMine;
    };
    if len != bytes.len() {
        return Answer::NotMine;
    }
    out.format("http");
    let raw = &bytes[head.len..];
    let chunked = match head.says("transfer-encoding", "chunked") {
        true => chunks(raw),
        false => Chunks::Not,
    };
    Answer::Certain(match &chunked {
        Chunks::Whole { body, .. } => values(&head, body, out),
        Chunks::More(_) | Chunks::Not => values(&head, raw, out),
    })
}

/// A request that came in other clothes (HTTP/2): its fields and its body, `len` bytes as it was
/// sent, of which `padding` say nothing that is read; keeps the bytes of its pieces if `keep`.
pub(crate) fn of_fields(
    fields: &[hpack::Field],
    body: &[u8],
    len: usize,
    padding: usize,
    keep: bool,
) -> Decoded {
    let mut head = Head {
        method: "",
        target: "",
        headers: Vec::new(),
        len: 0,
    };
    let mut out = Out::new("", keep);
    out.format("http");
    out.format("http2");
    let mut opaque = padding;
    for field in fields {
        let (Ok(name), value) = (std::str::from_utf8(&field.name), &field.value) else {
            opaque += field.name.len() + field.value.len();
            continue;
        };
        let text = std::str::from_utf8(value).unwrap_or("");
        let name = match name {
            ":method" => {
                head.method = text;
                continue;
            }
            ":path" => {
                head.target = text;
                continue;
            }
            ":authority" => "host",
            ":scheme" if matches!(text, "http" | "https") => continue,
            name => name,
        };
        head.headers.push(Header {
            name,
            value,
            again: field.again,
        });
    }
    opaque += values(&head, body, &mut out);
    out.done(len, opaque)
}

/// All that a request says; gives the unread bytes.
fn values(head: &Head, body: &[u8], out: &mut Out) -> usize {
    let (name, mut opaque) = head.name();
    out.start(&name);
    let path = head.target.split('?').next().unwrap_or("");
    out.keep(Part::Name, path.as_bytes());
    if let Some((_, query)) = head.target.split_once('?') {
        opaque += form::fields(query, out);
    }
    for header in &head.headers {
        if header.name.eq_ignore_ascii_case("host") {
            out.keep(Part::Name, header.value);
            continue;
        }
        let unread = out.under(" header ", |out| {
            out.push(&header.name.to_ascii_lowercase());
            match std::str::from_utf8(header.value) {
                Ok(value) => out.text(value),
                Err(_) => out.bytes(header.value),
            }
        });
        if !header.again {
            opaque += unread;
        }
    }
    opaque + self::body(head, body, out)
}

/// The body, as the head declares it, else by its looks.
fn body(head: &Head, body: &[u8], out: &mut Out) -> usize {
    if head.says("content-encoding", "deflate") {
        // Declared deflate is zlib by the standard, and raw from careless programs.
        let mark = out.mark();
        if let Answer::Certain(opaque) = compressed::zlib(body, out) {
            return opaque;
        }
        out.back(&mark);
        if let Answer::Certain(opaque) = compressed::deflate(body, false, out) {
            return opaque;
        }
        out.back(&mark);
    }
    if head.says("content-encoding", "br") {
        let mark = out.mark();
        if let Answer::Certain(opaque) = compressed::brotli(body, out) {
            return opaque;
        }
        out.back(&mark);
    }
    let kind = head.value("content-type").unwrap_or("");
    if kind.starts_with("application/x-www-form-urlencoded")
        && let Ok(text) = std::str::from_utf8(body)
    {
        return form::fields(text.trim_end(), out);
    }
    if kind.starts_with("text/")
        && let Ok(text) = std::str::from_utf8(body)
        && !text.is_empty()
    {
        return out.under(" body", |out| out.text(text));
    }
    out.content(body)
}
