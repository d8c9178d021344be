//! One connection: the hellos, then the client's records.

use super::cipher::{Aead, Opened, TAG_LEN};
use super::hello::{self, CLIENT_HELLO, Messages, SERVER_HELLO};
use super::keylog::{Keys, Random};
use super::open::Records;
use super::piece::{Facts, Piece, Side, Unread};
use super::{APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, TLS_12, TLS_13};

/// Bytes of the client that wait for the server's hello.
const HELD_MAX: usize = 256 << 10;

const HEADER_LEN: usize = 5;

/// One connection.
#[derive(Default)]
pub struct Session {
    facts: Facts,
    state: State,
    /// What the client sent and no piece holds yet.
    buffer: Vec<u8>,
    client_messages: Messages,
    random: Option<Random>,
    server: Server,
    server_buffer: Vec<u8>,
    server_messages: Messages,
    /// The client announced that it will encrypt from now on.
    changed: bool,
    /// Bytes of a record of which some are missing.
    skip: usize,
}

#[derive(Default)]
enum State {
    #[default]
    Handshake,
    Encrypted(Box<Records>),
    Sealed,
}

/// What is known of the server's hello.
#[derive(Default, Clone, Copy)]
enum Server {
    #[default]
    Waited,
    Seen(Random),
    /// It was not, and will not be.
    Missed,
}

type On<'a> = &'a mut dyn FnMut(Piece);

impl Session {
    /// Takes the next bytes of one side; calls `on` with the pieces that become known by them.
    pub fn push(&mut self, side: Side, bytes: &[u8], keys: &Keys, on: On) {
        match side {
            Side::Client => {
                let skipped = self.skip.min(bytes.len());
                self.skip -= skipped;
                unread(skipped, on);
                let bytes = bytes.get(skipped..).unwrap_or_default();
                self.buffer.extend_from_slice(bytes);
            }
            Side::Server => self.hear(bytes),
        }
        self.run(keys, on);
    }

    /// So many bytes of one side are missing here.
    pub fn gap(&mut self, side: Side, bytes: u64, keys: &Keys, on: On) {
        if side == Side::Server {
            self.miss();
            self.run(keys, on);
            return;
        }
        if !self.buffer.is_empty() {
            // What waits for the server's hello is not waited for any longer.
            self.miss();
            self.run(keys, on);
        }
        let searching = matches!(&self.state, State::Encrypted(records) if records.is_lost());
        let left = match self.buffer.as_slice() {
            _ if searching => 0,
            [_, _, _, high, low, ..] => {
                let len = HEADER_LEN + usize::from(u16::from_be_bytes([*high, *low]));
                len.saturating_sub(self.buffer.len())
            }
            _ => self.skip,
        };
        let kind = self.buffer.first().copied();
        unread(std::mem::take(&mut self.buffer).len(), on);
        self.skip = 0;
        self.client_messages = Messages::default();
        if bytes <= left as u64 {
            // The hole lies within one record, and where the next begins is known.
            self.skip = left - bytes as usize;
            if let (State::Encrypted(records), Some(kind)) = (&mut self.state, kind)
                && (!records.is_13() || kind == APPLICATION_DATA)
            {
                records.pass();
            }
            return;
        }
        self.begin(keys);
        match &mut self.state {
            State::Encrypted(records) => records.lose(bytes),
            State::Handshake | State::Sealed => self.seal(Unread::Damaged, on),
        }
    }

    /// The connection is over: what was begun is not read.
    pub fn finish(&mut self, keys: &Keys, on: On) {
        self.miss();
        self.run(keys, on);
        unread(std::mem::take(&mut self.buffer).len(), on);
        self.state = State::Sealed;
    }

