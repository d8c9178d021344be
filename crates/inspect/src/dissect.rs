//! One packet by itself: what kind it is, whose, and what its headers say, as plain numbers that another
//! core can count on without fetching the packet.

use std::net::IpAddr;

use wire::capture::{Captured, Take};
use wire::link::ETHERNET;
use wire::{Brief, NoDatagram, rtp};

use crate::findings::{Inspection, LeftOut};
use crate::open;
use crate::table::Key;
use crate::udp::{self, Kind};

/// Elements of one byte of one packet's header extension that are looked at.
const ELEMENTS: usize = 8;
/// Bytes of an extension that is read the short way: a power of two, and each element takes two.
const EXTENSION: usize = 2 * ELEMENTS;
/// A packet so much older than the one before is told, nanoseconds.
const BACK_NS: u64 = 1_000_000_000;

/// A packet whose flow is to be told about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct Dissected {
    pub(crate) key: Key,
    pub(crate) hash: u64,
    pub(crate) number: u64,
    pub(crate) t: u64,
    /// Network layer, bytes.
    pub(crate) ip_len: u32,
    /// Where the payload begins in the bytes that were handed in.
    at: u32,
    /// How much of it was captured.
    captured: u32,
    /// From the higher end to the lower one.
    pub(crate) up: bool,
    pub(crate) kind: Kind,
    /// Whether its first bytes are those of something that stands in the open.
    pub(crate) worth_a_look: bool,
    /// Sequence number of TCP.
    pub(crate) seq: u32,
    /// Where the kind is [`Kind::Rtp`].
    pub(crate) rtp: Rtp,
}

/// A frame that is to be dissected.
struct Frame<'b> {
    number: u64,
    t: u64,
    at: usize,
    link_type: u16,
    data: &'b [u8],
}

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
    n_elements: u8,
    /// Numbers and values of header extensions of one byte.
    elements: [[u8; 2]; ELEMENTS],
}

impl Dissected {
    /// Its payload in the bytes that were handed in when it was read.
    #[inline]
    pub(crate) fn payload<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        &bytes[self.at as usize..][..self.captured as usize]
    }

    /// Whom it is for.
    pub(crate) fn to(&self) -> IpAddr {
        self.key.ends()[usize::from(!self.up)].ip()
    }

    #[inline]
    pub(crate) fn has_payload(&self) -> bool {
        self.captured > 0
    }

    fn new(frame: &Frame, brief: &Brief) -> Dissected {
        let payload = brief.payload;
        let (key, up) = Key::new(brief);
        let mut dissected = Dissected {
            key,
            hash: key.hash(),
            number: frame.number,
            t: frame.t,
            ip_len: brief.ip_len,
            at: (frame.at + brief.at) as u32,
            captured: payload.len() as u32,
            up,
            seq: brief.seq,
            worth_a_look: open::worth_a_look(payload),
            ..Dissected::default()
        };
        if brief.protocol == 17 {
            dissected.kind = udp::kind(payload, brief.len);
            if dissected.kind == Kind::MaybeRtp
                && let Some(rtp) = Rtp::new(payload, brief.len)
            {
                dissected.kind = Kind::Rtp;
                dissected.rtp = rtp;
            }
        }
        dissected
    }

    /// The same for what most packets of a call are: whole, of Ethernet, IPv4 without options, UDP; RTP
    /// without padding and other sources, with at most a short extension of RFC 8285's first form. All of
    /// it lies at fixed places then. Written to its place field by field: made elsewhere and moved there,
    /// it would be written twice.
    #[inline(always)]
    fn set_usual(&mut self, frame: &Frame) -> Option<()> {
        const IP: usize = 14;
        const UDP: usize = IP + 20;
        const RTP: usize = UDP + 8;
        const BODY: usize = RTP + 12;
        let head: &[u8; BODY + 4 + EXTENSION] = frame.data.first_chunk()?;
        let u16_at = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
        let u32_at =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (ip_len, udp_len) = (usize::from(u16_at(IP + 2)), usize::from(u16_at(UDP + 4)));
        let (src_port, dst_port) = (u16_at(UDP), u16_at(UDP + 2));
        // Ethernet's type, version and header's length; fragmentation (but the bit that forbids it) and
        // protocol.
        let is_udp = u32_at(12) & 0xFFFF_FF00 == 0x0800_4500
            && u32_at(IP + 6) & 0x3FFF_00FF == 17
            && ip_len == 20 + udp_len
            && IP + ip_len <= frame.data.len()
            && src_port != 0
            && !Brief::is_tunnel(dst_port);
        let (first, second) = (head[RTP], head[RTP + 1]);
        let payload_type = second & 127;
        if !is_udp || first & 0xEF != 0x80 || (72..=79).contains(&payload_type) {
            return None;
        }
        let captured = udp_len.checked_sub(8)?;
        let mut body = BODY;
        if first & 0x10 != 0 {
            let len = 4 * usize::from(u16_at(BODY + 2));
            if u16_at(BODY) != 0xBEDE || len > EXTENSION {
                return None;
            }
            body += 4 + len;
            let extension = head[BODY + 4..].first_chunk()?;
            self.rtp.set_short_elements(extension, len);
        }
        let size = (RTP + captured).checked_sub(body).filter(|size| *size >= 2)?;
        let first = [*frame.data.get(body)?, *frame.data.get(body + 1)?];
        let (from, to) = (u32_at(IP + 12), u32_at(IP + 16));
        (self.key, self.up) = Key::of_udp_v4((from, src_port), (to, dst_port));
        self.hash = self.key.hash();
        self.number = frame.number;
        self.t = frame.t;
        self.ip_len = ip_len as u32;
        self.at = (frame.at + RTP) as u32;
        self.captured = captured as u32;
        self.kind = Kind::Rtp;
        self.rtp.ssrc = u32_at(RTP + 8);
        self.rtp.timestamp = u32_at(RTP + 4);
        self.rtp.size = size as u32;
        self.rtp.sequence = u16_at(RTP + 2);
        self.rtp.first = u16::from_be_bytes(first);
        self.rtp.payload_type = payload_type;
        self.rtp.marker = second & 128 != 0;
        Some(())
    }
}

