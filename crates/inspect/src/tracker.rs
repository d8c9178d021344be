//! Tells flows of their packets, and says in the end what they show.

use std::collections::BTreeMap;

use wire::Transport;

use crate::batch::Batch;
use crate::dissected::{Body, Dissected, FlowRef, NonRtp};
use crate::findings::{Counts, FlowName, FlowReport, Inspection, LeftOut};
use crate::flow::{self, Flow, Side};
use crate::judge;
use crate::limits::{FINDINGS_MAX, FLOWS_MAX, LISTED_MAX, STREAMS_MAX};
use crate::names::Names;
use crate::packet_ref::PacketRef;
use crate::path::{Path, Paths};
use crate::rtp::Rtp;
use crate::stream::Stream;
use crate::table::{Key, Table};
use wire::udp::Kind;

/// Packets whose flows are looked for at the same time.
const GROUP: usize = 16;
/// Packets of one QUIC flow that are looked into for a hello: it lies in the first few.
const QUIC_LOOKS: u64 = 16;

/// Tells flows of their packets, and says in the end what they show.
pub(crate) struct Tracker {
    flows: Table<Flow>,
    streams: Vec<Stream>,
    free: Vec<usize>,
    paths: Paths,
    names: Names,
    /// What payload types mean, by signalling anywhere in the capture: its flow is another one.
    codecs: BTreeMap<u8, String>,
    out: Inspection,
}

impl Default for Tracker {
    fn default() -> Tracker {
        Tracker {
            flows: Table::new(FLOWS_MAX),
            streams: Vec::new(),
            free: Vec::new(),
            paths: Paths::default(),
            names: Names::default(),
            codecs: BTreeMap::new(),
            out: Inspection {
                packets: 0,
                bytes: 0,
                first_ns: u64::MAX,
                last_ns: 0,
                tunnelled: 0,
                relayed: 0,
                repeated: 0,
                counts: Counts::default(),
                findings: Vec::new(),
                flows: Vec::new(),
                left_out: LeftOut::default(),
            },
        }
    }
}

impl Tracker {
    /// Takes a batch and empties it. Its packets lie in `bytes`, but for those that came in fragments.
    pub(crate) fn tell(&mut self, batch: &mut Batch, bytes: &[u8]) {
        for group in batch.packets.chunks(GROUP) {
            let maybe = self.fetch(group);
            for (packet, maybe) in group.iter().zip(maybe) {
                let number = batch.first + u64::from(packet.number);
                if let (FlowRef::Path { ips, ports, ip_len }, Body::Rtp(rtp)) =
                    (packet.flow, &packet.body)
                {
                    let ssrc = rtp.ssrc;
                    let path = Path { ips, ports, ssrc };
                    match self.streams.get_mut(maybe) {
                        Some(stream) if stream.is_on(&path) => {
                            stream.push(number, packet.t, ip_len.into(), rtp);
                        }
                        _ => self.flow(usize::MAX, number, packet, Some(path), batch, bytes),
                    }
                } else {
                    self.flow(maybe, number, packet, None, batch, bytes);
                }
            }
        }
        batch.clear();
    }

    /// Looks at what the packets of a group will change, so that it comes into the core's cache for all of
    /// them at the same time and not for one after the other. Gives where their sources probably are, or
    /// their flows.
    #[inline]
    fn fetch(&self, group: &[Dissected]) -> [usize; GROUP] {
        let mut seen = 0;
        let mut indices = [usize::MAX; GROUP];
        for (packet, place) in group.iter().zip(&mut indices) {
            if let FlowRef::Path { .. } = packet.flow {
                *place = self.paths.maybe(packet.hash);
                if let Some(stream) = self.streams.get(*place) {
                    seen ^= stream.fetch();
                }
            } else if let Some((index, flow)) = self.flows.maybe(packet.hash) {
                *place = index;
                seen ^= flow.last_ns ^ flow.sides[0].packets;
            }
        }
        std::hint::black_box(seen);
        indices
    }

