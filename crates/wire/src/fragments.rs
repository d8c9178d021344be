//! Fragments of IP packets, put together (RFC 791, section 3.2; RFC 8200, section 4.5).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::link;

/// Packets that are waited for at once. Of more, the oldest is given back as far as it is there.
const HELD_MAX: usize = 64;
/// Fragments of one packet: more than 64 KiB in the shortest that IPv4 lets anybody count on (RFC 791).
const PIECES_MAX: usize = 128;
/// A packet's length has 16 bits.
const PACKET_MAX: usize = 0xFFFF;
/// How long the others are waited for, nanoseconds: as long as Linux does (`ipfrag_time`, ip(7)).
const WAIT_NS: u64 = 30_000_000_000;

/// IPv6's header of a fragment.
const FRAGMENT: u8 = 44;

/// A fragment of an IP packet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece<'p> {
    whose: Whose,
    /// Where it lies in the packet's body, bytes.
    offset: usize,
    /// Its length as its header says it, and what was captured of it.
    len: usize,
    body: &'p [u8],
    more_follow: bool,
    /// What stands in front of the body, as if the packet were whole but for its length.
    header: Vec<u8>,
    ip_len: u32,
}

/// What fragments of one packet have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Whose {
    src: IpAddr,
    dst: IpAddr,
    protocol: u8,
    id: u32,
}

/// Where a fragment begins in a frame: the outermost one, where a tunnel and what it carries both are.
#[inline]
pub fn at(link_type: u16, frame: &[u8]) -> Option<usize> {
    let outer = link::ip_at(link_type, frame).ok()?;
    if is_piece(frame.get(outer..)?) {
        return Some(outer);
    }
    let inner = link::innermost_at(link_type, frame).ok()?;
    (inner != outer && is_piece(frame.get(inner..)?)).then_some(inner)
}

/// Whether an IP packet is a fragment.
#[inline]
fn is_piece(packet: &[u8]) -> bool {
    match packet {
        [first, _, _, _, _, _, flags, offset, ..] if first >> 4 == 4 => {
            u16::from_be_bytes([*flags, *offset]) & 0x3FFF != 0
        }
        [first, ..] if first >> 4 == 6 => fragment_header(packet).is_some(),
        _ => false,
    }
}

/// Of a packet of IPv6: where the header of a fragment begins, and the byte that says that it follows. One that
/// says that it is all of the packet (RFC 6946) is passed over by whoever reads the packet.
#[inline]
fn fragment_header(packet: &[u8]) -> Option<(usize, usize)> {
    let (mut said_at, mut at) = (6, 40);
    loop {
        let head = packet.get(at..)?.first_chunk::<4>()?;
        match packet[said_at] {
            FRAGMENT => {
                let whole = u16::from_be_bytes([head[2], head[3]]) & 0xFFF9 == 0;
                return (!whole).then_some((at, said_at));
            }
            // What may stand in front of it (RFC 8200, section 4.1).
            0 | 43 | 60 => {
                said_at = at;
                at += 8 + 8 * usize::from(head[1]);
            }
            _ => return None,
        }
    }
}

/// Reads a fragment; nothing if it is none, or contradicts itself.
fn piece(packet: &[u8]) -> Option<Piece<'_>> {
    match packet.first()? >> 4 {
        4 => {
            let fixed: &[u8; 20] = packet.first_chunk()?;
            let header_len = usize::from(fixed[0] & 15) * 4;
            let ip_len = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
            let place = u16::from_be_bytes([fixed[6], fixed[7]]);
            let mut header = packet
                .get(..header_len)
                .filter(|_| header_len >= 20)?
                .to_vec();
            header[6..8].fill(0);
            let ip = |at: usize| <[u8; 4]>::try_from(&fixed[at..at + 4]).map(Ipv4Addr::from);
            Some(Piece {
                whose: Whose {
                    src: ip(12).ok()?.into(),
                    dst: ip(16).ok()?.into(),
                    protocol: fixed[9],
                    id: u32::from(u16::from_be_bytes([fixed[4], fixed[5]])),
                },
                offset: usize::from(place & 0x1FFF) * 8,
                len: ip_len.checked_sub(header_len)?,
                body: packet.get(header_len..packet.len().min(ip_len))?,
                more_follow: place & 0x2000 != 0,
                header,
                ip_len: ip_len as u32,
            })
        }
        6 => {
            let (at, said_at) = fragment_header(packet)?;
            let head: &[u8; 8] = packet.get(at..)?.first_chunk()?;
            let ip_len = 40 + usize::from(u16::from_be_bytes([packet[4], packet[5]]));
            let place = u16::from_be_bytes([head[2], head[3]]);
            let mut header = packet[..at].to_vec();
            header[said_at] = head[0];
            let ip = |at: usize| <[u8; 16]>::try_from(&packet[at..at + 16]).map(Ipv6Addr::from);
            Some(Piece {
                whose: Whose {
                    src: ip(8).ok()?.into(),
                    dst: ip(24).ok()?.into(),
                    // Not told apart by it (RFC 8200, section 4.5).
                    protocol: 0,
                    id: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
                },
                offset: usize::from(place & 0xFFF8),
                len: ip_len.checked_sub(at + 8)?,
                body: packet.get(at + 8..packet.len().min(ip_len))?,
                more_follow: place & 1 != 0,
                header,
                ip_len: ip_len as u32,
            })
        }
        _ => None,
    }
}

