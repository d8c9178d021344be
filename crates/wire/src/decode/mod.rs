//! One message to its values: `(path, value)`, whatever it is wrapped in.
//!
//! The format is guessed by content, layer by layer: JSON in gzip in base64 in a form field of an
//! HTTP request gives the JSON's fields, each under a path that says where it lay. Every decoder
//! is told a slice and says *certain*, *unsure* or *not mine*; who is unsure is believed only where
//! a whole flow looks the same (the caller's business, see [`Decoded::certain`]).
//!
//! Everything is bounded, and a bound that was hit is a value in the result ([`Decoded::limit`]):
//! a decompression bomb is a finding, not a crash.
//!
//! What could not be read is counted ([`Decoded::opaque`]): encrypted or unknown bytes, and text
//! that looks like a token (a key, an identifier, something encrypted in base64).

use std::ops::Range;
use std::sync::Arc;

mod base64;
mod binary;
mod cbor;
mod compressed;
mod form;
pub mod http;
pub(crate) mod http2;
mod json;
mod msgpack;
mod multipart;
mod path;
mod pieces;
mod protobuf;
mod rtp;
mod sealed;
mod text;
pub mod websocket;

pub use path::Path;
pub use pieces::{PIECES_MAX, Part, Piece, Pieces};
pub use rtp::rtp;
pub use sealed::is_dtls;
pub(crate) use sealed::is_tls;

/// Containers inside containers.
pub const DEPTH_MAX: usize = 16;
/// Values of one message.
pub const LEAVES_MAX: usize = 1_024;
/// Array indices that keep their number; those above share one path, `[64..]`.
pub const INDEX_MAX: usize = 64;
/// Bytes that one message may inflate to, all its compressed parts together.
pub const INFLATED_MAX: usize = 1 << 20;
/// Compressed data that grows more than this is not followed, beyond a first page. DEFLATE's own
/// limit is 1,032; real telemetry stays below 50.
pub const RATIO_MAX: usize = 200;
/// Longest path, bytes; longer ones are cut.
pub const PATH_MAX: usize = 256;

/// A value of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// A number, finite.
    Number(f64),
    /// Text: its length in bytes, and a small hash that tells a few different texts apart.
    Text {
        /// Bytes.
        len: u32,
        /// FNV-1a, folded to 32 bits.
        hash: u32,
    },
    /// Bytes whose meaning is not known.
    Bytes {
        /// How many.
        len: u32,
    },
    /// True or false.
    Bool(bool),
}

/// A value and where it lay.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaf {
    /// `POST host/path $.a.b[0]`.
    pub path: Path,
    /// What was there.
    pub value: Value,
}

/// A bound that was hit. What lies behind it was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// More than [`DEPTH_MAX`] containers inside each other.
    Depth,
    /// More than [`LEAVES_MAX`] values.
    Leaves,
    /// More than [`INFLATED_MAX`] bytes, or more than [`RATIO_MAX`] times the compressed ones.
    Inflated,
}

/// What was read of one message.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// In the order of the message.
    pub leaves: Vec<Leaf>,
    /// Bytes of the message (as it was sent) whose contents were not read.
    pub opaque: usize,
    /// Names of the formats met, outermost first, each once.
    pub formats: Vec<&'static str>,
    /// The first bound that was hit; the whole message counts as opaque then.
    pub limit: Option<Limit>,
    /// Nobody on the way was unsure. Random bytes sometimes look like protobuf, so an unsure
    /// reading should be believed only if nearly all messages of a flow are read the same way.
    pub certain: bool,
    /// What it was made of, where that was asked for ([`read`]).
    pub pieces: Option<Box<Pieces>>,
}

/// What a decoder says of a slice; with the number of its bytes that stayed unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    NotMine,
    Unsure(usize),
    Certain(usize),
}

type Decoder = fn(&[u8], &mut Out) -> Answer;

/// All that guess by content, the first that takes it wins: those with a checksum or a magic
/// number first.
const DECODERS: &[(&str, Decoder)] = &[
    ("gzip", compressed::gzip),
    ("zlib", compressed::zlib),
    ("zstd", compressed::zstd),
    ("sealed", sealed::sealed),
    ("http", http::request),
    ("json", json::json),
    ("multipart", multipart::sniffed),
    ("form", form::sniffed),
    ("base64", base64::base64),
    ("msgpack", msgpack::msgpack),
    ("cbor", cbor::cbor),
    ("protobuf", protobuf::protobuf),
];

