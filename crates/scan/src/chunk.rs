use std::io;

use crate::input::Input;

/// What is read at once. It stays in a core's second cache, where the packets are looked at right away.
const BUFFER_BYTES: usize = 256 << 10;

/// Free bytes in front of what is read: what was left of the buffer before is put there, so that nothing
/// but the rest of one packet is ever copied.
const ROOM_BYTES: usize = 64 << 10;

/// What is read is put at a multiple of this: processors that copy by `rep movsb` (AMD's, from Zen 3 on)
/// take several times as long where the kernel's page and the reader's buffer lie differently in theirs.
const PAGE_BYTES: usize = 4 << 10;

/// A buffer, and what of it was read from the file.
#[derive(Default)]
pub(crate) struct Chunk {
    /// [`ROOM_BYTES`] of room or some more, and then [`BUFFER_BYTES`].
    bytes: Vec<u8>,
    /// Where what was read begins.
    from: usize,
    /// Where it ends.
    to: usize,
}

impl Chunk {
    /// Takes the next bytes, and says how many there were.
    pub(crate) fn fill(&mut self, input: &mut Input) -> io::Result<usize> {
        self.bytes.resize(ROOM_BYTES + PAGE_BYTES + BUFFER_BYTES, 0);
        let aligned = self.bytes[ROOM_BYTES..].as_ptr().align_offset(PAGE_BYTES);
        self.from = ROOM_BYTES + aligned.min(PAGE_BYTES);
        self.to = self.from;
        let n = input.read(&mut self.bytes[self.from..][..BUFFER_BYTES])?;
        self.to += n;
        Ok(n)
    }

    /// Puts what was left over in front; gives where it begins.
    pub(crate) fn put_in_front(&mut self, rest: &[u8]) -> usize {
        match self.from.checked_sub(rest.len()) {
            Some(begin) => {
                self.bytes[begin..self.from].copy_from_slice(rest);
                begin
            }
            // One thing that is longer than the room: seen in none but damaged files.
            None => {
                self.bytes.splice(..self.from, rest.iter().copied());
                self.to = self.to - self.from + rest.len();
                self.from = rest.len();
                0
            }
        }
    }

    /// All of the buffer up to where what was read ends.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.to]
    }
}
