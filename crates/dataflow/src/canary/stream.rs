//! A search through bytes that come in pieces.

use super::needles::{Hit, Needles};

/// Looks for needles in a stream; a form that lies across two pieces, or more, is found.
#[derive(Debug, Clone)]
pub struct Stream<'n> {
    needles: &'n Needles,
    /// The end of what was pushed: too short for any form to lie in it that is not found yet.
    tail: Vec<u8>,
    /// Bytes that were pushed.
    len: u64,
}

impl<'n> Stream<'n> {
    /// A stream of which nothing came yet.
    pub fn new(needles: &'n Needles) -> Stream<'n> {
        Stream {
            needles,
            tail: Vec::new(),
            len: 0,
        }
    }

    /// Takes the next piece; calls `on` with all forms that end in it, in no order. Offsets are those of the
    /// stream.
    pub fn push(&mut self, piece: &[u8], mut on: impl FnMut(Hit<'n>)) {
        let keep = self.needles.longest().saturating_sub(1);
        // Across the seam: what begins in the tail and ends in the piece.
        let seam = self.tail.len();
        self.tail.extend_from_slice(&piece[..piece.len().min(keep)]);
        let tail_at = self.len - seam as u64;
        self.needles.each(&self.tail, |hit| {
            let (from, to) = (hit.offset as usize, hit.offset as usize + hit.len);
            if from < seam && to > seam {
                on(Hit {
                    offset: tail_at + hit.offset,
                    ..hit
                });
            }
        });
        self.needles.each(piece, |hit| {
            on(Hit {
                offset: self.len + hit.offset,
                ..hit
            });
        });
        self.len += piece.len() as u64;
        if piece.len() >= keep {
            self.tail.clear();
            self.tail.extend_from_slice(&piece[piece.len() - keep..]);
        } else {
            let too_much = self.tail.len().saturating_sub(keep);
            self.tail.drain(..too_much);
        }
    }
}