    /// Tells the packet's flow of it, which probably is this one.
    #[inline(never)]
    fn flow(
        &mut self,
        maybe: usize,
        number: u64,
        packet: &Dissected,
        path: Option<Path>,
        batch: &Batch,
        bytes: &[u8],
    ) {
        let (key, up, ip_len) = packet.key(&batch.keys);
        let index = match self.flows.is(maybe, &key) {
            true => maybe,
            false => self.find(&key),
        };
        let seen = PacketRef {
            number,
            t: packet.t,
            up,
            ip_len,
        };
        let flow = self.flows.get(index);
        if flow.first == 0 {
            flow.first = number;
            flow.first_ns = packet.t;
        }
        match &packet.body {
            Body::Rtp(rtp) => {
                if let Some(source) = self.rtp(index, &seen, rtp)
                    && let Some(path) = path
                {
                    self.streams[source].goes(path);
                    self.paths.set(packet.hash, source);
                }
            }
            Body::NonRtp(other) => {
                flow.count(&seen);
                let payload = || other.payload(bytes, &batch.assembled);
                self.other(index, number, up, other, payload);
            }
        }
    }

    #[cold]
    fn find(&mut self, key: &Key) -> usize {
        let streams = &self.streams;
        let quiet = |flow: &Flow| {
            let sources = flow.sources().map(|at| streams[at].last);
            sources.fold(flow.last, u64::max)
        };
        let (index, gone) = self.flows.find(key, quiet);
        if let Some((key, mut flow)) = gone {
            self.retire(&key, &mut flow);
        }
        index
    }

    /// The source whose packet this is: it is counted there. Where it is nobody's, it is the flow's.
    fn rtp(&mut self, index: usize, seen: &PacketRef, rtp: &Rtp) -> Option<usize> {
        let flow = self.flows.get(index);
        let first = (flow.streams[0] as usize).wrapping_sub(1);
        // As a rule it is the flow's only source.
        let source = match self.streams.get_mut(first) {
            Some(stream) if stream.is_of(rtp, seen.up) => {
                stream.push(seen.number, seen.t, seen.ip_len, rtp);
                Some(first)
            }
            None if flow.is_quic() => {
                flow.udp(seen.number, seen.up, Kind::MaybeQuic, || &[]);
                None
            }
            _ => self.source(index, seen, rtp),
        };
        if source.is_none() {
            self.flows.get(index).count(seen);
        }
        source
    }

