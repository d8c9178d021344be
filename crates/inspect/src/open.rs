//! What TCP and signalling say in the open: versions of TLS, names, requests, keys.

use std::collections::BTreeMap;

use wire::ServerName;

use crate::stream::Mark;

/// Longest text that is kept, bytes.
const TEXT_MAX: usize = 120;
/// Codecs of one flow's signalling that are kept.
const CODECS_MAX: usize = 16;

/// What stood in the open in one flow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open {
    /// Which end asks: see [`crate::table::Key::new`].
    pub up: bool,
    pub tls: Mark,
    /// As the server chose: 0x0303 is 1.2, 0x0304 is 1.3; 0 while it has not.
    pub tls_version: u16,
    pub server_name: Option<String>,
    /// Of a hello over QUIC.
    pub quic_name: Option<String>,
    /// A hello that goes on in packets to come.
    hello: ServerName,
    /// Requests of HTTP: the first one's method and path, and its host.
    pub http: Mark,
    pub http_request: String,
    pub http_host: Option<String>,
    /// Messages of SIP.
    pub sip: Mark,
    /// Keys of SRTP in them (RFC 4568).
    pub keys: Mark,
    /// What payload types mean, as SDP says.
    pub codecs: BTreeMap<u8, String>,
}

const METHODS: [&[u8]; 8] = [
    b"GET ",
    b"POST ",
    b"PUT ",
    b"HEAD ",
    b"DELETE ",
    b"OPTIONS ",
    b"PATCH ",
    b"CONNECT ",
];
const SIP: [&[u8]; 9] = [
    b"SIP/2.0 ",
    b"INVITE sip",
    b"REGISTER sip",
    b"ACK sip",
    b"BYE sip",
    b"OPTIONS sip",
    b"UPDATE sip",
    b"CANCEL sip",
    b"MESSAGE sip",
];

/// Whether a payload's first byte makes it worth to be looked at.
#[inline]
pub(crate) fn worth_a_look(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16, 3, 0..=4, ..] | [b'A'..=b'Z', b'A'..=b'Z', ..])
}

impl Open {
    /// Looks at a payload that is [`worth_a_look`]. Gives the name of the server, where one stands
    /// in it.
    pub(crate) fn push(&mut self, number: u64, up: bool, seq: u32, bytes: &[u8]) -> Option<String> {
        let before = (self.tls.n, self.http.n, self.sip.n);
        let name = self.look(number, seq, bytes);
        let asks = !matches!(
            bytes,
            [22, _, _, _, _, 2, ..] | [b'S', b'I', b'P', b'/', ..]
        );
        if before == (0, 0, 0) {
            self.up = up == asks;
        }
        name
    }

    /// Whether a hello goes on in the segments to come.
    pub(crate) fn waits(&self) -> bool {
        self.hello.waits()
    }

    /// Looks at a packet with a long header of QUIC. Gives the name of the server, as above.
    pub(crate) fn quic(&mut self, payload: &[u8]) -> Option<String> {
        let name = self.hello.datagram(payload).map(|name| text(&name))?;
        self.quic_name.get_or_insert_with(|| name.clone());
        Some(name)
    }

    fn look(&mut self, number: u64, seq: u32, bytes: &[u8]) -> Option<String> {
        match bytes {
            [22, 3, _, _, _, 1, ..] => {
                self.tls.add(number);
                return self.hello(seq, bytes);
            }
            [22, 3, _, _, _, 2, _, _, _, hello @ ..] => {
                self.tls.add(number);
                if let Some(version) = wire::tls::server_hello(hello) {
                    self.tls_version = version;
                }
                return None;
            }
            _ if self.waits() => return self.hello(seq, bytes),
            _ => {}
        }
        if SIP.iter().any(|begin| bytes.starts_with(begin)) {
            self.sip.add(number);
            self.sdp(number, bytes);
            return None;
        }
        if METHODS.iter().any(|method| bytes.starts_with(method))
            && let Some(line) = first_line(bytes)
            && line.contains(" HTTP/")
        {
            self.http.add(number);
            let host = header(bytes, "host");
            if self.http.n == 1 {
                // What comes behind a question mark is nobody's business here.
                let request = line.split([' ', '?']).take(2).collect::<Vec<_>>();
                self.http_request = text(&request.join(" "));
                self.http_host = host.clone();
            }
            return host;
        }
        None
    }

    fn hello(&mut self, seq: u32, bytes: &[u8]) -> Option<String> {
        let name = self.hello.segment(seq, bytes).map(|name| text(&name))?;
        self.server_name.get_or_insert_with(|| name.clone());
        Some(name)
    }

    /// A session description in a message (RFC 8866).
    fn sdp(&mut self, number: u64, bytes: &[u8]) {
        for line in String::from_utf8_lossy(bytes).lines() {
            if line.starts_with("a=crypto:") {
                self.keys.add(number);
            }
            if let Some(map) = line.strip_prefix("a=rtpmap:")
                && let Some((kind, codec)) = map.split_once(' ')
                && let Ok(kind) = kind.parse()
                && self.codecs.len() < CODECS_MAX
            {
                let name = codec.split('/').next().unwrap_or(codec);
                self.codecs.entry(kind).or_insert_with(|| text(name));
            }
        }
    }
}

fn first_line(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().position(|&b| b == b'\r' || b == b'\n');
    std::str::from_utf8(bytes.get(..end?)?).ok()
}

fn header(bytes: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(bytes);
    let lines = head.lines().skip(1).take_while(|line| !line.is_empty());
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name))?;
    Some(text(value.trim()))
}

/// A text from the network, cut to a length and without characters that are not to be seen.
pub(crate) fn text(from: &str) -> String {
    let shown = from.chars().filter(|c| !c.is_control());
    shown.take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_without_its_parameters() {
        let mut open = Open::default();
        let host = open.push(
            3,
            true,
            0,
            b"GET /where?token=secret HTTP/1.1\r\nHost: Example.test\r\n\r\n",
        );
        assert_eq!(host.as_deref(), Some("Example.test"));
        assert_eq!((open.http_request.as_str(), open.http.n), ("GET /where", 1));
        assert!(open.up);
        assert!(open.push(4, true, 0, b"GET nothing at all").is_none() && open.http.n == 1);
    }

    #[test]
    fn keys_and_codecs_stand_in_a_session_description() {
        let mut open = Open::default();
        let message = b"INVITE sip:b@example.test SIP/2.0\r\n\r\nm=audio 5004 RTP/SAVP 111\r\n\
            a=rtpmap:111 opus/48000/2\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n";
        assert!(worth_a_look(message));
        open.push(7, true, 0, message);
        assert_eq!((open.sip.n, open.keys.first), (1, 7));
        assert_eq!(open.codecs[&111], "opus");
    }
}
