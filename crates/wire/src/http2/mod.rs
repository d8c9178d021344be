//! HTTP/2 as a client speaks it (RFC 9113): frames to requests.
//!
//! The frames of several requests come mixed. A request is handed on when it is whole, with the
//! places of all its frames; what steers the connection is handed on frame by frame.

pub mod hpack;
mod huffman;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::decode::{self, Decoded, http};
use crate::stream::{Message, add_run};
use hpack::{Decoder, Field};

/// What a client's connection begins with.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Longest frame that is waited for, bytes; without another agreement none is above 16 KiB.
pub const FRAME_MAX: usize = 256 << 10;
/// Requests under way at once that are put together.
pub const REQUESTS_MAX: usize = 256;
/// Bytes of unfinished requests that are held.
pub const HELD_MAX: usize = 512 << 10;

pub(crate) const HEADER_LEN: usize = 9;

const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
const RESET: u8 = 3;
pub(crate) const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;
pub(crate) const PADDED: u8 = 8;
pub(crate) const PRIORITY: u8 = 0x20;

/// A frame's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// Bytes of what it carries.
    pub len: usize,
    /// Its type.
    pub kind: u8,
    /// Bits that mean something else for each type.
    pub flags: u8,
    /// Which request it belongs to; 0 for the connection.
    pub stream: u32,
}

impl Frame {
    /// Reads the header at the start of `bytes`; `None` if there is more to come.
    pub fn read(bytes: &[u8]) -> Option<Frame> {
        let [a, b, c, kind, flags, id @ ..] = bytes.first_chunk::<HEADER_LEN>()?;
        Some(Frame {
            len: u32::from_be_bytes([0, *a, *b, *c]) as usize,
            kind: *kind,
            flags: *flags,
            stream: u32::from_be_bytes(*id) & 0x7FFF_FFFF,
        })
    }

    /// Bytes of header and contents.
    pub fn whole_len(&self) -> usize {
        HEADER_LEN + self.len
    }

    pub(crate) fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// These bytes are not what they should be: nothing behind them can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// A client's connection, behind its preface.
#[derive(Debug, Default)]
pub struct Connection {
    fields: Decoder,
    requests: BTreeMap<u32, Request>,
    /// The header block that goes on: whose, and its bytes.
    block: Option<(u32, Vec<u8>)>,
    held: usize,
    /// Whether the bytes of a request's pieces are kept.
    keep: bool,
}

/// A request that is not whole.
#[derive(Debug, Default)]
struct Request {
    fields: Vec<Field>,
    body: Vec<u8>,
    /// Where its frames lie.
    runs: Vec<Range<u64>>,
    /// Bytes of filling, as much as the client liked.
    padding: usize,
    /// Its last frame was there.
    ended: bool,
    /// Too long to be put together; its frames are unread.
    given_up: bool,
    /// Its share of what is held.
    held: usize,
}

impl Request {
    fn hold(&mut self, bytes: usize) -> usize {
        self.held += bytes;
        bytes
    }
}

type On<'a> = &'a mut dyn FnMut(Message);

impl Connection {
    /// A connection of which nothing was seen; keeps the bytes of each request's pieces if `keep`.
    pub fn new(keep: bool) -> Connection {
        Connection {
            keep,
            ..Connection::default()
        }
    }

    /// Takes a frame, whole: its header, what it carries, and where it lies in the stream.
    pub fn take(
        &mut self,
        frame: Frame,
        payload: &[u8],
        run: Range<u64>,
        on: On,
    ) -> Result<(), Broken> {
        // Nothing may come between the parts of a header block (section 6.10).
        let goes_on = self.block.as_ref().map(|(stream, _)| *stream);
        if goes_on.is_some() != (frame.kind == CONTINUATION)
            || goes_on.is_some_and(|stream| stream != frame.stream)
        {
            return Err(Broken);
        }
        match frame.kind {
            DATA | HEADERS if frame.stream == 0 => Err(Broken),
            DATA => {
                let (content, padding) = unpadded(frame, payload).ok_or(Broken)?;
                self.data(frame, content, padding, run, on);
                Ok(())
            }
            HEADERS => {
                let (mut content, padding) = unpadded(frame, payload).ok_or(Broken)?;
                if frame.is(PRIORITY) {
                    content = content.get(5..).ok_or(Broken)?;
                }
                let known = self.requests.contains_key(&frame.stream);
                if known || self.requests.len() < REQUESTS_MAX {
                    let request = self.requests.entry(frame.stream).or_default();
                    request.padding += padding;
                    request.ended |= frame.is(END_STREAM);
                }
                self.block = Some((frame.stream, Vec::new()));
                self.header_block(frame, content, run, on)
            }
            CONTINUATION => self.header_block(frame, payload, run, on),
            RESET => {
                self.drop_request(frame.stream, on);
                self.control(frame, payload, run, on);
                Ok(())
            }
            _ => {
                self.control(frame, payload, run, on);
                Ok(())
            }
        }
    }

