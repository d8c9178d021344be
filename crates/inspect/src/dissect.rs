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
/// A packet so much older than the one before is told, nanoseconds.
const BACK_NS: u64 = 1_000_000_000;

/// A packet whose flow is to be told about it.
#[derive(Debug, Clone, Copy, Default)]
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

/// A packet of RTP, maybe: only its neighbours tell.
#[derive(Debug, Clone, Copy, Default)]
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

    /// Says of a fresh place what it is of. Field by field: made elsewhere and moved here, it would be
    /// written twice.
    #[inline(always)]
    fn set(&mut self, packet: &Captured, brief: &Brief, t: u64) {
        let payload = brief.payload;
        self.up = self.key.set(brief);
        self.hash = self.key.hash();
        self.number = packet.number;
        self.t = t;
        self.ip_len = brief.ip_len;
        self.at = (packet.at + brief.at) as u32;
        self.captured = payload.len() as u32;
        self.seq = brief.seq;
        if brief.protocol == 17 {
            self.kind = udp::kind(payload, brief.len);
            if self.kind == Kind::MaybeRtp && self.rtp.set(payload, brief.len) {
                self.kind = Kind::Rtp;
                return;
            }
        }
        self.worth_a_look = open::worth_a_look(payload);
    }
}

impl Rtp {
    /// False for what is no RTP. `len` is the payload's whole length, which the capture may have cut.
    #[inline(always)]
    fn set(&mut self, bytes: &[u8], len: usize) -> bool {
        let Ok(header) = rtp::parse(bytes) else {
            return false;
        };
        self.ssrc = header.ssrc;
        self.timestamp = header.timestamp;
        self.size = len.saturating_sub(bytes.len() - header.payload.len()) as u32;
        self.sequence = header.sequence;
        self.first = match bytes.get(header.payload.clone()).unwrap_or_default() {
            [first, second, ..] => u16::from_be_bytes([*first, *second]),
            [first] => u16::from_be_bytes([*first, 0]),
            [] => 0,
        };
        self.payload_type = header.payload_type;
        self.marker = header.marker;
        if let Some(extension) = &header.extension {
            let data = bytes.get(extension.data.clone()).unwrap_or_default();
            match extension.profile {
                0xBEDE => self.set_elements(data, false),
                0x1000..=0x100F => self.set_elements(data, true),
                0xC0DE | 0xC2DE => self.cryptex = true,
                _ => {}
            }
        }
        true
    }

    /// The elements of RFC 8285's two forms.
    #[inline(always)]
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
        // The usual ways each have code of their own, in which the numbers stay in registers.
        if packet.link_type == ETHERNET {
            if let Some(brief) = Brief::usual_v4(packet.data) {
                return self.keep(&packet, &brief, t);
            }
            if let Some(brief) = Brief::usual_v6(packet.data) {
                return self.keep(&packet, &brief, t);
            }
        }
        self.unusual(&packet, t);
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

    #[inline(always)]
    fn keep(&mut self, packet: &Captured, brief: &Brief, t: u64) {
        self.tunnelled += u64::from(brief.tunnels > 0);
        if brief.is_later_fragment() {
            self.left_out.fragments += 1;
            return;
        }
        self.udp += u64::from(brief.protocol == 17);
        self.tcp += u64::from(brief.protocol == 6);
        self.packets.push(Dissected::default());
        if let Some(place) = self.packets.last_mut() {
            place.set(packet, brief, t);
        }
    }

    #[cold]
    fn unusual(&mut self, packet: &Captured, t: u64) {
        match Brief::of(packet.link_type, packet.data) {
            Ok(brief) => self.keep(packet, &brief, t),
            Err(e) => self.none(packet, e),
        }
    }

    fn none(&mut self, packet: &Captured, why: NoDatagram) {
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
                    left_out.malformed_first = packet.number;
                }
            }
        }
    }
}