impl Rtp {
    /// `len` is the payload's whole length, which the capture may have cut.
    fn new(bytes: &[u8], len: usize) -> Option<Rtp> {
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
                0xBEDE => rtp.set_elements(data, false),
                0x1000..=0x100F => rtp.set_elements(data, true),
                0xC0DE | 0xC2DE => rtp.cryptex = true,
                _ => {}
            }
        }
        Some(rtp)
    }

    /// The elements of RFC 8285's two forms.
    fn set_elements(&mut self, data: &[u8], two_byte: bool) {
        let mut at = 0;
        while let Some(&head) = data.get(at) {
            if head == 0 {
                at += 1;
                continue;
            }
            let (id, len, body) = match two_byte {
                false if head >> 4 == 15 => return,
                false => (head >> 4, usize::from(head & 15) + 1, at + 1),
                true => match data.get(at + 1) {
                    Some(&len) => (head, usize::from(len), at + 2),
                    None => return,
                },
            };
            if len == 1
                && let Some(&value) = data.get(body)
                && let Some(place) = self.elements.get_mut(usize::from(self.n_elements))
            {
                *place = [id, value];
                self.n_elements += 1;
            }
            at = body + len;
        }
    }

    /// The same for the first form and at most so many bytes: no element can be outside.
    #[inline(always)]
    fn set_short_elements(&mut self, data: &[u8; EXTENSION], len: usize) {
        const LAST: usize = EXTENSION - 1;
        let mut at = 0;
        while at < len {
            let head = data[at & LAST];
            if head == 0 {
                at += 1;
                continue;
            }
            if head >> 4 == 15 {
                return;
            }
            if head & 15 == 0 && at + 1 < len {
                self.elements[usize::from(self.n_elements) % ELEMENTS] =
                    [head >> 4, data[(at + 1) & LAST]];
                self.n_elements += 1;
            }
            at += usize::from(head & 15) + 2;
        }
    }

    #[inline]
    pub(crate) fn elements(&self) -> &[[u8; 2]] {
        &self.elements[..usize::from(self.n_elements).min(ELEMENTS)]
    }
}