    #[inline(never)]
    fn other<'b>(
        &mut self,
        index: usize,
        number: u64,
        up: bool,
        other: &NonRtp,
        payload: impl Fn() -> &'b [u8],
    ) {
        let key = *self.flows.key(index);
        let flow = self.flows.get(index);
        match key.transport() {
            Transport::Udp => match flow.udp(number, up, other.kind, &payload) {
                Kind::QuicLong if flow.quic.n <= QUIC_LOOKS => {
                    let open = flow.open.get_or_insert_default();
                    if let Some(name) = open.quic(payload()) {
                        self.names.add(key.to(up), name);
                    }
                }
                // DNS, or signalling.
                Kind::Other | Kind::MaybeQuic => {
                    if key.ports().iter().any(|port| matches!(port, 53 | 5_353)) {
                        self.out.counts.dns += 1;
                        self.names.answer(payload());
                    } else if other.worth_a_look {
                        self.open(index, &key, number, up, other.seq, payload());
                    }
                }
                _ => {}
            },
            // What a relay carries.
            Transport::Tcp if other.kind != Kind::Other => {
                flow.udp(number, up, other.kind, &payload);
            }
            Transport::Tcp if !other.is_empty() => {
                let waits = || flow.open.as_ref().is_some_and(|open| open.waits());
                if other.worth_a_look || waits() {
                    self.open(index, &key, number, up, other.seq, payload());
                }
            }
            _ => {}
        }
    }

    /// Among the flow's sources, or as a new one. Nothing where there is no room for one.
    #[inline(never)]
    fn source(&mut self, index: usize, seen: &PacketRef, rtp: &Rtp) -> Option<usize> {
        let flow = self.flows.get(index);
        let mut free = None;
        let mut weakest: Option<(u64, usize)> = None;
        for (i, place) in flow.streams.iter().enumerate() {
            let Some(at) = (*place as usize).checked_sub(1) else {
                free = Some(i);
                break;
            };
            let stream = &mut self.streams[at];
            if stream.is_of(rtp, seen.up) {
                stream.push(seen.number, seen.t, seen.ip_len, rtp);
                return Some(at);
            }
            if !stream.is_rtp() && weakest.is_none_or(|(last, _)| stream.last < last) {
                weakest = Some((stream.last, at));
            }
        }
        let fresh = Stream::new(seen, rtp);
        let at = match (free, weakest) {
            (Some(i), _) => {
                let at = match self.free.pop() {
                    Some(at) => {
                        self.streams[at] = fresh;
                        Some(at)
                    }
                    None if self.streams.len() < STREAMS_MAX => {
                        self.streams.push(fresh);
                        Some(self.streams.len() - 1)
                    }
                    None => None,
                };
                flow.streams[i] = at.map_or(0, |at| at as u32 + 1);
                at
            }
            // One that has not shown to be a source makes room.
            (None, Some((_, at))) => {
                flow.add(&self.streams[at]);
                self.streams[at] = fresh;
                Some(at)
            }
            (None, None) => None,
        };
        flow.n_streams_left_out += u64::from(at.is_none());
        at
    }

    #[cold]
    fn open(&mut self, index: usize, key: &Key, number: u64, up: bool, seq: u32, payload: &[u8]) {
        let open = self.flows.get(index).open.get_or_insert_default();
        if let Some(name) = open.push(number, up, seq, payload) {
            self.names.add(key.to(up), name);
        }
        for (kind, codec) in &open.codecs {
            if !self.codecs.contains_key(kind) {
                self.codecs.insert(*kind, codec.clone());
            }
        }
    }

    /// Takes what a flow has shown, and gives its sources' places back.
    fn retire(&mut self, key: &Key, flow: &mut Flow) {
        let mut of_flow = [Stream::default(); flow::STREAMS];
        let mut n = 0;
        for at in flow.sources() {
            // Whoever still takes the way there must not find it.
            of_flow[n] = std::mem::take(&mut self.streams[at]);
            n += 1;
            self.free.push(at);
        }
        let of_flow = &of_flow[..n];
        let out = &mut self.out;
        let counts = &mut out.counts;
        for stream in of_flow {
            flow.add(stream);
            counts.rtp += if stream.is_rtp() { stream.n } else { 0 };
        }
        for side in &flow.sides {
            counts.rtcp += side.rtcp;
            counts.stun += side.stun;
            counts.dtls += side.dtls;
            counts.quic += side.quic;
        }
        out.left_out.streams += flow.n_streams_left_out;
        let named = |kind| self.codecs.get(&kind).cloned();
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

    /// What was found, but for what was counted before packets belonged to a flow; `first_ns` is the time of
    /// the earliest.
    pub(crate) fn finish(mut self, first_ns: u64) -> Inspection {
        let flows = std::mem::replace(&mut self.flows, Table::new(1));
        self.out.left_out.flows_evicted = flows.n_evicted;
        let mut flows = flows.into_flows();
        for (key, flow) in &mut flows {
            self.retire(key, flow);
        }
        let mut out = self.out;
        let bytes = |flow: &Flow| flow.sides.iter().map(|side| side.bytes).sum::<u64>();
        let mut order: Vec<&(Key, Flow)> = flows.iter().collect();
        order.sort_by_key(|(_, flow)| (std::cmp::Reverse(bytes(flow)), flow.first));
        out.left_out.flows_not_listed = order.len().saturating_sub(LISTED_MAX) as u64;
        out.left_out.names = self.names.n_left_out;
        out.flows = order
            .into_iter()
            .take(LISTED_MAX)
            .map(|(key, flow)| listed(key, flow, &self.names, first_ns))
            .collect();
        out.findings.sort_by_key(|finding| finding.packets[0]);
        out
    }
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