    /// What is known of the connection by now.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    fn miss(&mut self) {
        if matches!(self.server, Server::Waited) {
            self.server = Server::Missed;
        }
        self.server_buffer = Vec::new();
    }

    /// Looks for the server's hello; what it sends behind that is not needed.
    fn hear(&mut self, bytes: &[u8]) {
        if !matches!(self.server, Server::Waited) {
            return;
        }
        self.server_buffer.extend_from_slice(bytes);
        while matches!(self.server, Server::Waited)
            && let Some((header, body)) = record(&self.server_buffer)
        {
            let len = HEADER_LEN + body.len();
            let facts = &mut self.facts;
            let server = &mut self.server;
            let read = match header[0] {
                HANDSHAKE => self.server_messages.push(body, |kind, body| {
                    let hello = (kind == SERVER_HELLO).then(|| hello::server(body));
                    if let Some(hello) = hello.flatten() {
                        facts.version = Some(hello.version);
                        facts.suite = Some(hello.suite);
                        facts.alpn = hello.alpn.map(str::to_owned);
                        if !hello.retry {
                            *server = Server::Seen(hello.random);
                        }
                    }
                }),
                CHANGE_CIPHER_SPEC => Some(()),
                _ => None,
            };
            if read.is_none() {
                self.miss();
            }
            self.server_buffer
                .drain(..len.min(self.server_buffer.len()));
        }
        let is_record = self.server_buffer.len() < HEADER_LEN || is_header(&self.server_buffer);
        if !is_record {
            self.miss();
        } else if !matches!(self.server, Server::Waited) {
            self.server_buffer = Vec::new();
        }
    }

    fn run(&mut self, keys: &Keys, on: On) {
        while !self.buffer.is_empty() && self.step(keys, on) {}
    }

    /// Takes one record off the buffer; whether it makes sense to try again.
    fn step(&mut self, keys: &Keys, on: On) -> bool {
        if matches!(self.state, State::Sealed) {
            unread(std::mem::take(&mut self.buffer).len(), on);
            return false;
        }
        if let State::Encrypted(records) = &self.state
            && records.is_lost()
        {
            return self.search(on);
        }
        if self.buffer.len() < HEADER_LEN {
            return false;
        }
        if !is_header(&self.buffer) {
            self.seal(Unread::Damaged, on);
            return true;
        }
        let Some((header, body)) = record(&self.buffer) else {
            return false;
        };
        let len = HEADER_LEN + body.len();
        if matches!(self.state, State::Handshake) {
            if self.held() {
                let too_long = self.buffer.len() > HELD_MAX;
                if too_long {
                    self.miss();
                }
                return too_long;
            }
            let encrypts = match header[0] {
                APPLICATION_DATA => true,
                // The server's retry comes before TLS 1.3's second hello, in the open.
                CHANGE_CIPHER_SPEC => false,
                _ => self.changed && self.facts.version != Some(TLS_13),
            };
            if encrypts {
                self.begin(keys);
                if matches!(self.state, State::Handshake) {
                    self.seal(Unread::Damaged, on);
                }
                return true;
            }
            self.greeting(header[0], len);
            self.drop_front(len, on);
            return true;
        }
        self.encrypted(header, len, on);
        true
    }

    /// Whether the record at the front cannot be judged before the server's hello.
    fn held(&self) -> bool {
        let open = match self.buffer.first() {
            Some(&CHANGE_CIPHER_SPEC) => true,
            Some(&HANDSHAKE) => !self.changed,
            _ => false,
        };
        matches!(self.server, Server::Waited) && self.random.is_some() && !open
    }

    /// A record in the open.
    fn greeting(&mut self, kind: u8, len: usize) {
        let body = self.buffer.get(HEADER_LEN..len).unwrap_or_default();
        self.changed |= kind == CHANGE_CIPHER_SPEC;
        if kind != HANDSHAKE {
            return;
        }
        let (facts, random) = (&mut self.facts, &mut self.random);
        let whole = self.client_messages.push(body, |kind, body| {
            let hello = (kind == CLIENT_HELLO).then(|| hello::client(body));
            if let Some(hello) = hello.flatten() {
                *random = Some(hello.random);
                facts.server_name = hello.server_name.map(str::to_owned);
                facts.alpn_offered = hello.alpn.into_iter().map(str::to_owned).collect();
            }
        });
        if whole.is_none() {
            self.random = None;
        }
    }

    /// From here on the client encrypts: finds its keys.
    fn begin(&mut self, keys: &Keys) {
        if !matches!(self.state, State::Handshake) {
            return;
        }
        let Some(random) = self.random else {
            return;
        };
        let found = self.records(&random, keys);
        self.state = match found {
            Ok(records) => State::Encrypted(Box::new(records)),
            Err(why) => {
                self.facts.unread = Some(why);
                State::Sealed
            }
        };
    }

    fn records(&self, random: &Random, keys: &Keys) -> Result<Records, Unread> {
        let aead = self.facts.suite.map(Aead::of_suite);
        if aead == Some(None) || self.facts.version.is_some_and(|v| v < TLS_12) {
            return Err(Unread::Cipher);
        }
        let secrets = keys.of(random).ok_or(Unread::NoKey)?;
        let aead = aead.flatten();
        match (self.facts.version, self.server, aead) {
            (Some(TLS_12), Server::Seen(server), Some(aead)) => {
                Records::new_12(aead, secrets, random, &server)
            }
            // Without the server's hello only TLS 1.3 can be read: its secrets say enough.
            (None | Some(TLS_13), _, aead) => Records::new_13(aead, secrets),
            _ => None,
        }
        .ok_or(Unread::NoKey)
    }

    /// A record behind the handshake.
    fn encrypted(&mut self, header: [u8; 5], len: usize, on: On) {
        let State::Encrypted(records) = &mut self.state else {
            return;
        };
        if records.is_13() && header[0] != APPLICATION_DATA {
            // For the sake of boxes in between (RFC 8446, appendix D.4).
            self.drop_front(len, on);
            return;
        }
        let body = self.buffer.get(HEADER_LEN..len).unwrap_or_default();
        match records.open(header, body) {
            Some((opened, nonce)) => {
                self.buffer.drain(..len);
                self.hand_on(opened, nonce, len, on);
            }
            None => {
                let why = match records.has_opened() {
                    true => Unread::Damaged,
                    false => Unread::NoKey,
                };
                self.seal(why, on);
            }
        }
    }

    /// Behind a hole: looks for the next record that opens.
    fn search(&mut self, on: On) -> bool {
        let State::Encrypted(records) = &mut self.state else {
            return false;
        };
        let mut at = 0;
        while let Some(rest) = self.buffer.get(at..).filter(|r| r.len() >= HEADER_LEN) {
            if is_header(rest) && rest.first() == Some(&APPLICATION_DATA) {
                // A made-up length is not waited for longer than a record may be.
                let Some((header, body)) = record(rest) else {
                    break;
                };
                let len = HEADER_LEN + body.len();
                if let Some((opened, nonce)) = records.open(header, body) {
                    self.drop_front(at, on);
                    self.buffer.drain(..len);
                    self.hand_on(opened, nonce, len, on);
                    return true;
                }
                if records.is_exhausted() {
                    self.seal(Unread::Damaged, on);
                    return false;
                }
            }
            at += 1;
        }
        self.drop_front(at, on);
        false
    }

    fn hand_on(&mut self, opened: Opened, nonce: usize, len: usize, on: On) {
        let is_13 = matches!(&self.state, State::Encrypted(records) if records.is_13());
        on(match opened.kind {
            APPLICATION_DATA => Piece::Content {
                header: HEADER_LEN + opened.nonce_len - nonce,
                nonce,
                content: opened.content,
                padding: opened.padding,
                trailer: TAG_LEN + usize::from(is_13),
            },
            _ => Piece::Unread { len },
        });
        // A new handshake inside the old one (TLS 1.2): its keys are not followed.
        if opened.kind == CHANGE_CIPHER_SPEC {
            self.seal(Unread::Damaged, on);
        }
    }

    fn drop_front(&mut self, len: usize, on: On) {
        let len = len.min(self.buffer.len());
        self.buffer.drain(..len);
        unread(len, on);
    }

    fn seal(&mut self, why: Unread, on: On) {
        self.facts.unread.get_or_insert(why);
        self.state = State::Sealed;
        unread(std::mem::take(&mut self.buffer).len(), on);
    }
}

/// Type, version 3.x, a length that a record may have.
fn is_header(bytes: &[u8]) -> bool {
    crate::decode::is_tls(bytes)
}

/// The record at the start of the bytes, if it is whole.
fn record(bytes: &[u8]) -> Option<([u8; 5], &[u8])> {
    let (header, rest) = bytes.split_first_chunk::<HEADER_LEN>()?;
    let len = usize::from(u16::from_be_bytes([header[3], header[4]]));
    Some((*header, rest.get(..len)?))
}

fn unread(len: usize, on: On) {
    if len > 0 {
        on(Piece::Unread { len });
    }
}
