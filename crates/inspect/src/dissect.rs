//! One packet by itself: what kind it is, whose, and what its headers say.

use wire::capture::Captured;
use wire::fragments::{self, Assembled, Fragments};
use wire::link::{self, ETHERNET};
use wire::repeat::Repeats;
use wire::{Datagram, NoDatagram, Transport};

use crate::batch::Batch;
use crate::dissected::{Body, Dissected, FlowRef, NonRtp};
use crate::findings::{Inspection, LeftOut};
use crate::open;
use crate::path::Path;
use crate::relay::{self, Relays, Segment};
use crate::rtp::{EXTENSION, Elements, Rtp, Shapes};
use crate::table::Key;
use wire::udp::{self, Kind};

/// A frame that is to be dissected.
struct Frame<'b> {
    number: u32,
    t: u64,
    at: usize,
    link_type: u16,
    data: &'b [u8],
    assembled: bool,
}

/// The second word of the transport's header.
fn second_word(frame: &Frame, datagram: &Datagram) -> [u8; 4] {
    let word = frame.data.get(datagram.header + 4..);
    let word = word.and_then(<[u8]>::first_chunk).copied();
    word.unwrap_or_default()
}

/// Length of a UDP payload as it was on the wire, which the capture may have cut.
fn udp_len(frame: &Frame, datagram: &Datagram) -> usize {
    let [high, low, ..] = second_word(frame, datagram);
    let len = usize::from(u16::from_be_bytes([high, low])).saturating_sub(8);
    len.max(datagram.payload.len())
}

/// What a frame's innermost datagram says. `carried` is the length of a datagram of UDP that a relay carries
/// in it: its payload is that one's then.
fn general(
    frame: &Frame,
    datagram: &Datagram,
    carried: Option<usize>,
    keys: &mut Vec<Key>,
) -> Dissected {
    let (key, up) = Key::new(datagram);
    keys.push(key);
    // The range was made from the frame.
    let payload = &frame.data[datagram.payload.clone()];
    let other = |kind, seq| {
        Body::NonRtp(NonRtp {
            at: (frame.at + datagram.payload.start) as u32,
            captured: payload.len() as u32,
            seq,
            kind,
            worth_a_look: open::worth_a_look(payload),
            assembled: frame.assembled,
        })
    };
    let by_udp = match datagram.transport {
        Transport::Udp => Some(carried.unwrap_or_else(|| udp_len(frame, datagram))),
        _ => carried,
    };
    let body = match (by_udp, datagram.transport) {
        (Some(len), _) => match udp::kind(payload, len) {
            Kind::MaybeRtp => match Rtp::new(payload, len) {
                Some(rtp) => Body::Rtp(rtp),
                None => other(Kind::MaybeRtp, 0),
            },
            kind => other(kind, 0),
        },
        (None, Transport::Tcp) => {
            let seq = u32::from_be_bytes(second_word(frame, datagram));
            other(Kind::Other, seq)
        }
        (None, _) => other(Kind::Other, 0),
    };
    Dissected {
        t: frame.t,
        number: frame.number,
        hash: key.hash(),
        flow: FlowRef::Key {
            index: keys.len() as u32 - 1,
            ip_len: datagram.ip_len,
            up,
        },
        body,
    }
}