/// A packet that is waited for.
#[derive(Debug)]
struct Held {
    whose: Whose,
    since_ns: u64,
    /// Of the first fragment.
    header: Option<Vec<u8>>,
    /// By their places: place and length as said, and what was captured. None overlaps another.
    pieces: Vec<(usize, usize, Vec<u8>)>,
    /// Length of the body, where the last fragment was seen.
    len: Option<usize>,
    ip_len: u32,
}

/// What fragments gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assembled {
    /// The IP packet, without link layer and as if it had never been cut; as far as it is there without a hole. Empty
    /// where the first fragment is not.
    pub packet: Vec<u8>,
    /// Sum of its fragments' lengths on the network layer, bytes.
    pub ip_len: u32,
    /// Its fragments, if the packet is not whole; else 0.
    pub incomplete: u64,
}

/// Puts fragments together, 4 MiB of them at most.
#[derive(Debug, Default)]
pub struct Fragments {
    /// Oldest first.
    held: Vec<Held>,
}

impl Fragments {
    /// Takes the fragment that an IP packet is, captured at `t_ns`, and gives what is whole by it, or is waited for no
    /// longer.
    pub fn add(&mut self, packet: &[u8], t_ns: u64) -> Vec<Assembled> {
        let mut done = self.expired(t_ns);
        let Some(piece) = piece(packet) else {
            done.push(lost(1));
            return done;
        };
        let place = self.held.iter().position(|held| held.whose == piece.whose);
        let place = place.unwrap_or_else(|| {
            if self.held.len() == HELD_MAX {
                done.push(self.held.remove(0).assembled());
            }
            self.held.push(Held::new(piece.whose, t_ns));
            self.held.len() - 1
        });
        match self.held[place].add(piece) {
            // Whoever lets fragments overlap wants one reader to see what another does not (RFC 5722).
            Added::Contradicts => {
                let n_pieces = self.held.remove(place).pieces.len();
                done.push(lost(n_pieces as u64 + 1));
            }
            Added::Whole => done.push(self.held.remove(place).assembled()),
            Added::Waits => {}
        }
        done
    }

    /// What was waited for when the capture ended.
    pub fn finish(&mut self) -> Vec<Assembled> {
        self.held.drain(..).map(Held::assembled).collect()
    }

    fn expired(&mut self, t_ns: u64) -> Vec<Assembled> {
        let is_old = |held: &mut Held| held.since_ns.saturating_add(WAIT_NS) < t_ns;
        let old = self.held.extract_if(.., is_old);
        old.map(Held::assembled).collect()
    }
}

/// So many fragments from which nothing can be read.
fn lost(n_pieces: u64) -> Assembled {
    Assembled {
        packet: Vec::new(),
        ip_len: 0,
        incomplete: n_pieces,
    }
}

/// What a fragment does to its packet.
enum Added {
    Waits,
    Whole,
    Contradicts,
}

impl Held {
    fn new(whose: Whose, since_ns: u64) -> Held {
        Held {
            whose,
            since_ns,
            header: None,
            pieces: Vec::new(),
            len: None,
            ip_len: 0,
        }
    }

