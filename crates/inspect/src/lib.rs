//! What anyone on the path can read about the sound in a capture, without keys and without a
//! schedule: levels in header extensions, voice activity, silence, plain sound, versions, names.
//!
//! Pure: packets go in one by one, an [`Inspection`] comes out. Nothing is allocated for a packet, and
//! no table grows beyond its size: who has to make room is counted in [`LeftOut`], and what it showed
//! is kept.
//!
//! ```
//! use inspect::Inspector;
//! use wire::capture::Reader;
//! use wire::pcapng::{LINK_ETHERNET, Section, Writer};
//!
//! let mut writer = Writer::new(&Section::default());
//! let interface = writer.interface("veth0", LINK_ETHERNET, 0);
//! writer.packet(interface, 1_700_000_000_000_000_000, 60, &[0; 60]);
//!
//! let mut inspector = Inspector::default();
//! Reader::default().read(&writer.take(), &mut inspector)?;
//! let inspection = inspector.finish();
//! assert_eq!((inspection.packets, inspection.left_out.not_ip), (1, 1));
//! # Ok::<(), wire::capture::PcapError>(())
//! ```
#![forbid(unsafe_code)]

mod findings;
mod flow;
mod judge;
mod names;
mod open;
mod stream;
mod table;
mod udp;

use std::collections::BTreeMap;

pub use wire::Transport;
use wire::capture::{Captured, Take};
use wire::{Datagram, NoDatagram, link, rtp};

pub use findings::{Counts, Finding, FlowName, FlowReport, Inspection, KnownBy, LeftOut, What};

use flow::{Flow, Side};
use names::Names;
use stream::Stream;
use table::{Key, Table};
use udp::Kind;

/// Flows that are followed at a time: about 13 MB.
pub const FLOWS_MAX: usize = 1 << 15;
/// Sources of RTP that are followed at a time: about 9 MB.
pub const STREAMS_MAX: usize = 1 << 14;
/// Findings that are kept.
pub const FINDINGS_MAX: usize = 10_000;
/// Flows in the table of destinations.
pub const LISTED_MAX: usize = 500;

/// Packets of one QUIC flow that are looked into for a hello: it lies in the first few.
const QUIC_LOOKS: u64 = 16;
/// A packet so much older than the one before is told, nanoseconds.
const BACK_NS: u64 = 1_000_000_000;

/// Takes packets, and says in the end what they show.
pub struct Inspector {
    flows: Table<Flow>,
    streams: Vec<Stream>,
    free: Vec<u32>,
    names: Names,
    /// What payload types mean, by signalling anywhere in the capture: its flow is another one.
    codecs: BTreeMap<u8, String>,
    out: Inspection,
    last_ns: u64,
}

impl Default for Inspector {
    fn default() -> Inspector {
        Inspector {
            flows: Table::new(FLOWS_MAX),
            streams: Vec::new(),
            free: Vec::new(),
            names: Names::default(),
            codecs: BTreeMap::new(),
            out: Inspection {
                packets: 0,
                bytes: 0,
                first_ns: u64::MAX,
                last_ns: 0,
                tunnelled: 0,
                counts: Counts::default(),
                findings: Vec::new(),
                flows: Vec::new(),
                left_out: LeftOut::default(),
            },
            last_ns: 0,
        }
    }
}

impl<'b> Take<'b> for Inspector {
    #[inline]
    fn packet(&mut self, packet: Captured<'b>) {
        let out = &mut self.out;
        out.packets += 1;
        out.bytes += u64::from(packet.orig_len);
        let t = match packet.realtime_ns {
            Some(t) => t,
            None => {
                out.left_out.without_time += 1;
                self.last_ns
            }
        };
        if t.saturating_add(BACK_NS) < self.last_ns {
            out.left_out.back_in_time += 1;
        }
        self.last_ns = t;
        out.first_ns = out.first_ns.min(t);
        out.last_ns = out.last_ns.max(t);
        out.left_out.cut += u64::from((packet.data.len() as u64) < u64::from(packet.orig_len));
        match link::datagram_on(packet.link_type, packet.data) {
            Ok((datagram, tunnels)) => {
                self.out.tunnelled += u64::from(tunnels > 0);
                self.datagram(&packet, &datagram, t);
            }
            Err(e) => self.none(&packet, e),
        }
    }
}