/// The same for what most packets of a call are: whole, of Ethernet, IPv4 without options, UDP; RTP
/// without padding and other sources, with at most a short extension of RFC 8285's first form. All of
/// it lies at fixed places then.
#[inline(always)]
fn usual_rtp(frame: &Frame, shapes: &mut Shapes) -> Option<Dissected> {
    const IP: usize = 14;
    const UDP: usize = IP + 20;
    const RTP: usize = UDP + 8;
    const BODY: usize = RTP + 12;
    let data = frame.data;
    let head: &[u8; BODY + 4 + EXTENSION] = data.first_chunk()?;
    let u16_at = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    let raw_at =
        |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let (ip_len, udp_len) = (u16_at(IP + 2), u16_at(UDP + 4));
    let end = IP + usize::from(ip_len);
    let ports = raw_at(UDP);
    // Ethernet's type, version and header's length; fragmentation (but the bit that forbids it) and
    // protocol; a sender's port.
    let is_udp = frame.link_type == ETHERNET
        && raw_at(12) & 0x00FF_FFFF == 0x0045_0008
        && raw_at(IP + 6) & 0xFF00_FF3F == 17 << 24
        && u32::from(ip_len) == 20 + u32::from(udp_len)
        && end <= data.len()
        && ports as u16 != 0
        && !link::is_tunnel(((ports >> 16) as u16).swap_bytes());
    let (first, second) = (head[RTP], head[RTP + 1]);
    let payload_type = second & 127;
    if !is_udp || first & 0xEF != 0x80 || (72..=79).contains(&payload_type) {
        return None;
    }
    let (mut body, mut elements) = (BODY, Elements::default());
    if first & 0x10 != 0 {
        // The profile, and a length in words, whose higher byte is 0.
        let extension = raw_at(BODY);
        let len = 4 * (extension >> 24) as usize;
        if extension & 0x00FF_FFFF != 0x0000_DEBE || len > EXTENSION {
            return None;
        }
        body += 4 + len;
        elements = shapes.elements(head[BODY + 4..].first_chunk()?, len);
    }
    let size = end.checked_sub(body).filter(|size| *size >= 2)?;
    let head_of_body = data.get(body..body + 2)?;
    let (timestamp, ssrc) = (raw_at(RTP + 4).swap_bytes(), raw_at(RTP + 8).swap_bytes());
    let ips = u64::from(raw_at(IP + 12)) | u64::from(raw_at(IP + 16)) << 32;
    Some(Dissected {
        t: frame.t,
        number: frame.number,
        hash: Path { ips, ports, ssrc }.hash(),
        flow: FlowRef::Path { ips, ports, ip_len },
        body: Body::Rtp(Rtp {
            ssrc,
            timestamp,
            size: size as u32,
            sequence: u16_at(RTP + 2),
            first: u16::from_be_bytes([head_of_body[0], head_of_body[1]]),
            payload_type,
            marker: second & 128 != 0,
            cryptex: false,
            elements,
        }),
    })
}

/// What a segment of TCP carries of a relay's datagrams: all but the last go into the batch. Only the first is as
/// long on the network layer as the segment, which is counted once.
fn carried(
    frame: &Frame,
    mut datagram: Datagram,
    datagrams: Vec<std::ops::Range<usize>>,
    batch: &mut Batch,
) -> Option<Dissected> {
    let begin = datagram.payload.start;
    let mut last = None;
    for at in datagrams {
        datagram.payload = begin + at.start..begin + at.end;
        let dissected = general(frame, &datagram, Some(at.len()), &mut batch.keys);
        batch.packets.extend(last.replace(dissected));
        datagram.ip_len = 0;
    }
    // The relay's own messages, or a piece of one.
    last.or_else(|| Some(general(frame, &datagram, None, &mut batch.keys)))
}

/// Says of packets what they are. Of those before it knows only copies, fragments and relays.
#[derive(Debug, Default)]
pub(crate) struct Dissector {
    repeats: Repeats,
    fragments: Fragments,
    /// When the last packet was captured.
    last_ns: u64,
    repeated: u64,
    tunnelled: u64,
    relayed: u64,
    relays: Relays,
    udp: u64,
    tcp: u64,
    left_out: LeftOut,
    shapes: Shapes,
}

impl Dissector {
    /// Puts a packet with this number in the batch.
    #[inline]
    pub(crate) fn dissect(&mut self, number: u64, t: u64, packet: &Captured, batch: &mut Batch) {
        // Where nothing says when, nothing says how far apart two are.
        if packet.realtime_ns.is_some() && self.repeats.is_repeat(packet.link_type, packet.data, t)
        {
            self.repeated += 1;
            return;
        }
        if batch.packets.is_empty() {
            batch.first = number;
        }
        let frame = Frame {
            number: (number - batch.first) as u32,
            t,
            at: packet.at,
            link_type: packet.link_type,
            data: packet.data,
            assembled: false,
        };
        self.last_ns = t;
        let dissected = match usual_rtp(&frame, &mut self.shapes) {
            Some(rtp) => {
                self.udp += 1;
                Some(rtp)
            }
            None => match fragments::at(frame.link_type, frame.data) {
                None => self.general(&frame, number, None, batch),
                Some(at) => {
                    let whole = self.fragments.add(&frame.data[at..], t);
                    self.assembled(whole, number, batch);
                    None
                }
            },
        };
        batch.packets.extend(dissected);
    }