/// Reads one message.
pub fn decode(bytes: &[u8]) -> Decoded {
    read("", bytes, false)
}

/// Reads one message whose paths start with `prefix`, and keeps the bytes of all that it meets
/// ([`Decoded::pieces`]) if `keep`.
pub fn read(prefix: &str, bytes: &[u8], keep: bool) -> Decoded {
    let mut out = Out::new(prefix, keep);
    let opaque = out.content(bytes);
    out.done(bytes.len(), opaque)
}

/// Where decoders put what they find.
struct Out {
    path: String,
    /// The values, and where in `paths` the path of each lies.
    leaves: Vec<(Range<u32>, Value)>,
    paths: String,
    formats: Vec<&'static str>,
    limit: Option<Limit>,
    depth: usize,
    inflated: usize,
    certain: bool,
    pieces: Option<Box<Pieces>>,
}

/// A place to go back to.
struct Mark {
    path: usize,
    leaves: usize,
    formats: usize,
    depth: usize,
    certain: bool,
    limit: Option<Limit>,
    pieces: usize,
}

impl Out {
    fn new(prefix: &str, keep: bool) -> Out {
        let mut out = Out {
            path: String::new(),
            leaves: Vec::new(),
            paths: String::new(),
            formats: Vec::new(),
            limit: None,
            depth: 0,
            inflated: 0,
            certain: true,
            pieces: keep.then(Box::default),
        };
        out.push(prefix);
        out
    }

    fn done(self, len: usize, opaque: usize) -> Decoded {
        // What holds nothing is not allocated.
        let paths: Arc<str> = match self.paths.is_empty() {
            true => Arc::default(),
            false => self.paths.into(),
        };
        let leaves = self.leaves.into_iter().map(|(range, value)| Leaf {
            path: Path::new(&paths, &range),
            value,
        });
        Decoded {
            opaque: match self.limit {
                Some(_) => len,
                None => opaque.min(len),
            },
            leaves: leaves.collect(),
            formats: self.formats,
            limit: self.limit,
            certain: self.certain,
            pieces: self.pieces,
        }
    }

    fn mark(&self) -> Mark {
        Mark {
            path: self.path.len(),
            leaves: self.leaves.len(),
            formats: self.formats.len(),
            depth: self.depth,
            certain: self.certain,
            limit: self.limit,
            pieces: self.pieces.as_ref().map_or(0, |pieces| pieces.len()),
        }
    }

    fn back(&mut self, mark: &Mark) {
        self.path.truncate(mark.path);
        self.leaves.truncate(mark.leaves);
        let end = self.leaves.last().map_or(0, |(range, _)| range.end);
        self.paths.truncate(end as usize);
        self.formats.truncate(mark.formats);
        self.depth = mark.depth;
        self.certain = mark.certain;
        self.limit = mark.limit;
        if let Some(pieces) = &mut self.pieces {
            pieces.truncate(mark.pieces);
        }
    }

    /// Appends to the path; what is not printable becomes `?`, so that a path is one line.
    fn push(&mut self, text: &str) {
        let fits = self.path.len() + text.len() <= PATH_MAX;
        if fits
            && text
                .bytes()
                .fold(true, |plain, b| plain & matches!(b, b' '..0x7F))
        {
            self.path.push_str(text);
        } else {
            self.push_checked(text);
        }
    }

    #[cold]
    fn push_checked(&mut self, text: &str) {
        for c in text.chars() {
            if self.path.len() + c.len_utf8() > PATH_MAX {
                return;
            }
            self.path.push(if c.is_control() { '?' } else { c });
        }
    }

    /// Appends what starts a part of its own, `$` or `field 3`.
    fn start(&mut self, text: &str) {
        if !self.path.is_empty() && !self.path.ends_with(' ') {
            self.push(" ");
        }
        self.push(text);
    }

    fn push_index(&mut self, index: usize) {
        if index >= INDEX_MAX || self.path.len() + "[00]".len() > PATH_MAX {
            let index = index.min(INDEX_MAX);
            let more = if index < INDEX_MAX { "" } else { ".." };
            return self.push(&format!("[{index}{more}]"));
        }
        let digit = |n: usize| char::from(b'0' + (n % 10) as u8);
        self.path.push('[');
        if index >= 10 {
            self.path.push(digit(index / 10));
        }
        self.path.push(digit(index));
        self.path.push(']');
    }

