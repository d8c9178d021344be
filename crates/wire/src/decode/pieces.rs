//! What a message was made of, kept beside its values: the bytes of each value, of each name, and of what was
//! unpacked. [`super::Decoded`] holds lengths and hashes; who looks for something in the bytes needs these.

use std::ops::Range;

/// Pieces of one message. Its bytes and what it inflates to are searched as a whole anyway, so what lies
/// behind this many is not lost, only unnamed.
pub const PIECES_MAX: usize = 4 * super::LEAVES_MAX;

/// What a piece was in its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// A value: the text or the bytes of a leaf, a number in decimal digits.
    Value,
    /// A name: a member's or a field's, the target or the host of a request. The path is that of what
    /// it names something in.
    Name,
    /// All that came out of something wrapped: inflated, or decoded from base64.
    Content,
}

/// One piece, its bytes lying in [`Pieces`].
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    path: String,
    part: Part,
    range: Range<usize>,
}

/// The pieces of a message, in the order in which they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
}

impl Pieces {
    /// Each piece: the path under which it lay, what it was, and its bytes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Part, &[u8])> {
        self.pieces.iter().map(|piece| {
            let bytes = &self.bytes[piece.range.clone()];
            (&*piece.path, piece.part, bytes)
        })
    }

    pub(super) fn push(&mut self, path: &str, part: Part, bytes: &[u8]) {
        if self.pieces.len() >= PIECES_MAX || bytes.is_empty() {
            return;
        }
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.pieces.push(Piece {
            path: path.to_owned(),
            part,
            range: from..self.bytes.len(),
        });
    }

    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Forgets all but the first `len`: a decoder that took something for its own was wrong.
    pub(super) fn truncate(&mut self, len: usize) {
        self.pieces.truncate(len);
        let end = self.pieces.last().map_or(0, |piece| piece.range.end);
        self.bytes.truncate(end);
    }
}
