//! What a message was made of, kept beside its values: the bytes of each value, of each name, and of what was
//! unpacked. [`super::Decoded`] holds lengths and hashes; who looks for something in the bytes needs these.

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

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'p> {
    /// The path under which it lay.
    pub path: &'p str,
    /// What it was.
    pub part: Part,
    /// Its bytes.
    pub bytes: &'p [u8],
    /// Where these lie in [`Pieces::bytes`].
    pub at: usize,
}

/// The pieces of a message, in the order in which they were met.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pieces {
    bytes: Vec<u8>,
    paths: String,
    ends: Vec<End>,
}

/// Where the bytes and the path of a piece end; they begin where those of the piece before it end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    bytes: usize,
    path: usize,
    part: Part,
}

impl Pieces {
    /// All pieces.
    pub fn iter(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut from = (0, 0);
        self.ends.iter().map(move |end| {
            let piece = Piece {
                path: &self.paths[from.1..end.path],
                part: end.part,
                bytes: &self.bytes[from.0..end.bytes],
                at: from.0,
            };
            from = (end.bytes, end.path);
            piece
        })
    }

    /// The bytes of all pieces, one behind the other.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn push(&mut self, path: &str, part: Part, bytes: &[u8]) {
        if self.ends.len() >= PIECES_MAX || bytes.is_empty() {
            return;
        }
        self.bytes.extend_from_slice(bytes);
        self.paths.push_str(path);
        self.ends.push(End {
            bytes: self.bytes.len(),
            path: self.paths.len(),
            part,
        });
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Forgets all but the first `len`: a decoder that took something for its own was wrong.
    pub(super) fn truncate(&mut self, len: usize) {
        self.ends.truncate(len);
        let (bytes, path) = self.ends.last().map_or((0, 0), |end| (end.bytes, end.path));
        self.bytes.truncate(bytes);
        self.paths.truncate(path);
    }
}