    fn add(&mut self, piece: Piece) -> Added {
        let end = piece.offset + piece.len;
        let ends_elsewhere = match (self.len, piece.more_follow) {
            (Some(len), true) => end >= len,
            (Some(len), false) => end != len,
            (None, _) => false,
        };
        // All but the last are multiples of eight bytes long.
        let is_odd = piece.more_follow && (piece.len == 0 || !piece.len.is_multiple_of(8));
        let at = self.pieces.partition_point(|(at, ..)| *at < piece.offset);
        if self.pieces.get(at).is_some_and(|(at, len, body)| {
            (*at, *len, body.as_slice()) == (piece.offset, piece.len, piece.body)
        }) {
            return Added::Waits;
        }
        let before = at.checked_sub(1).map(|before| &self.pieces[before]);
        let overlaps = before.is_some_and(|(at, len, _)| at + len > piece.offset)
            || self.pieces.get(at).is_some_and(|(at, ..)| *at < end);
        let too_many = self.pieces.len() == PIECES_MAX;
        if ends_elsewhere || is_odd || overlaps || too_many || end > PACKET_MAX {
            return Added::Contradicts;
        }
        if !piece.more_follow {
            self.len = Some(end);
        }
        if piece.offset == 0 {
            self.header = Some(piece.header);
        }
        self.ip_len = self.ip_len.saturating_add(piece.ip_len);
        let entry = (piece.offset, piece.len, piece.body.to_vec());
        self.pieces.insert(at, entry);
        let mut next = 0;
        for (at, len, _) in &self.pieces {
            if *at != next {
                return Added::Waits;
            }
            next += len;
        }
        match self.len {
            Some(len) if len == next => Added::Whole,
            _ => Added::Waits,
        }
    }

