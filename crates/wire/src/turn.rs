//! TURN (RFC 8656): what a relay carries between a client and its peers, in the open. Both ends put each
//! datagram into a ChannelData message (section 12.4) or a Send or Data indication (sections 11.1, 11.3).

use std::ops::Range;

/// A message at the beginning of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How many bytes it takes, without padding.
    pub len: usize,
    /// Where the datagram that it carries lies; nothing for STUN messages that carry none.
    pub carried: Option<Range<usize>>,
}

/// Header of STUN, and of each of its attributes.
const STUN_HEADER: usize = 20;
const ATTRIBUTE_HEADER: usize = 4;
const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
/// Send and Data indications (RFC 8656, section 17), and the attribute that holds the datagram.
const SEND: u16 = 0x0016;
const DATA_INDICATION: u16 = 0x0017;
const DATA: u16 = 0x0013;

/// Reads the message at the beginning of bytes, which the capture may have cut; nothing where none begins.
#[inline]
pub fn message(bytes: &[u8]) -> Option<Message> {
    match bytes {
        // Channel numbers are 0x4000 to 0x4FFF.
        [0x40..=0x4F, _, high, low, ..] => {
            let len = 4 + usize::from(u16::from_be_bytes([*high, *low]));
            let carried = Some(4..len.min(bytes.len()));
            Some(Message { len, carried })
        }
        [0..=3, ..] => stun(bytes),
        _ => None,
    }
}

/// The datagram inside of a UDP payload `len` bytes long on the wire, where that is one message and
/// carries one.
#[inline]
pub fn datagram(bytes: &[u8], len: usize) -> Option<Range<usize>> {
    let message = message(bytes)?;
    // Over UDP the message may be padded to four bytes, or not.
    let fits = message.len <= len && len <= message.len.next_multiple_of(4);
    message.carried.filter(|_| fits)
}

fn stun(bytes: &[u8]) -> Option<Message> {
    let head: &[u8; STUN_HEADER] = bytes.first_chunk()?;
    let u16_at = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk::<2>()?));
    if head[4..8] != COOKIE {
        return None;
    }
    let len = STUN_HEADER + usize::from(u16_at(2)?);
    let mut carried = None;
    if matches!(u16_at(0)?, SEND | DATA_INDICATION) {
        let mut at = STUN_HEADER;
        while at + ATTRIBUTE_HEADER <= len.min(bytes.len()) {
            let (kind, value) = (u16_at(at)?, usize::from(u16_at(at + 2)?));
            at += ATTRIBUTE_HEADER;
            if kind == DATA {
                carried = Some(at..(at + value).min(bytes.len()));
                break;
            }
            at += value.next_multiple_of(4);
        }
    }
    Some(Message { len, carried })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn indication(kind: u16, attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (kind, value) in attributes {
            body.extend(kind.to_be_bytes());
            body.extend((value.len() as u16).to_be_bytes());
            body.extend(*value);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        let head = [kind.to_be_bytes(), (body.len() as u16).to_be_bytes()].concat();
        [&head, &COOKIE[..], &[5; 12], &body].concat()
    }

    #[test]
    fn a_datagram_lies_in_a_channels_message_and_in_an_indication() {
        let channel = [&[0x40, 1, 0, 5][..], b"hello"].concat();
        assert_eq!(datagram(&channel, 9), Some(4..9));
        let padded = [&channel[..], &[0; 3]].concat();
        assert_eq!(datagram(&padded, 12), Some(4..9));
        // More than padding behind it, or less than it says: something else.
        assert_eq!(datagram(&padded, 13), None);
        assert_eq!(datagram(&channel, 8), None);
        // The capture cut it.
        assert_eq!(datagram(&channel[..6], 9), Some(4..6));
        let peer = (0x0012, &[0, 1, 0, 7, 1, 2, 3, 4][..]);
        for kind in [SEND, DATA_INDICATION] {
            let bytes = indication(kind, &[peer, (0x0020, &[1]), (DATA, b"hello")]);
            let at = bytes.len() - 8;
            assert_eq!(datagram(&bytes, bytes.len()), Some(at..at + 5));
        }
        let allocate = indication(0x0003, &[(DATA, b"hello")]);
        assert_eq!(datagram(&allocate, allocate.len()), None);
        assert_eq!(
            message(&allocate).map(|message| message.len),
            Some(allocate.len())
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(
            first in prop_oneof![0..4u8, 0x40..0x50u8],
            bytes in prop::collection::vec(any::<u8>(), 0..60),
            cookie in any::<bool>(),
        ) {
            let mut bytes = bytes;
            if let Some(byte) = bytes.first_mut() { *byte = first; }
            if cookie && bytes.len() > 8 { bytes[1] = 0x16; bytes[4..8].copy_from_slice(&COOKIE); }
            if let Some(carried) = datagram(&bytes, bytes.len()) {
                prop_assert!(carried.start <= carried.end && carried.end <= bytes.len());
            }
        }
    }
}