    /// Runs `inside` with `text` appended to the path.
    fn under<T>(&mut self, text: &str, inside: impl FnOnce(&mut Out) -> T) -> T {
        let at = self.path.len();
        self.push(text);
        let done = inside(self);
        self.path.truncate(at);
        done
    }

    /// Runs `inside` one container deeper; `None` at the bound.
    fn deeper<T>(&mut self, inside: impl FnOnce(&mut Out) -> T) -> Option<T> {
        if self.depth >= DEPTH_MAX {
            self.limit.get_or_insert(Limit::Depth);
            return None;
        }
        self.depth += 1;
        let done = inside(self);
        self.depth -= 1;
        Some(done)
    }

    fn format(&mut self, name: &'static str) {
        if !self.formats.contains(&name) {
            self.formats.push(name);
        }
    }

    fn leaf(&mut self, value: Value) {
        if self.leaves.len() >= LEAVES_MAX {
            self.limit.get_or_insert(Limit::Leaves);
            return;
        }
        let from = self.paths.len() as u32;
        self.paths.push_str(&self.path);
        let to = self.paths.len() as u32;
        self.leaves.push((from..to, value));
    }

    fn number(&mut self, value: f64) {
        if value.is_finite() {
            if self.pieces.is_some() {
                self.keep(Part::Value, value.to_string().as_bytes());
            }
            self.leaf(Value::Number(value));
        }
    }

    /// Keeps the bytes of something met here, where that was asked for.
    fn keep(&mut self, part: Part, bytes: &[u8]) {
        if let Some(pieces) = &mut self.pieces {
            pieces.push(&self.path, part, bytes);
        }
    }

    /// Bytes of unknown format: all of them unread.
    fn bytes(&mut self, bytes: &[u8]) -> usize {
        self.keep(Part::Value, bytes);
        self.leaf(Value::Bytes {
            len: bytes.len() as u32,
        });
        bytes.len()
    }

    /// Text that is a value: a number in digits, something wrapped, or words. Gives the unread
    /// bytes.
    fn text(&mut self, text: &str) -> usize {
        if let Some(number) = text::number(text) {
            self.keep(Part::Value, text.as_bytes());
            self.leaf(Value::Number(number));
            return 0;
        }
        if let Some(opaque) = self.wrapped_text(text) {
            return opaque;
        }
        self.keep(Part::Value, text.as_bytes());
        self.leaf(Value::Text {
            len: text.len() as u32,
            hash: text::hash(text.as_bytes()),
        });
        text::token_bytes(text)
    }

    /// JSON in a string, or base64 of something that can be read.
    fn wrapped_text(&mut self, text: &str) -> Option<usize> {
        for decoder in [json::json, base64::base64] {
            let mark = self.mark();
            match self.deeper(|out| decoder(text.as_bytes(), out)) {
                Some(Answer::Certain(opaque) | Answer::Unsure(opaque)) => {
                    self.path.truncate(mark.path);
                    return Some(opaque);
                }
                Some(Answer::NotMine) | None => self.back(&mark),
            }
        }
        None
    }

    /// Whatever this is: the first decoder that takes it, or bytes. Gives the unread bytes.
    fn content(&mut self, bytes: &[u8]) -> usize {
        if bytes.is_empty() {
            return 0;
        }
        match self.guess(bytes) {
            Some(opaque) => opaque,
            None => self.bytes(bytes),
        }
    }

    /// The first decoder that takes it.
    fn guess(&mut self, bytes: &[u8]) -> Option<usize> {
        for (_, decoder) in DECODERS {
            let mark = self.mark();
            let answer = self.deeper(|out| decoder(bytes, out))?;
            self.path.truncate(mark.path);
            match answer {
                Answer::Certain(opaque) => return Some(opaque),
                Answer::Unsure(opaque) => {
                    self.certain = false;
                    return Some(opaque);
                }
                Answer::NotMine => self.back(&mark),
            }
        }
        None
    }

    /// Something unpacked from `raw_len` bytes: its unread share, in raw bytes, rounded up.
    fn unpacked(&mut self, raw_len: usize, content: &[u8]) -> usize {
        self.keep(Part::Content, content);
        let opaque = self.content(content).min(content.len());
        match content.len() {
            0 => 0,
            len => (raw_len as u128 * opaque as u128).div_ceil(len as u128) as usize,
        }
    }
}

#[cfg(test)]
mod tests;