    /// Hands on what is held, unread.
    pub fn finish(&mut self, on: On) {
        while let Some((&stream, _)) = self.requests.first_key_value() {
            self.drop_request(stream, on);
        }
        self.block = None;
    }

    fn control(&mut self, frame: Frame, payload: &[u8], run: Range<u64>, on: On) {
        let len = frame.whole_len();
        let decoded = decode::http2::control(frame.kind, frame.flags, payload, len);
        on(Message {
            len,
            runs: vec![run],
            decoded,
        });
    }

    fn header_block(
        &mut self,
        frame: Frame,
        part: &[u8],
        run: Range<u64>,
        on: On,
    ) -> Result<(), Broken> {
        let (stream, block) = self.block.as_mut().ok_or(Broken)?;
        let stream = *stream;
        block.extend_from_slice(part);
        if block.len() > http::HEAD_MAX {
            return Err(Broken);
        }
        let list = match frame.is(END_HEADERS) {
            true => Some(self.fields.decode(block).ok_or(Broken)?),
            false => None,
        };
        self.keep(stream, run, on);
        let Some(list) = list else {
            return Ok(());
        };
        self.block = None;
        if let Some(request) = self.requests.get_mut(&stream) {
            request.given_up |= list.cut;
            if !request.given_up {
                let bytes = |f: &Field| f.name.len() + f.value.len();
                self.held += request.hold(list.fields.iter().map(bytes).sum());
                request.fields.extend(list.fields);
            }
        }
        self.bound(stream, on);
        self.end(stream, on);
        Ok(())
    }

    fn data(&mut self, frame: Frame, content: &[u8], padding: usize, run: Range<u64>, on: On) {
        if !self.requests.contains_key(&frame.stream) {
            // Of a request whose beginning was not kept, or that was reset.
            on(unread(vec![run]));
            return;
        }
        self.keep(frame.stream, run, on);
        if let Some(request) = self.requests.get_mut(&frame.stream) {
            request.ended |= frame.is(END_STREAM);
            if !request.given_up {
                request.padding += padding;
                request.body.extend_from_slice(content);
                self.held += request.hold(content.len());
                request.given_up |= request.body.len() > http::BODY_MAX;
            }
        }
        self.bound(frame.stream, on);
        self.end(frame.stream, on);
    }

    /// Remembers where a frame lies, if its request is put together.
    fn keep(&mut self, stream: u32, run: Range<u64>, on: On) {
        match self.requests.get_mut(&stream) {
            Some(request) if !request.given_up => {
                self.held += request.hold(HEADER_LEN);
                add_run(&mut request.runs, run);
            }
            _ => on(unread(vec![run])),
        }
    }

    /// Gives up a request that is too long, or that makes all together too much.
    fn bound(&mut self, stream: u32, on: On) {
        let too_much = self.held > HELD_MAX;
        if let Some(request) = self.requests.get_mut(&stream)
            && (request.given_up || too_much)
        {
            let given_up = std::mem::take(request);
            request.given_up = true;
            request.ended = given_up.ended;
            self.held -= given_up.held;
            if !given_up.runs.is_empty() {
                on(unread(given_up.runs));
            }
        }
    }

    fn end(&mut self, stream: u32, on: On) {
        let ended = self.requests.get(&stream).is_some_and(|r| r.ended);
        if !ended {
            return;
        }
        let Some(request) = self.requests.remove(&stream) else {
            return;
        };
        self.held -= request.held;
        if request.given_up {
            return;
        }
        let len = total(&request.runs);
        let decoded = http::of_fields(
            &request.fields,
            &request.body,
            len,
            request.padding,
            self.keep,
        );
        on(Message {
            len,
            runs: request.runs,
            decoded,
        });
    }

    fn drop_request(&mut self, stream: u32, on: On) {
        if let Some(request) = self.requests.remove(&stream) {
            self.held -= request.held;
            if !request.runs.is_empty() {
                on(unread(request.runs));
            }
        }
    }
}

/// What a frame carries without its filling (section 6.1), and the bytes of that.
fn unpadded(frame: Frame, payload: &[u8]) -> Option<(&[u8], usize)> {
    if !frame.is(PADDED) {
        return Some((payload, 0));
    }
    let (&n, rest) = payload.split_first()?;
    let len = rest.len().checked_sub(usize::from(n))?;
    Some((rest.get(..len)?, 1 + usize::from(n)))
}

pub(crate) fn total(runs: &[Range<u64>]) -> usize {
    runs.iter().map(|run| (run.end - run.start) as usize).sum()
}

fn unread(runs: Vec<Range<u64>>) -> Message {
    let len = total(&runs);
    let decoded = Decoded {
        opaque: len,
        ..Decoded::default()
    };
    Message { len, runs, decoded }
}