    /// The packet as far as it is there.
    fn assembled(self) -> Assembled {
        let Some(mut packet) = self.header else {
            return lost(self.pieces.len() as u64);
        };
        let header_len = packet.len();
        for (at, len, body) in &self.pieces {
            if packet.len() - header_len != *at {
                break;
            }
            packet.extend_from_slice(body);
            // The capture cut it.
            if body.len() < *len {
                break;
            }
        }
        let there = packet.len() - header_len;
        let incomplete = match self.len {
            Some(len) if len == there => 0,
            _ => self.pieces.len() as u64,
        };
        let body_len = self.len.unwrap_or(there);
        let [at, len] = match packet[0] >> 4 {
            4 => [2, header_len + body_len],
            _ => [4, header_len + body_len - 40],
        };
        let len = len.min(PACKET_MAX) as u16;
        packet[at..at + 2].copy_from_slice(&len.to_be_bytes());
        Assembled {
            packet,
            ip_len: self.ip_len,
            incomplete,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A packet of UDP with this body, in fragments with at most `step` bytes each, in order.
    fn pieces(is_v6: bool, id: u16, body: &[u8], step: usize) -> Vec<Vec<u8>> {
        let mut udp = vec![0x13, 0x88, 0x13, 0x89];
        udp.extend((body.len() as u16 + 8).to_be_bytes());
        udp.extend([0, 0]);
        udp.extend(body);
        let n = udp.chunks(step).count();
        let each = udp.chunks(step).enumerate();
        each.map(|(i, chunk)| {
            let (offset, more) = ((i * step) as u16, i + 1 < n);
            let mut packet = match is_v6 {
                true => {
                    let mut packet = vec![0x60, 0, 0, 0];
                    packet.extend((chunk.len() as u16 + 16).to_be_bytes());
                    // A header of options in front, which each fragment has.
                    packet.extend([60, 64]);
                    packet.extend([0x20; 16]);
                    packet.extend([0x30; 16]);
                    packet.extend([FRAGMENT, 0, 1, 4, 0, 0, 0, 0]);
                    packet.extend([17, 0]);
                    packet.extend((offset | u16::from(more)).to_be_bytes());
                    packet.extend([0, 0]);
                    packet.extend(id.to_be_bytes());
                    packet
                }
                false => {
                    let mut packet = vec![0x45, 0];
                    packet.extend((chunk.len() as u16 + 20).to_be_bytes());
                    packet.extend(id.to_be_bytes());
                    packet.extend(((offset / 8) | (u16::from(more) << 13)).to_be_bytes());
                    packet.extend([64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
                    packet
                }
            };
            if is_v6 {
                let len = packet.len() - 40 + chunk.len();
                packet[4..6].copy_from_slice(&(len as u16).to_be_bytes());
            }
            packet.extend(chunk);
            packet
        })
        .collect()
    }

    /// What a reader sees of a packet.
    fn read(packet: &[u8]) -> (u16, Vec<u8>) {
        let datagram = crate::datagram_at(packet, 0).unwrap();
        (
            datagram.dst.port(),
            packet[datagram.payload.clone()].to_vec(),
        )
    }

    proptest! {
        #[test]
        fn in_any_order_they_give_the_packet(
            is_v6: bool,
            body in prop::collection::vec(any::<u8>(), 40..4_000),
            words in 4..100usize,
            order in any::<u64>(),
        ) {
            let mut pieces = pieces(is_v6, 7, &body, words * 8);
            prop_assume!(pieces.len() > 1 && pieces.len() <= PIECES_MAX);
            let ip_len: usize = pieces.iter().map(Vec::len).sum();
            let n = pieces.len();
            for i in 0..n {
                pieces.swap(i, (order as usize).wrapping_mul(i + 1) % n);
            }
            let mut fragments = Fragments::default();
            let twice = pieces.iter().flat_map(|piece| [piece, piece]);
            let done: Vec<_> = twice.take(2 * n - 1).flat_map(|p| {
                assert_eq!(at(link::RAW[0], p), Some(0));
                fragments.add(p, 5)
            }).collect();
            prop_assert_eq!(done.len(), 1);
            prop_assert_eq!((done[0].incomplete, done[0].ip_len as usize), (0, ip_len));
            prop_assert_eq!(at(link::RAW[0], &done[0].packet), None);
            prop_assert_eq!(read(&done[0].packet), (0x1389, body));
            prop_assert!(fragments.finish().is_empty());
        }

        #[test]
        fn whatever_comes_is_bounded_and_accounted_for(
            packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..90), 0..200),
            kinds in prop::collection::vec(any::<(bool, u8, bool)>(), 200),
        ) {
            let mut fragments = Fragments::default();
            let mut incomplete = 0;
            for ((mut packet, (is_v6, id, last)), t) in packets.into_iter().zip(kinds).zip(0..) {
                if packet.len() > 60 {
                    packet[0] = if is_v6 { 0x60 } else { 0x45 };
                    packet[6] = if is_v6 { FRAGMENT } else { if last { 0 } else { 0x20 } };
                    packet[4] = 0;
                    packet[5] = id % 8;
                }
                let done = fragments.add(&packet, t * 1_000_000_000);
                incomplete += done.iter().map(|done| done.incomplete).sum::<u64>();
                assert!(fragments.held.len() <= HELD_MAX);
            }
            incomplete += fragments.finish().iter().map(|done| done.incomplete).sum::<u64>();
            assert!(incomplete <= 200 && fragments.held.is_empty());
        }
    }

    #[test]
    fn what_lacks_a_piece_is_given_as_far_as_it_is_there() {
        let body: Vec<u8> = (0..100).collect();
        for is_v6 in [false, true] {
            let pieces = pieces(is_v6, 7, &body, 40);
            let mut fragments = Fragments::default();
            assert_eq!(fragments.add(&pieces[0], 0), []);
            assert_eq!(fragments.add(&pieces[2], 0), []);
            // Half a minute later nobody waits for it.
            let late = fragments.add(&pieces[1], WAIT_NS + 1);
            assert_eq!((late.len(), late[0].incomplete), (1, 2));
            let (port, there) = read(&late[0].packet);
            assert_eq!((port, there.as_slice()), (0x1389, &body[..32]));
            // Without the first nothing is known but that it was there.
            assert_eq!(fragments.finish(), [lost(1)]);
        }
    }

    #[test]
    fn what_the_capture_cut_ends_where_it_was_cut() {
        let body: Vec<u8> = (0..100).collect();
        let pieces = pieces(false, 7, &body, 40);
        let mut fragments = Fragments::default();
        fragments.add(&pieces[0], 0);
        fragments.add(&pieces[1][..30], 0);
        let done = fragments.add(&pieces[2], 0);
        assert_eq!((done.len(), done[0].incomplete), (1, 3));
        assert_eq!(read(&done[0].packet).1, body[..42]);
    }

    #[test]
    fn pieces_that_overlap_give_nothing() {
        let body: Vec<u8> = (0..100).collect();
        let honest = pieces(false, 7, &body, 40);
        let mut other = honest[1].clone();
        *other.last_mut().unwrap() ^= 1;
        let mut fragments = Fragments::default();
        fragments.add(&honest[0], 0);
        fragments.add(&honest[1], 0);
        assert_eq!(fragments.add(&other, 0), [lost(3)]);
        assert_eq!(fragments.add(&honest[2], 0), []);
        assert_eq!(fragments.finish(), [lost(1)]);
    }
}
