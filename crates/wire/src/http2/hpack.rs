//! HPACK, the compression of header fields (RFC 7541), as far as reading goes.
//!
//! Own code because the crates that can be had either keep no bound or build the whole Huffman code
//! anew for every text.

use std::collections::VecDeque;

use super::huffman;

/// Most that a dynamic table may hold, in the way that the RFC counts. Who reads may allow more than
/// the 4096 it begins with; whether they did is said in the other direction.
pub const TABLE_MAX: usize = 64 << 10;
/// Most that one list of fields may hold, counted alike. The rest is left out.
pub const LIST_MAX: usize = 64 << 10;

/// What the RFC adds to name and value.
const FIELD_EXTRA: usize = 32;

/// A header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// In lower case; `:method` and the like too.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
    /// It was sent before, whole, and only its place in the table now.
    pub again: bool,
}

/// One list of fields.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// In their order.
    pub fields: Vec<Field>,
    /// There were more than [`LIST_MAX`] holds.
    pub cut: bool,
}

/// A value that stands in a block as a text.
#[derive(Debug)]
pub(crate) struct Literal {
    /// The field's name, where it is known.
    pub name: Option<Vec<u8>>,
    /// The value.
    pub value: Vec<u8>,
    /// Whether it is written in Huffman's code: the first bit of its length says so.
    pub coded: bool,
    /// Where that length begins in the block.
    pub at: usize,
    /// Where its bytes lie.
    pub bytes: std::ops::Range<usize>,
}

/// One direction's table.
#[derive(Debug)]
pub struct Decoder {
    /// Newest first.
    table: VecDeque<(Vec<u8>, Vec<u8>)>,
    size: usize,
    max: usize,
}

impl Default for Decoder {
    fn default() -> Decoder {
        Decoder {
            table: VecDeque::new(),
            size: 0,
            max: 4_096,
        }
    }
}

impl Decoder {
    /// Reads a whole header block. `None` if it is none: the table is of no use any more then.
    pub fn decode(&mut self, block: &[u8]) -> Option<List> {
        let mut rest = block;
        let mut list = List::default();
        let mut size = 0;
        while let Some(&first) = rest.first() {
            let (name, value, again) = match first {
                0x80.. => {
                    let index = number(&mut rest, 7)?;
                    let (name, value) = self.at(index)?;
                    if size + name.len() + value.len() + FIELD_EXTRA > LIST_MAX {
                        list.cut = true;
                        continue;
                    }
                    (name.to_vec(), value.to_vec(), true)
                }
                0x20..=0x3F => {
                    self.max = number(&mut rest, 5).filter(|max| *max <= TABLE_MAX)?;
                    self.shrink();
                    continue;
                }
                _ => {
                    let bits = if first >= 0x40 { 6 } else { 4 };
                    let name = match number(&mut rest, bits)? {
                        0 => text(&mut rest)?,
                        index => self.at(index)?.0.to_vec(),
                    };
                    let value = text(&mut rest)?;
                    if first >= 0x40 {
                        self.add(name.clone(), value.clone());
                    }
                    (name, value, false)
                }
            };
            size += name.len() + value.len() + FIELD_EXTRA;
            if size > LIST_MAX {
                list.cut = true;
                continue;
            }
            list.fields.push(Field { name, value, again });
        }
        Some(list)
    }

    /// Where the values lie that stand in a block as texts. Of a connection whose beginning was not seen not
    /// all places of the table are known: what is named by one of these has no name. `None` if it is no block.
    pub(crate) fn literals(&mut self, block: &[u8]) -> Option<Vec<Literal>> {
        let mut rest = block;
        let mut found = Vec::new();
        while let Some(&first) = rest.first() {
            match first {
                0x80.. => drop(number(&mut rest, 7).filter(|index| *index > 0)?),
                0x20..=0x3F => {
                    self.max = number(&mut rest, 5).filter(|max| *max <= TABLE_MAX)?;
                    self.shrink();
                }
                _ => {
                    let bits = if first >= 0x40 { 6 } else { 4 };
                    let name = match number(&mut rest, bits)? {
                        0 => Some(text(&mut rest)?),
                        index => self.at(index).map(|(name, _)| name.to_vec()),
                    };
                    let at = block.len() - rest.len();
                    let coded = rest.first()? & 0x80 != 0;
                    let mut inside = rest;
                    let len = number(&mut inside, 7)?;
                    let value = text(&mut rest)?;
                    if first >= 0x40 {
                        self.add(name.clone().unwrap_or_default(), value.clone());
                    }
                    let end = block.len() - rest.len();
                    found.push(Literal {
                        name,
                        value,
                        coded,
                        at,
                        bytes: end - len..end,
                    });
                }
            }
        }
        Some(found)
    }

