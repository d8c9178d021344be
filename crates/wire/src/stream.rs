//! A byte stream cut into messages, and each of them read: HTTP/1.1 requests, then WebSocket
//! messages where one asked for that, HTTP/2, lines of JSON, TLS as something that cannot be read.
//!
//! Every byte that is pushed ends up in exactly one [`Message`], read or not.

use std::ops::Range;

use crate::decode::{self, Decoded, decode, http, websocket};
use crate::http2;

/// Longest line that is waited for, bytes.
const LINE_MAX: usize = 64 << 10;

/// Some bytes of a stream that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// How many bytes.
    pub len: usize,
    /// Where they lie in the stream, in order; several runs where other messages lie in between.
    pub runs: Vec<Range<u64>>,
    /// What they say; [`Decoded::opaque`] of them could not be read.
    pub decoded: Decoded,
}

#[derive(Debug, Default)]
enum State {
    /// Nothing is known yet, or a request has ended and another may follow.
    #[default]
    Fresh,
    /// A request may begin with any segment, after a hole.
    Lost,
    WebSocket,
    Http2(Box<http2::Connection>),
    Lines,
    /// Nothing that could be read.
    Opaque,
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub struct Stream {
    state: State,
    buffer: Vec<u8>,
    /// Where the buffer lies in the stream.
    at: u64,
    /// Looking again is no use before the buffer holds this many bytes.
    needed: usize,
    /// What a WebSocket's values are shown under.
    prefix: String,
    /// The WebSocket message that goes on: its payload, where it lies, compressed or not.
    fragments: Vec<u8>,
    fragment_runs: Vec<Range<u64>>,
    deflated: bool,
    /// Whether the bytes of a message's pieces are kept.
    keep: bool,
}

type On<'a> = &'a mut dyn FnMut(Message);

impl Stream {
    /// A stream of which the bytes of each message's pieces are kept ([`Decoded::pieces`]), where the message
    /// is read.
    pub fn keeping() -> Stream {
        Stream {
            keep: true,
            ..Stream::default()
        }
    }

    /// Takes the next bytes; calls `on` with the messages that end in them.
    pub fn push(&mut self, bytes: &[u8], on: On) {
        self.buffer.extend_from_slice(bytes);
        while !self.buffer.is_empty() && self.buffer.len() >= self.needed && self.step(on) {}
    }

    /// Bytes are missing here: what was begun cannot be read.
    pub fn gap(&mut self, on: On) {
        self.flush(on);
        self.state = match self.state {
            State::Fresh | State::Lost => State::Lost,
            // A line ends somewhere and a new one begins.
            State::Lines => State::Lines,
            State::WebSocket | State::Http2(_) | State::Opaque => State::Opaque,
        };
    }

    /// The stream is over: what was begun cannot be read.
    pub fn finish(&mut self, on: On) {
        self.flush(on);
    }

    /// Hands on what is held back, unread.
    fn flush(&mut self, on: On) {
        if let State::Http2(connection) = &mut self.state {
            connection.finish(on);
        }
        self.fragments.clear();
        self.needed = 0;
        let runs = std::mem::take(&mut self.fragment_runs);
        self.hand_on(runs, self.buffer.len(), |_, len| unread(len), on);
    }

    /// Takes so many bytes off the buffer, and hands them on as read by `read`, together with what
    /// lies at `runs`.
    fn hand_on(
        &mut self,
        mut runs: Vec<Range<u64>>,
        n: usize,
        read: impl FnOnce(&[u8], usize) -> Decoded,
        on: On,
    ) {
        add_run(&mut runs, self.at..self.at + n as u64);
        let len = http2::total(&runs);
        if len > 0 {
            let decoded = read(self.buffer.get(..n).unwrap_or_default(), len);
            self.skip(n);
            on(Message { len, runs, decoded });
        }
    }

    fn skip(&mut self, n: usize) {
        self.buffer.drain(..n);
        self.at += n as u64;
    }

    /// Takes one thing off the buffer; whether it makes sense to try again.
    fn step(&mut self, on: On) -> bool {
        self.needed = 0;
        match self.state {
            State::Fresh => self.fresh(on),
            State::Lost => match http::extent(&self.buffer) {
                http::Extent::Not => {
                    self.flush(on);
                    false
                }
                _ => {
                    self.state = State::Fresh;
                    true
                }
            },
            State::WebSocket => self.websocket(on),
            State::Http2(_) => self.http2(on),
            State::Lines => self.line(on),
            State::Opaque => {
                self.flush(on);
                false
            }
        }
    }