impl Inspector {
    #[cold]
    fn none(&mut self, packet: &Captured, why: NoDatagram) {
        let left_out = &mut self.out.left_out;
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

    #[inline]
    fn datagram(&mut self, packet: &Captured, datagram: &Datagram, t: u64) {
        if link::is_later_fragment(datagram) {
            self.out.left_out.fragments += 1;
            return;
        }
        let (key, up) = Key::new(datagram.src, datagram.dst, datagram.transport);
        let Inspector {
            flows,
            streams,
            free,
            out,
            codecs,
            ..
        } = self;
        let index = flows.find(
            &key,
            |flow: &Flow| flow.last,
            |key, flow| retire(&key, &flow, streams, free, codecs, out),
        );
        let flow = flows.get(index);
        if flow.first == 0 {
            flow.first = packet.number;
            flow.first_ns = t;
        }
        flow.last = packet.number;
        flow.last_ns = t;
        let side = &mut flow.sides[usize::from(up)];
        side.packets += 1;
        side.bytes += u64::from(datagram.ip_len);
        // The range lies in the frame: it was made from it.
        let payload = &packet.data[datagram.payload.clone()];
        match datagram.transport {
            Transport::Udp => {
                self.out.counts.udp += 1;
                let len = udp_len(packet.data, datagram).max(payload.len());
                let kind = flow.udp(packet.number, up, payload, len);
                match kind {
                    Kind::MaybeRtp => self.rtp(index, up, packet.number, payload, len),
                    Kind::QuicLong if flow.quic.n <= QUIC_LOOKS => {
                        let open = flow.open.get_or_insert_default();
                        if let Some(name) = open.quic(payload) {
                            self.names.add(datagram.dst.ip(), name);
                        }
                    }
                    Kind::Other | Kind::MaybeQuic => self.other(index, up, packet, datagram),
                    _ => {}
                }
            }
            Transport::Tcp => {
                self.out.counts.tcp += 1;
                if !payload.is_empty() {
                    side.segments += 1;
                    let waits = || flow.open.as_ref().is_some_and(|open| open.waits());
                    if open::worth_a_look(payload) || waits() {
                        self.open(index, up, packet, datagram);
                    }
                }
            }
            Transport::Icmp | Transport::Other(_) => {}
        }
    }

    #[inline]
    fn rtp(&mut self, index: usize, up: bool, number: u64, payload: &[u8], len: usize) {
        let Ok(header) = rtp::parse(payload) else {
            return;
        };
        let flow = self.flows.get(index);
        let mut free = None;
        let mut weakest = (u64::MAX, 0);
        for (i, place) in flow.streams.iter().enumerate() {
            let Some(stream) = (*place as usize)
                .checked_sub(1)
                .map(|at| &mut self.streams[at])
            else {
                free = Some(i);
                break;
            };
            if stream.ssrc == header.ssrc && stream.up == up {
                let size = len.saturating_sub(payload.len() - header.payload.len());
                stream.push(number, &header, payload, size as u32);
                return;
            }
            if !stream.is_rtp() && stream.all.last < weakest.0 {
                weakest = (stream.all.last, i);
            }
        }
        let mut fresh = Stream::new(&header, up);
        let size = len.saturating_sub(payload.len() - header.payload.len());
        fresh.push(number, &header, payload, size as u32);
        match (free, weakest) {
            (Some(i), _) => match self.free.pop() {
                Some(at) => {
                    self.streams[at as usize] = fresh;
                    flow.streams[i] = at + 1;
                }
                None if self.streams.len() < STREAMS_MAX => {
                    self.streams.push(fresh);
                    flow.streams[i] = self.streams.len() as u32;
                }
                None => flow.n_streams_left_out += 1,
            },
            // One that has not shown to be a source makes room.
            (None, (last, i)) if last < u64::MAX => {
                self.streams[flow.streams[i] as usize - 1] = fresh;
            }
            (None, _) => flow.n_streams_left_out += 1,
        }
    }

    /// UDP that is none of the kinds of real-time media: DNS, or signalling.
    fn other(&mut self, index: usize, up: bool, packet: &Captured, datagram: &Datagram) {
        let payload = &packet.data[datagram.payload.clone()];
        let dns = |port| port == 53 || port == 5_353;
        if dns(datagram.src.port()) || dns(datagram.dst.port()) {
            self.out.counts.dns += 1;
            self.names.answer(payload);
        } else if open::worth_a_look(payload) {
            self.open(index, up, packet, datagram);
        }
    }

    #[cold]
    fn open(&mut self, index: usize, up: bool, packet: &Captured, datagram: &Datagram) {
        let open = self.flows.get(index).open.get_or_insert_default();
        let segment = wire::tcp::segment(packet.data, packet.orig_len, datagram);
        let seq = segment.map_or(0, |segment| segment.seq);
        let payload = &packet.data[datagram.payload.clone()];
        if let Some(name) = open.push(packet.number, up, seq, payload) {
            self.names.add(datagram.dst.ip(), name);
        }
        for (kind, codec) in &open.codecs {
            if !self.codecs.contains_key(kind) {
                self.codecs.insert(*kind, codec.clone());
            }
        }
    }

    /// What was found.
    pub fn finish(mut self) -> Inspection {
        let flows = std::mem::replace(&mut self.flows, Table::new(1));
        self.out.left_out.flows_evicted = flows.n_evicted;
        let flows = flows.into_flows();
        for (key, flow) in &flows {
            let (streams, free) = (&self.streams, &mut self.free);
            retire(key, flow, streams, free, &self.codecs, &mut self.out);
        }
        let mut out = self.out;
        if out.first_ns == u64::MAX {
            out.first_ns = 0;
        }
        let bytes = |flow: &Flow| flow.sides.iter().map(|side| side.bytes).sum::<u64>();
        let mut order: Vec<&(Key, Flow)> = flows.iter().collect();
        order.sort_by_key(|(_, flow)| (std::cmp::Reverse(bytes(flow)), flow.first));
        out.left_out.flows_not_listed = order.len().saturating_sub(LISTED_MAX) as u64;
        out.left_out.names = self.names.n_left_out;
        out.flows = order
            .into_iter()
            .take(LISTED_MAX)
            .map(|(key, flow)| listed(key, flow, &self.names, out.first_ns))
            .collect();
        out.findings.sort_by_key(|finding| finding.packets[0]);
        out
    }
}

/// Takes what a flow has shown, and gives its sources' places back.
fn retire(
    key: &Key,
    flow: &Flow,
    streams: &[Stream],
    free: &mut Vec<u32>,
    codecs: &BTreeMap<u8, String>,
    out: &mut Inspection,
) {
    let places = flow.streams.iter().filter_map(|place| place.checked_sub(1));
    let mut of_flow = [Stream::default(); flow::STREAMS];
    let mut n = 0;
    for place in places {
        of_flow[n] = streams[place as usize];
        n += 1;
        free.push(place);
    }
    let of_flow = &of_flow[..n];
    let counts = &mut out.counts;
    for side in &flow.sides {
        counts.rtcp += side.rtcp;
        counts.stun += side.stun;
        counts.dtls += side.dtls;
        counts.quic += side.quic;
    }
    let sources = of_flow.iter().filter(|stream| stream.is_rtp());
    counts.rtp += sources.map(|stream| stream.all.n).sum::<u64>();
    out.left_out.streams += flow.n_streams_left_out;
    let named = |kind| codecs.get(&kind).cloned();
    let (findings, left_out) = (&mut out.findings, &mut out.left_out.findings);
    judge::flow(
        key,
        flow,
        of_flow,
        named,
        &mut |finding| match findings.len() < FINDINGS_MAX {
            true => findings.push(finding),
            false => *left_out += 1,
        },
    );
}

fn listed(key: &Key, flow: &Flow, names: &Names, first_ns: u64) -> FlowReport {
    let [from, to] = key.ends();
    let of = |value: fn(&Side) -> u64| [value(&flow.sides[0]), value(&flow.sides[1])];
    let seconds = |t: u64| t.saturating_sub(first_ns) as f64 / 1e9;
    FlowReport {
        flow: FlowName {
            transport: key.transport(),
            from,
            to,
        },
        names: [from, to].map(|end| names.get(&end.ip()).cloned()),
        packets: of(|side| side.packets),
        bytes: of(|side| side.bytes),
        numbers: [flow.first, flow.last],
        seconds: [flow.first_ns, flow.last_ns].map(seconds),
    }
}

/// The payload's whole length, by UDP's own header.
#[inline]
fn udp_len(frame: &[u8], datagram: &Datagram) -> usize {
    match frame.get(datagram.header + 4..datagram.header + 6) {
        Some(&[high, low]) => usize::from(u16::from_be_bytes([high, low])).saturating_sub(8),
        _ => 0,
    }
}
