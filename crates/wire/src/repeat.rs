//! Packets that were captured more than once: on a bridge and its ports, on all interfaces at once, at a
//! mirror of both directions, before and behind a router.

use crate::link;

/// Copies of a packet lie at most this far apart, nanoseconds. A sender that says the same thing again
/// waits longer, or numbers its packets.
pub const APART_NS: u64 = 10_000_000;

/// Packets that are remembered: a power of two.
const PLACES: usize = 1 << 12;
/// Bytes from the IP header on that are compared, and bytes at the end. The transport's checksum is among
/// the first, over all that lies between.
const HEAD: usize = 64;
const TAIL: usize = 16;

#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    hash: u64,
    t: u64,
}

/// Tells packets that were just seen. It forgets: of two different packets that fall on one place, the
/// earlier.
#[derive(Debug)]
pub struct Repeats(Box<[Seen; PLACES]>);

impl Default for Repeats {
    fn default() -> Repeats {
        let places = vec![Seen::default(); PLACES].into_boxed_slice();
        Repeats(places.try_into().expect("there are as many"))
    }
}

impl Repeats {
    /// Whether the IP packet of a frame, captured at `t`, was there just before: the same bytes but for what a
    /// router changes (time to live, checksum of the header), whatever lies below. Frames without an IP
    /// packet are never called so.
    #[inline]
    pub fn is_repeat(&mut self, link_type: u16, frame: &[u8], t: u64) -> bool {
        let usual = link_type == link::ETHERNET && frame.get(12..14) == Some(&[8, 0]);
        let at = match usual {
            true => 14,
            false => match link::ip_at(link_type, frame) {
                Ok(at) => at,
                Err(_) => return false,
            },
        };
        let Some(hash) = frame.get(at..).and_then(packet_hash) else {
            return false;
        };
        let place = &mut self.0[hash as usize % PLACES];
        let same = place.hash == hash && place.t.abs_diff(t) <= APART_NS;
        // The first one's time stays: copies are copies of it.
        if !same {
            *place = Seen { hash, t };
        }
        same
    }
}

/// Of an IP packet without what follows it in the frame; nothing for one that has no whole header.
#[inline]
fn packet_hash(packet: &[u8]) -> Option<u64> {
    let word = |at: usize| {
        let bytes = packet.get(at..)?.first_chunk::<8>()?;
        Some(u64::from_le_bytes(*bytes))
    };
    let len = |at: usize| usize::from(u16::from_be_bytes([packet[at], packet[at + 1]]));
    // In the second word the time to live and the checksum: bytes 8, 10 and 11; or the hop limit: byte 7.
    let (masks, total) = match (packet.first()? >> 4, packet.len()) {
        (4, 20..) => ([u64::MAX, 0xFFFF_FFFF_0000_FF00], len(2)),
        (6, 40..) => ([u64::MAX >> 8, u64::MAX], 40 + len(4)),
        _ => return None,
    };
    // Offload leaves no length. A frame may be padded behind the packet.
    let end = if total <= 40 {
        packet.len()
    } else {
        total.min(packet.len())
    };
    const ODD: u64 = 0x9E37_79B9_7F4A_7C15;
    let mix = |hash: u64, word: u64| {
        let hash = (hash ^ word).wrapping_mul(ODD);
        hash ^ hash >> 29
    };
    let mut hash = mix(1, end as u64);
    hash = mix(hash, word(0)? & masks[0]);
    hash = mix(hash, word(8)? & masks[1]);
    let head = &packet[16..end.clamp(16, HEAD)];
    let (words, rest) = head.as_chunks::<8>();
    for word in words {
        hash = mix(hash, u64::from_le_bytes(*word));
    }
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    hash = mix(hash, u64::from_le_bytes(last));
    if end > HEAD + TAIL {
        hash = mix(hash, word(end - 16)?);
        hash = mix(hash, word(end - 8)?);
    }
    // 0 stands for none.
    Some(hash | 1 << 63)
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;
    use proptest::prelude::*;

    use super::*;

    const MS: u64 = 1_000_000;

    fn frame(mac: u8, ttl: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = Vec::new();
        PacketBuilder::ethernet2([mac; 6], [9; 6])
            .ipv4([10, 0, 0, 1], [10, 0, 0, 2], ttl)
            .udp(5_004, 5_006)
            .write(&mut frame, payload)
            .unwrap();
        frame
    }

    #[test]
    fn the_same_packet_is_one_wherever_it_was_captured() {
        let mut repeats = Repeats::default();
        let payload = [7; 160];
        let first = frame(1, 64, &payload);
        assert!(!repeats.is_repeat(link::ETHERNET, &first, 100 * MS));
        assert!(repeats.is_repeat(link::ETHERNET, &first, 100 * MS + 50_000));
        // Behind a router, and as all interfaces at once have it: in a cooked frame.
        assert!(repeats.is_repeat(link::ETHERNET, &frame(2, 63, &payload), 101 * MS));
        let cooked = [&[0; 14], &first[12..]].concat();
        assert!(repeats.is_repeat(link::LINUX_SLL, &cooked, 102 * MS));
        // Written a little before the first one by another interface.
        assert!(repeats.is_repeat(link::ETHERNET, &first, 99 * MS));
        // Said again.
        assert!(!repeats.is_repeat(link::ETHERNET, &first, 120 * MS));
        assert!(!repeats.is_repeat(link::ETHERNET, &[0; 60], 120 * MS));
    }

    #[test]
    fn padding_behind_a_packet_makes_no_other_one() {
        let mut repeats = Repeats::default();
        let short = frame(1, 64, b"01234567890123456789");
        let padded = [&short[..], &[0; 6]].concat();
        assert!(!repeats.is_repeat(link::ETHERNET, &short, MS));
        assert!(repeats.is_repeat(link::ETHERNET, &padded, MS));
    }

    proptest! {
        /// Whatever byte differs, it is another packet: checksums are left to the tests' writer.
        #[test]
        fn another_payload_is_another_packet(
            payload in prop::collection::vec(any::<u8>(), 1..400),
            at in any::<prop::sample::Index>(),
            by in 1..=255u8,
        ) {
            let mut other = payload.clone();
            other[at.index(payload.len())] ^= by;
            let mut repeats = Repeats::default();
            let [one, two] = [&payload, &other].map(|payload| frame(1, 64, payload));
            prop_assert!(!repeats.is_repeat(link::ETHERNET, &one, MS));
            prop_assert!(!repeats.is_repeat(link::ETHERNET, &two, MS));
            prop_assert!(repeats.is_repeat(link::ETHERNET, &two, MS));
        }

        #[test]
        fn no_frame_makes_it_panic(frame in prop::collection::vec(any::<u8>(), 0..80), link_type in prop_oneof![Just(1u16), Just(101), Just(113), Just(276)]) {
            let mut repeats = Repeats::default();
            let _ = repeats.is_repeat(link_type, &frame, 5);
        }
    }
}