    fn at(&self, index: usize) -> Option<(&[u8], &[u8])> {
        match STATIC.get(index.checked_sub(1)?) {
            Some((name, value)) => Some((name.as_bytes(), value.as_bytes())),
            None => {
                let (name, value) = self.table.get(index - 1 - STATIC.len())?;
                Some((name, value))
            }
        }
    }

    fn add(&mut self, name: Vec<u8>, value: Vec<u8>) {
        // One that is larger than the table empties it (section 4.4).
        self.size += name.len() + value.len() + FIELD_EXTRA;
        self.table.push_front((name, value));
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.size > self.max
            && let Some((name, value)) = self.table.pop_back()
        {
            self.size -= name.len() + value.len() + FIELD_EXTRA;
        }
    }
}

/// A number whose first byte lends it so many bits (section 5.1).
fn number(rest: &mut &[u8], bits: u32) -> Option<usize> {
    let mask = (1u8 << bits) - 1;
    let first = take(rest)? & mask;
    let mut value = usize::from(first);
    if first < mask {
        return Some(value);
    }
    for shift in [0, 7, 14, 21] {
        let byte = take(rest)?;
        value += usize::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

/// Section 5.2.
fn text(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let coded = rest.first()? & 0x80 != 0;
    let len = number(rest, 7)?;
    let bytes = rest.split_off(..len)?;
    match coded {
        true => huffman::decode(bytes, LIST_MAX),
        false => Some(bytes.to_vec()),
    }
}

fn take(rest: &mut &[u8]) -> Option<u8> {
    rest.split_off_first().copied()
}

/// Appendix A.
const STATIC: [(&str, &str); 61] = [
    (":authority", ""),
    (":method", "GET"),
    (":method", "POST"),
    (":path", "/"),
    (":path", "/index.html"),
    (":scheme", "http"),
    (":scheme", "https"),
    (":status", "200"),
    (":status", "204"),
    (":status", "206"),
    (":status", "304"),
    (":status", "400"),
    (":status", "404"),
    (":status", "500"),
    ("accept-charset", ""),
    ("accept-encoding", "gzip, deflate"),
    ("accept-language", ""),
    ("accept-ranges", ""),
    ("accept", ""),
    ("access-control-allow-origin", ""),
    ("age", ""),
    ("allow", ""),
    ("authorization", ""),
    ("cache-control", ""),
    ("content-disposition", ""),
    ("content-encoding", ""),
    ("content-language", ""),
    ("content-length", ""),
    ("content-location", ""),
    ("content-range", ""),
    ("content-type", ""),
    ("cookie", ""),
    ("date", ""),
    ("etag", ""),
    ("expect", ""),
    ("expires", ""),
    ("from", ""),
    ("host", ""),
    ("if-match", ""),
    ("if-modified-since", ""),
    ("if-none-match", ""),
    ("if-range", ""),
    ("if-unmodified-since", ""),
    ("last-modified", ""),
    ("link", ""),
    ("location", ""),
    ("max-forwards", ""),
    ("proxy-authenticate", ""),
    ("proxy-authorization", ""),
    ("range", ""),
    ("referer", ""),
    ("refresh", ""),
    ("retry-after", ""),
    ("server", ""),
    ("set-cookie", ""),
    ("strict-transport-security", ""),
    ("transfer-encoding", ""),
    ("user-agent", ""),
    ("vary", ""),
    ("via", ""),
    ("www-authenticate", ""),
];
