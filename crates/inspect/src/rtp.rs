//! What one packet's RTP header says of the sound.

use wire::rtp;

/// Elements of one byte of one packet's header extension that are looked at.
const ELEMENTS: usize = 4;
/// Bytes of an extension that is read the short way; a power of two.
pub(crate) const EXTENSION: usize = 16;

/// A packet of RTP, maybe: only its neighbours tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Rtp {
    pub ssrc: u32,
    pub timestamp: u32,
    /// Payload without header and padding, as it was on the wire, bytes.
    pub size: u32,
    pub sequence: u16,
    /// The payload's first two bytes.
    pub first: u16,
    pub payload_type: u8,
    pub marker: bool,
    pub cryptex: bool,
    pub elements: Elements,
}

/// Header extensions of one byte, the first few of a packet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Elements {
    n: u8,
    /// Number and value of each.
    all: [u8; 2 * ELEMENTS],
}

impl Elements {
    /// Reads both from a number that each new one was shifted into from the low end on.
    #[inline(always)]
    fn new(n: u8, all: u64) -> Elements {
        Elements {
            n,
            all: all.to_le_bytes(),
        }
    }

    /// Number and value of each.
    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, u8)> {
        let all = u64::from_le_bytes(self.all);
        (0..u32::from(self.n).min(ELEMENTS as u32)).map(move |i| {
            let [id, value] = ((all >> (16 * i)) as u16).to_le_bytes();
            (id, value)
        })
    }
}

impl Rtp {
    /// `len` is the payload's whole length, which the capture may have cut.
    pub(crate) fn new(bytes: &[u8], len: usize) -> Option<Rtp> {
        let header = rtp::parse(bytes).ok()?;
        let mut rtp = Rtp {
            ssrc: header.ssrc,
            timestamp: header.timestamp,
            size: len.saturating_sub(bytes.len() - header.payload.len()) as u32,
            sequence: header.sequence,
            first: match bytes.get(header.payload.clone()).unwrap_or_default() {
                [first, second, ..] => u16::from_be_bytes([*first, *second]),
                [first] => u16::from_be_bytes([*first, 0]),
                [] => 0,
            },
            payload_type: header.payload_type,
            marker: header.marker,
            ..Rtp::default()
        };
        if let Some(extension) = &header.extension {
            let data = bytes.get(extension.data.clone()).unwrap_or_default();
            match extension.profile {
                0xBEDE => rtp.elements = elements(data, false),
                0x1000..=0x100F => rtp.elements = elements(data, true),
                0xC0DE | 0xC2DE => rtp.cryptex = true,
                _ => {}
            }
        }
        Some(rtp)
    }
}

/// How one extension of RFC 8285's first form is laid out: what is the same in all that are laid out so.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// Its length, bytes; of none, there is no shape.
    len: usize,
    /// Bytes that are heads of elements or padding, and what they are.
    mask: u128,
    heads: u128,
    n: u8,
    /// Numbers of the elements, where [`Elements`] has them, and where their values stand.
    ids: u64,
    at: [u8; ELEMENTS],
}

impl Shape {
    const NONE: Shape = Shape {
        len: usize::MAX,
        mask: 0,
        heads: 0,
        n: 0,
        ids: 0,
        at: [0; ELEMENTS],
    };

    #[cold]
    #[inline(never)]
    fn of(data: &[u8; EXTENSION], len: usize) -> Shape {
        let mut shape = Shape { len, ..Shape::NONE };
        let mut at = 0;
        while at < len.min(EXTENSION) {
            let head = data[at];
            shape.mask |= 0xFF << (8 * at);
            if head == 0 {
                at += 1;
                continue;
            }
            if head >> 4 == 15 {
                break;
            }
            let n = usize::from(shape.n);
            if head & 15 == 0 && at + 1 < len && n < ELEMENTS {
                shape.ids |= u64::from(head >> 4) << (16 * n);
                shape.at[n] = at as u8 + 1;
                shape.n += 1;
            }
            at += usize::from(head & 15) + 2;
        }
        shape.heads = u128::from_le_bytes(*data) & shape.mask;
        shape
    }

    #[inline(always)]
    fn is_of(&self, data: &[u8; EXTENSION], len: usize) -> bool {
        self.len == len && u128::from_le_bytes(*data) & self.mask == self.heads
    }

    #[inline(always)]
    fn elements(&self, data: &[u8; EXTENSION]) -> Elements {
        let mut all = self.ids;
        for (n, at) in self.at.iter().take(usize::from(self.n)).enumerate() {
            let value = data[usize::from(*at) % EXTENSION];
            all |= u64::from(value) << (16 * n + 8);
        }
        Elements::new(self.n, all)
    }
}

/// Shapes that were seen last: a call has few, and hardly a packet has another one than those before.
#[derive(Debug)]
pub(crate) struct Shapes([Shape; 8]);

impl Default for Shapes {
    fn default() -> Shapes {
        Shapes([Shape::NONE; 8])
    }
}

impl Shapes {
    /// The elements of RFC 8285's first form in so many bytes, of which the rest is something else.
    #[inline(always)]
    pub(crate) fn elements(&mut self, data: &[u8; EXTENSION], len: usize) -> Elements {
        let place = usize::from(data[0]) ^ len >> 2;
        let shape = &mut self.0[place % 8];
        if !shape.is_of(data, len) {
            *shape = Shape::of(data, len);
        }
        shape.elements(data)
    }
}

/// The elements of RFC 8285's two forms.
fn elements(data: &[u8], two_byte: bool) -> Elements {
    let (mut n, mut all, mut at) = (0, 0, 0);
    while let Some(&head) = data.get(at) {
        if head == 0 {
            at += 1;
            continue;
        }
        let (id, len, body) = match two_byte {
            false if head >> 4 == 15 => break,
            false => (head >> 4, usize::from(head & 15) + 1, at + 1),
            true => match data.get(at + 1) {
                Some(&len) => (head, usize::from(len), at + 2),
                None => break,
            },
        };
        if len == 1
            && usize::from(n) < ELEMENTS
            && let Some(&value) = data.get(body)
        {
            all |= u64::from(u16::from_le_bytes([id, value])) << (16 * n);
            n += 1;
        }
        at = body + len;
    }
    Elements::new(n, all)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Heads and padding are few, so that shapes come again and others take their places.
    fn extension() -> impl Strategy<Value = ([u8; EXTENSION], usize)> {
        let byte = prop_oneof![Just(0x10), Just(0x20), Just(0x32), Just(0), any::<u8>()];
        (prop::array::uniform16(byte), 0..=EXTENSION / 4)
            .prop_map(|(data, words)| (data, 4 * words))
    }

    proptest! {
        #[test]
        fn a_shape_that_was_seen_before_says_what_each_packet_does(
            packets in prop::collection::vec(extension(), 1..200),
        ) {
            let mut shapes = Shapes::default();
            for (data, len) in packets {
                let found = shapes.elements(&data, len);
                prop_assert_eq!(found, elements(&data[..len], false));
            }
        }
    }
}