    /// Puts packets in the batch of which fragments are lacking, when no more will come.
    pub(crate) fn finish(&mut self, batch: &mut Batch) {
        let waiting = self.fragments.finish();
        let number = batch.first;
        self.assembled(waiting, number, batch);
    }

    /// Puts what fragments gave in the batch, with the number of the packet by which it was known.
    #[cold]
    fn assembled(&mut self, all: Vec<Assembled>, number: u64, batch: &mut Batch) {
        for whole in all {
            self.left_out.fragments += whole.incomplete;
            if whole.packet.is_empty() {
                continue;
            }
            let frame = Frame {
                number: (number - batch.first) as u32,
                t: self.last_ns,
                at: batch.assembled.len(),
                link_type: link::RAW[0],
                data: &whole.packet,
                assembled: true,
            };
            let dissected = self.general(&frame, number, Some(whole.ip_len), batch);
            batch.packets.extend(dissected);
            batch.assembled.extend_from_slice(&whole.packet);
        }
    }

    /// Adds what was counted here to what was found.
    pub(crate) fn tell(&self, out: &mut Inspection) {
        out.tunnelled = self.tunnelled;
        out.relayed = self.relayed;
        out.repeated = self.repeated;
        out.counts.udp = self.udp;
        out.counts.tcp = self.tcp;
        out.left_out.not_ip = self.left_out.not_ip;
        out.left_out.malformed = self.left_out.malformed;
        out.left_out.malformed_first = self.left_out.malformed_first;
        out.left_out.link_layer = self.left_out.link_layer;
        out.left_out.link_type = self.left_out.link_type;
        out.left_out.fragments = self.left_out.fragments;
        out.left_out.carriers = self.left_out.carriers;
        out.left_out.carriers_first = self.left_out.carriers_first;
    }

    /// Any packet. `ip_len` is the sum of its fragments' lengths, if it came in some.
    #[inline(never)]
    fn general(
        &mut self,
        frame: &Frame,
        number: u64,
        ip_len: Option<u32>,
        batch: &mut Batch,
    ) -> Option<Dissected> {
        let (mut datagram, tunnels) = match link::datagram_on(frame.link_type, frame.data) {
            Ok(found) => found,
            Err(e) => {
                self.none(number, e);
                return None;
            }
        };
        datagram.ip_len = ip_len.unwrap_or(datagram.ip_len);
        self.tunnelled += u64::from(tunnels > 0);
        if link::is_unread_tunnel(&datagram) {
            self.carrier(number);
        }
        let keys = &mut batch.keys;
        let with_ports = match datagram.transport {
            Transport::Udp => &mut self.udp,
            Transport::Tcp => &mut self.tcp,
            _ => return Some(general(frame, &datagram, None, keys)),
        };
        *with_ports += 1;
        let payload = &frame.data[datagram.payload.clone()];
        let begin = datagram.payload.start;
        if datagram.transport == Transport::Tcp {
            let (key, _) = Key::new(&datagram);
            if let Segment::Carried {
                datagrams,
                is_whole,
            } = self.relays.segment(&key, payload)
            {
                if !is_whole {
                    self.carrier(number);
                }
                self.relayed += datagrams.len() as u64;
                return self::carried(frame, datagram, datagrams, batch);
            }
        } else if relay::may_be(payload)
            && let (key, _) = Key::new(&datagram)
            && let len = udp_len(frame, &datagram)
            && let Some((at, len)) = self.relays.datagram(&key, payload, len)
        {
            self.relayed += 1;
            datagram.payload = begin + at.start..begin + at.end;
            return Some(general(frame, &datagram, Some(len), keys));
        }
        Some(general(frame, &datagram, None, keys))
    }

    #[cold]
    fn carrier(&mut self, number: u64) {
        self.left_out.carriers += 1;
        if self.left_out.carriers == 1 {
            self.left_out.carriers_first = number;
        }
    }