/// Takes packets one by one, counts them, and lays those aside that belong to a flow.
#[derive(Debug)]
pub struct Dissector {
    /// For [`crate::Inspector::add`], in the file's order. Whoever takes them away empties it.
    pub packets: Vec<Dissected>,
    pub(crate) n: u64,
    pub(crate) bytes: u64,
    pub(crate) first_ns: u64,
    pub(crate) last_ns: u64,
    pub(crate) tunnelled: u64,
    pub(crate) udp: u64,
    pub(crate) tcp: u64,
    pub(crate) left_out: LeftOut,
    before_ns: u64,
}

impl Default for Dissector {
    fn default() -> Dissector {
        Dissector {
            packets: Vec::new(),
            n: 0,
            bytes: 0,
            first_ns: u64::MAX,
            last_ns: 0,
            tunnelled: 0,
            udp: 0,
            tcp: 0,
            left_out: LeftOut::default(),
            before_ns: 0,
        }
    }
}

impl<'b> Take<'b> for Dissector {
    #[inline(always)]
    fn packet(&mut self, packet: Captured<'b>) {
        self.n += 1;
        self.bytes += u64::from(packet.orig_len);
        let t = match packet.realtime_ns {
            Some(t) => t,
            None => {
                self.left_out.without_time += 1;
                self.before_ns
            }
        };
        self.left_out.back_in_time += u64::from(t.saturating_add(BACK_NS) < self.before_ns);
        self.before_ns = t;
        self.first_ns = self.first_ns.min(t);
        self.last_ns = self.last_ns.max(t);
        self.left_out.cut += u64::from((packet.data.len() as u64) < u64::from(packet.orig_len));
        let frame = Frame {
            number: packet.number,
            t,
            at: packet.at,
            link_type: packet.link_type,
            data: packet.data,
        };
        if packet.link_type == ETHERNET {
            self.packets.push(Dissected::default());
            let place = self.packets.last_mut();
            if place.is_some_and(|place| place.set_usual(&frame).is_some()) {
                self.udp += 1;
                return;
            }
            self.packets.pop();
        }
        self.unusual(frame);
    }
}

impl Dissector {
    /// Adds what was counted here to what was found.
    pub(crate) fn tell(&self, out: &mut Inspection) {
        out.packets = self.n;
        out.bytes = self.bytes;
        out.first_ns = if self.n == 0 { 0 } else { self.first_ns };
        out.last_ns = self.last_ns;
        out.tunnelled = self.tunnelled;
        out.counts.udp = self.udp;
        out.counts.tcp = self.tcp;
        let LeftOut {
            flows_evicted,
            flows_not_listed,
            streams,
            findings,
            names,
            ..
        } = out.left_out;
        out.left_out = LeftOut {
            flows_evicted,
            flows_not_listed,
            streams,
            findings,
            names,
            ..self.left_out
        };
    }

    fn unusual(&mut self, frame: Frame) {
        let brief = match Brief::of(frame.link_type, frame.data) {
            Ok(brief) => brief,
            Err(e) => return self.none(&frame, e),
        };
        self.tunnelled += u64::from(brief.tunnels > 0);
        if brief.is_later_fragment() {
            self.left_out.fragments += 1;
            return;
        }
        self.udp += u64::from(brief.protocol == 17);
        self.tcp += u64::from(brief.protocol == 6);
        self.packets.push(Dissected::new(&frame, &brief));
    }

    #[cold]
    fn none(&mut self, frame: &Frame, why: NoDatagram) {
        let left_out = &mut self.left_out;
        match why {
            NoDatagram::NotIp { .. } => left_out.not_ip += 1,
            NoDatagram::LinkType { link_type } => {
                left_out.link_layer += 1;
                left_out.link_type = link_type;
            }
            NoDatagram::Malformed { .. } => {
                left_out.malformed += 1;
                if left_out.malformed == 1 {
                    left_out.malformed_first = frame.number;
                }
            }
        }
    }
}
