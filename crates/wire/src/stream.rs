//! A byte stream cut into messages, and each of them read: HTTP/1.1 requests, then WebSocket
//! messages where one asked for that, lines of JSON, TLS as something that cannot be read.
//!
//! Every byte that is pushed ends up in exactly one [`Message`], read or not.

use crate::decode::{Decoded, decode, decode_under, http, websocket};

/// Longest line that is waited for, bytes.
const LINE_MAX: usize = 64 << 10;

/// Some bytes of a stream that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// How many of the stream's next bytes.
    pub len: usize,
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
    Lines,
    /// Nothing that could be read.
    Opaque,
}

/// One direction of a connection.
#[derive(Debug, Default)]
pub struct Stream {
    state: State,
    buffer: Vec<u8>,
    /// Looking again is no use before the buffer holds this many bytes.
    needed: usize,
    /// What a WebSocket's values are shown under.
    prefix: String,
    /// The WebSocket message that goes on: its payload, its bytes in the stream, compressed or not.
    fragments: Vec<u8>,
    fragments_len: usize,
    deflated: bool,
}

type On<'a> = &'a mut dyn FnMut(Message);

impl Stream {
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
            State::WebSocket | State::Opaque => State::Opaque,
        };
    }

    /// The stream is over: what was begun cannot be read.
    pub fn finish(&mut self, on: On) {
        self.flush(on);
    }

    /// Hands on what is held back, unread.
    fn flush(&mut self, on: On) {
        let len = self.buffer.len() + self.fragments_len;
        self.fragments.clear();
        self.fragments_len = 0;
        self.buffer.clear();
        self.needed = 0;
        unread(len, on);
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
            State::WebSocket => self.frame(on),
            State::Lines => self.line(on),
            State::Opaque => {
                self.flush(on);
                false
            }
        }
    }

    fn fresh(&mut self, on: On) -> bool {
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
                let decoded = decode(&self.buffer[..len]);
                self.buffer.drain(..len);
                on(Message { len, decoded });
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
                let mut decoded = decode(&self.buffer);
                // A guess at the beginning of something is no reading of it; TLS's name is.
                decoded.opaque = self.buffer.len();
                if decoded.formats != ["tls"] {
                    decoded.leaves.clear();
                }
                let len = self.buffer.len();
                self.buffer.clear();
                on(Message { len, decoded });
                false
            }
        }
    }

    fn line(&mut self, on: On) -> bool {
        match self.buffer.iter().position(|&b| b == b'\n') {
            Some(end) => {
                let decoded = decode(&self.buffer[..=end]);
                self.buffer.drain(..=end);
                on(Message {
                    len: end + 1,
                    decoded,
                });
                true
            }
            None if self.buffer.len() > LINE_MAX => {
                self.state = State::Opaque;
                true
            }
            None => false,
        }
    }

    fn frame(&mut self, on: On) -> bool {
        let frame = match websocket::frame(&self.buffer) {
            Ok(frame) => frame,
            Err(websocket::NoFrame::More) => return false,
            Err(websocket::NoFrame::Not) => {
                self.state = State::Opaque;
                return true;
            }
        };
        self.buffer.drain(..frame.len);
        // Control frames come between fragments (RFC 6455, section 5.4).
        if frame.opcode >= 8 {
            let prefix = format!("{} control", self.prefix);
            let decoded = decode_under(&prefix, &frame.payload);
            on(Message {
                len: frame.len,
                decoded,
            });
            return true;
        }
        if frame.opcode != 0 {
            self.deflated = frame.deflated;
        }
        self.fragments_len += frame.len;
        self.fragments.extend_from_slice(&frame.payload);
        if self.fragments_len > websocket::FRAME_MAX {
            self.state = State::Opaque;
            return true;
        }
        if frame.fin {
            let decoded = websocket::message(&self.prefix, &self.fragments, self.deflated);
            let len = std::mem::take(&mut self.fragments_len);
            self.fragments.clear();
            on(Message { len, decoded });
        }
        true
    }
}

fn unread(len: usize, on: On) {
    if len > 0 {
        let decoded = Decoded {
            opaque: len,
            ..Decoded::default()
        };
        on(Message { len, decoded });
    }
}