    #[cold]
    fn none(&mut self, number: u64, why: NoDatagram) {
        let left_out = &mut self.left_out;
        match why {
            NoDatagram::NotIp { ether_type } if link::may_carry(ether_type) => self.carrier(number),
            NoDatagram::NotIp { .. } => left_out.not_ip += 1,
            NoDatagram::LinkType { link_type } => {
                left_out.link_layer += 1;
                left_out.link_type = left_out.link_type.max(link_type);
            }
            NoDatagram::Malformed { .. } => {
                left_out.malformed += 1;
                if left_out.malformed == 1 {
                    left_out.malformed_first = number;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Frames of RTP with an extension, of something else or of TCP, and then a few bytes of their headers
    /// changed or their end cut off.
    fn frames() -> impl Strategy<Value = Vec<u8>> {
        let body = prop::collection::vec(any::<u8>(), 0..60);
        let words = prop::collection::vec(any::<[u8; 4]>(), 0..6);
        let element = prop_oneof![Just(0x10), Just(0x20), Just(0x22), Just(0), any::<u8>()];
        let elements = prop::collection::vec(element, 0..24);
        let changes = prop::collection::vec((14..60usize, any::<u8>()), 0..3);
        let cut = prop_oneof![4 => Just(0), 1 => 0..40usize];
        let ends = (any::<[u8; 4]>(), any::<[u8; 4]>(), any::<u16>());
        let kind = (any::<bool>(), 0..4u8);
        (body, words, elements, changes, cut, ends, kind).prop_map(
            |(body, words, elements, changes, cut, (src, dst, port), (extended, kind))| {
                let mut rtp = vec![if extended { 0x90 } else { 0x80 }, 111];
                rtp.extend((0..10u8).map(|i| i.wrapping_mul(29)));
                if extended {
                    rtp.extend([0xBE, 0xDE, 0, words.len() as u8]);
                    let mut data = words.concat();
                    data.iter_mut()
                        .zip(elements)
                        .for_each(|(to, element)| *to = element);
                    rtp.extend(data);
                }
                if kind > 1 {
                    rtp.clear();
                }
                rtp.extend(body);
                let builder = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6]);
                let builder = builder.ipv4(src, dst, 9);
                let mut frame = Vec::new();
                match kind {
                    3 => builder.tcp(port, 443, 3, 4).write(&mut frame, &rtp),
                    _ => builder.udp(port, 5_004).write(&mut frame, &rtp),
                }
                .unwrap();
                for (at, with) in changes {
                    if let Some(byte) = frame.get_mut(at) {
                        *byte = with;
                    }
                }
                frame.truncate(frame.len() - cut);
                frame
            },
        )
    }

    type WithKey = (Dissected, (Key, bool, u32));

    fn both(data: &[u8]) -> [Option<WithKey>; 2] {
        let frame = Frame {
            number: 3,
            t: 5,
            at: 7,
            link_type: ETHERNET,
            data,
            assembled: false,
        };
        let usual = usual_rtp(&frame, &mut Shapes::default());
        let mut batch = Batch::default();
        let other = Dissector::default().general(&frame, 1, None, &mut batch);
        [usual, other].map(|dissected| dissected.map(|one| (one, one.key(&batch.keys))))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_short_way_says_what_the_long_one_does(frame in frames()) {
            if let [Some((mut usual, whose)), other] = both(&frame) {
                let (other, same) = other.expect("what is usual is a packet");
                // How they say whose it is is the one thing in which they differ.
                (usual.flow, usual.hash) = (other.flow, other.hash);
                prop_assert_eq!((usual, whose), (other, same));
            }
        }
    }

    #[test]
    fn sound_with_a_level_goes_the_short_way() {
        let mut rtp = vec![0x90, 111, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        rtp.extend([0xBE, 0xDE, 0, 1, 0x10, 77, 0, 0]);
        rtp.extend([9; 40]);
        let mut frame = Vec::new();
        etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
            .ipv4([10, 0, 0, 1], [10, 0, 0, 2], 9)
            .udp(5_004, 5_006)
            .write(&mut frame, &rtp)
            .unwrap();
        let [usual, _] = both(&frame);
        let Body::Rtp(rtp) = usual.unwrap().0.body else {
            panic!("no RTP")
        };
        assert_eq!(rtp.elements.iter().collect::<Vec<_>>(), [(1, 77)]);
        assert_eq!((rtp.ssrc, rtp.size, rtp.first), (3, 40, 0x0909));
    }
}
