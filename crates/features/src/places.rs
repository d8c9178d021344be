//! Which packets brought the bytes of a stream.

use std::collections::VecDeque;
use std::ops::Range;

/// Bytes that no message holds yet, by the packet that brought them.
#[derive(Default)]
pub(crate) struct Places {
    pieces: VecDeque<Piece>,
    /// Where the next bytes lie in the stream.
    end: u64,
}

struct Piece {
    at: Range<u64>,
    packet: u32,
    /// Bytes that no message held yet.
    left: usize,
    /// Bytes around these that belong to them.
    around: Vec<(u32, usize)>,
}

impl Places {
    pub(crate) fn push(&mut self, packet: u32, len: usize) {
        self.push_with(packet, len, Vec::new());
    }

    /// Adds bytes that came with others around them; those go to the message that takes the last of
    /// these.
    pub(crate) fn push_with(&mut self, packet: u32, len: usize, around: Vec<(u32, usize)>) {
        let at = self.end..self.end + len as u64;
        self.end = at.end;
        self.pieces.push_back(Piece {
            at,
            packet,
            left: len,
            around,
        });
    }

    /// Takes the bytes at `runs`: those themselves, and those around them.
    pub(crate) fn take(&mut self, runs: &[Range<u64>]) -> [Vec<(u32, usize)>; 2] {
        let (mut packets, mut around) = (Vec::new(), Vec::new());
        for run in runs {
            let from = self.pieces.partition_point(|p| p.at.end <= run.start);
            let met = self.pieces.range_mut(from..);
            for piece in met.take_while(|p| p.at.start < run.end) {
                let n = piece.at.end.min(run.end) - piece.at.start.max(run.start);
                packets.push((piece.packet, n as usize));
                piece.left = piece.left.saturating_sub(n as usize);
                if piece.left == 0 {
                    around.append(&mut piece.around);
                }
            }
        }
        while self.pieces.front().is_some_and(|p| p.left == 0) {
            self.pieces.pop_front();
        }
        [packets, around]
    }
}

#[cfg(test)]
mod tests {
    use std::slice::from_ref;

    use super::*;

    #[test]
    fn bytes_are_taken_in_any_order() {
        let mut places = Places::default();
        places.push(1, 10);
        places.push_with(2, 10, vec![(2, 5), (3, 1)]);
        places.push(4, 10);
        assert_eq!(places.take(&[12..15, 25..30])[0], [(2, 3), (4, 5)]);
        assert_eq!(
            places.take(from_ref(&(0..12))),
            [vec![(1, 10), (2, 2)], vec![]]
        );
        assert_eq!(
            places.take(from_ref(&(15..25))),
            [vec![(2, 5), (4, 5)], vec![(2, 5), (3, 1)]]
        );
        assert!(places.pieces.is_empty());
        places.push(5, 1);
        assert_eq!(places.take(from_ref(&(30..31)))[0], [(5, 1)]);
    }
}