    fn fresh(&mut self, on: On) -> bool {
        if self.buffer.starts_with(http2::PREFACE) {
            self.state = State::Http2(Box::new(http2::Connection::new(self.keep)));
            let n = http2::PREFACE.len();
            self.hand_on(Vec::new(), n, |_, len| decode::http2::preface(len), on);
            return true;
        }
        if http2::PREFACE.starts_with(&self.buffer) {
            return false;
        }
        match http::extent(&self.buffer) {
            http::Extent::Whole {
                len,
                websocket,
                tunnel,
            } => {
                if websocket {
                    let name = http::name(&self.buffer);
                    let (_, place) = name.split_once(' ').unwrap_or(("", &name));
                    self.prefix = format!("ws {place}");
                    self.state = State::WebSocket;
                } else if tunnel {
                    // Whatever follows is judged afresh.
                    self.state = State::Fresh;
                }
                let keep = self.keep;
                let read = |bytes: &[u8], _| decode::read("", bytes, keep);
                self.hand_on(Vec::new(), len, read, on);
                true
            }
            http::Extent::More(needed) => {
                self.needed = needed;
                false
            }
            http::Extent::Not if matches!(self.buffer[0], b'{' | b'[') => {
                self.state = State::Lines;
                true
            }
            http::Extent::Not => {
                self.state = State::Opaque;
                self.hand_on(Vec::new(), self.buffer.len(), beginning, on);
                false
            }
        }
    }

    fn http2(&mut self, on: On) -> bool {
        let State::Http2(connection) = &mut self.state else {
            return false;
        };
        let Some(frame) = http2::Frame::read(&self.buffer) else {
            return false;
        };
        let len = frame.whole_len();
        let taken = if frame.len > http2::FRAME_MAX {
            Err(http2::Broken)
        } else if let Some(payload) = self.buffer.get(len - frame.len..len) {
            let run = self.at..self.at + len as u64;
            connection.take(frame, payload, run, on)
        } else {
            self.needed = len;
            return false;
        };
        match taken {
            Ok(()) => self.skip(len),
            Err(http2::Broken) => {
                connection.finish(on);
                self.state = State::Opaque;
            }
        }
        true
    }

    fn line(&mut self, on: On) -> bool {
        match self.buffer.iter().position(|&b| b == b'\n') {
            Some(end) => {
                let keep = self.keep;
                let read = |bytes: &[u8], _| decode::read("", bytes, keep);
                self.hand_on(Vec::new(), end + 1, read, on);
                true
            }
            None if self.buffer.len() > LINE_MAX => {
                self.state = State::Opaque;
                true
            }
            None => false,
        }
    }

    fn websocket(&mut self, on: On) -> bool {
        let frame = match websocket::frame(&self.buffer) {
            Ok(frame) => frame,
            Err(websocket::NoFrame::More) => return false,
            Err(websocket::NoFrame::Not) => {
                self.state = State::Opaque;
                return true;
            }
        };
        // Control frames come between fragments (RFC 6455, section 5.4).
        if frame.opcode >= 8 {
            let prefix = format!("{} control", self.prefix);
            let keep = self.keep;
            let read = |_: &[u8], _| decode::read(&prefix, &frame.payload, keep);
            self.hand_on(Vec::new(), frame.len, read, on);
            return true;
        }
        if frame.opcode != 0 {
            self.deflated = frame.deflated;
        }
        self.fragments.extend_from_slice(&frame.payload);
        let mut runs = std::mem::take(&mut self.fragment_runs);
        if frame.fin {
            let payload = std::mem::take(&mut self.fragments);
            let decoded = websocket::message(&self.prefix, &payload, self.deflated, self.keep);
            self.hand_on(runs, frame.len, |_, _| decoded, on);
            return true;
        }
        add_run(&mut runs, self.at..self.at + frame.len as u64);
        let len = http2::total(&runs);
        self.fragment_runs = runs;
        self.skip(frame.len);
        if len > websocket::FRAME_MAX {
            self.state = State::Opaque;
        }
        true
    }
}

/// Whether bytes begin like a request of HTTP/1.1, or a connection of HTTP/2.
pub fn begins_request(bytes: &[u8]) -> bool {
    let method = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let method = (3..=16).contains(&method) && bytes.get(method) == Some(&b' ');
    bytes.starts_with(http2::PREFACE) || method && !matches!(http::extent(bytes), http::Extent::Not)
}

/// What nothing takes, as far as its beginning tells.
fn beginning(bytes: &[u8], len: usize) -> Decoded {
    let mut decoded = decode(bytes);
    // A guess at the beginning of something is no reading of it; TLS's name is.
    decoded.opaque = len;
    if decoded.formats != ["tls"] {
        decoded.leaves.clear();
    }
    decoded
}

fn unread(len: usize) -> Decoded {
    Decoded {
        opaque: len,
        ..Decoded::default()
    }
}

/// Adds a run, to the last one where it goes on from there.
pub(crate) fn add_run(runs: &mut Vec<Range<u64>>, run: Range<u64>) {
    match runs.last_mut() {
        _ if run.is_empty() => {}
        Some(last) if last.end == run.start => last.end = run.end,
        _ => runs.push(run),
    }
}
