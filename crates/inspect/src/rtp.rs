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

    /// Those of the first form in at most so many bytes: none can be outside.
    #[inline(always)]
    pub(crate) fn short_elements(data: &[u8; EXTENSION], len: usize) -> Elements {
        const LAST: usize = EXTENSION - 1;
        let (mut n, mut all, mut at) = (0, 0, 0);
        while at < len {
            let head = data[at & LAST];
            if head == 0 {
                at += 1;
                continue;
            }
            if head >> 4 == 15 {
                break;
            }
            if head & 15 == 0 && at + 1 < len && usize::from(n) < ELEMENTS {
                let element = u16::from_le_bytes([head >> 4, data[(at + 1) & LAST]]);
                all |= u64::from(element) << (16 * n);
                n += 1;
            }
            at += usize::from(head & 15) + 2;
        }
        Elements::new(n, all)
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
