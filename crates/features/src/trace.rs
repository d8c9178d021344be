//! Packets, decoded once: who sent what to whom, in the order of time.
//!
//! Whatever looks at packets reads this. It holds no bytes of its own: payloads lie in the session.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use record::{MonotonicNs, Net, Span};
use wire::{NoDatagram, Transport, tcp};

use crate::model::Flow;
use crate::session::Session;

/// A remote end of the app, and how it is spoken to.
pub(crate) type FlowKey = (SocketAddr, Transport);

/// Which way a datagram goes, as seen from the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Out,
    In,
}

/// A session with its packets decoded.
#[derive(Debug, Clone)]
pub struct Trace<'a> {
    pub(crate) session: Session<'a>,
    app: App,
    ends: Vec<Ends>,
    entries: Vec<Entry>,
    /// When frames passed that could not be read as datagrams (ARP and the like excluded).
    pub(crate) malformed: Vec<MonotonicNs>,
    /// Frames that carry no IP, and their Ethernet types.
    other: Vec<(u32, u16)>,
    /// Addresses of the interfaces that the app's datagrams came from.
    interfaces: HashSet<wire::link::Mac>,
    /// When datagrams passed in which the app, by its declared addresses, has no part.
    pub(crate) unattributed: Vec<MonotonicNs>,
}

/// The app's end of a flow, and the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Ends {
    local: SocketAddr,
    pub(crate) remote: SocketAddr,
    pub(crate) transport: Transport,
}

/// A datagram from or to the app, in little memory: there is one for each packet.
#[derive(Debug, Clone, Copy)]
struct Entry {
    packet: u32,
    ends: u32,
    direction: Direction,
    ip_len: u32,
    payload: (u32, u32),
    /// Sequence number of a TCP segment, and whether it opens a connection.
    segment: Option<(u32, bool)>,
}

/// A datagram from or to the app.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Datagram<'t> {
    /// Index into the session's packets.
    pub packet: u32,
    pub t: MonotonicNs,
    pub direction: Direction,
    /// The app's end.
    pub local: SocketAddr,
    pub remote: SocketAddr,
    pub transport: Transport,
    /// Length on the network layer, bytes.
    pub ip_len: u32,
    /// What it carries, as far as it was captured.
    pub payload: &'t [u8],
    /// Bytes of the frame that the capture cut off.
    pub cut_off: usize,
    /// The TCP segment in it.
    pub segment: Option<tcp::Segment<'t>>,
}

impl Datagram<'_> {
    pub(crate) fn flow(&self) -> FlowKey {
        (self.remote, self.transport)
    }
}

/// A datagram that the app sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent<'t> {
    /// When it passed.
    pub t: MonotonicNs,
    /// Its length on the network layer, bytes.
    pub ip_len: u32,
    /// What it carries, as far as it was captured.
    pub payload: &'t [u8],
}

impl<'a> Trace<'a> {
    /// Decodes the packets of a session.
    pub fn new(session: &Session<'a>) -> Trace<'a> {
        let mut trace = Trace {
            session: *session,
            app: App::new(&session.manifest.net),
            ends: Vec::new(),
            entries: Vec::with_capacity(session.packets.len()),
            malformed: Vec::new(),
            other: Vec::new(),
            interfaces: HashSet::new(),
            unattributed: Vec::new(),
        };
        let mut known: HashMap<Ends, u32> = HashMap::new();
        for (index, packet) in session.packets.iter().enumerate() {
            let datagram = match wire::datagram(&packet.data) {
                Ok(datagram) => datagram,
                Err(NoDatagram::Malformed { .. }) => {
                    trace.malformed.push(packet.t);
                    continue;
                }
                Err(NoDatagram::NotIp { ether_type }) => {
                    trace.other.push((index as u32, ether_type));
                    continue;
                }
                Err(NoDatagram::LinkType { .. }) => continue,
            };
            let Some((direction, ends)) = trace.app.ends(&datagram) else {
                trace.unattributed.push(packet.t);
                continue;
            };
            if direction == Direction::Out {
                trace.interfaces.extend(interface(&packet.data));
            }
            let segment = tcp::segment(&packet.data, packet.orig_len, &datagram);
            let n_known = known.len() as u32;
            let ends = *known.entry(ends).or_insert_with(|| {
                trace.ends.push(ends);
                n_known
            });
            let Range { start, end } = datagram.payload;
            trace.entries.push(Entry {
                packet: index as u32,
                ends,
                direction,
                ip_len: datagram.ip_len,
                payload: (start as u32, end as u32),
                segment: segment.map(|segment| (segment.seq, segment.syn)),
            });
        }
        trace
    }

    /// The session that was decoded.
    pub fn session(&self) -> &Session<'a> {
        &self.session
    }

    /// Everything from and to the app.
    pub(crate) fn datagrams(&self) -> impl Iterator<Item = Datagram<'a>> {
        self.entries.iter().map(|entry| self.datagram(entry))
    }

    /// Everything that left.
    pub(crate) fn outgoing(&self) -> impl Iterator<Item = Datagram<'a>> {
        self.datagrams().filter(|d| d.direction == Direction::Out)
    }

    /// When each datagram left, to whom, and what its headers say.
    pub(crate) fn headers_out(
        &self,
    ) -> impl Iterator<Item = (MonotonicNs, FlowKey, wire::headers::Values)> {
        let out = self.outgoing();
        out.filter_map(|sent| {
            let packet = &self.session.packets[sent.packet as usize];
            let datagram = wire::datagram(&packet.data).ok()?;
            let values = wire::headers::headers(&packet.data, packet.orig_len, &datagram);
            Some((sent.t, sent.flow(), values))
        })
    }

    /// Frames without IP that came from an interface of the app: when, of which Ethernet type, and all of
    /// it.
    pub(crate) fn other_out(&self) -> impl Iterator<Item = (MonotonicNs, u16, &'a [u8])> {
        let frame = |&(index, ether_type): &(u32, u16)| {
            let packet = &self.session.packets[index as usize];
            (packet.t, ether_type, &packet.data[..])
        };
        // A capture from elsewhere holds the device's frames alone, and no interfaces.
        let own = |(_, _, frame): &(MonotonicNs, u16, &[u8])| {
            interface(frame).is_none_or(|mac| self.interfaces.contains(&mac))
        };
        self.other.iter().map(frame).filter(own)
    }

    /// What left by a flow within `span`.
    pub fn sent(&self, flow: &Flow, span: Span) -> impl Iterator<Item = Sent<'a>> {
        let t = |entry: &Entry| self.session.packets[entry.packet as usize].t;
        let key = (flow.remote, flow.transport);
        let first = self.entries.partition_point(|entry| t(entry) < span.from);
        self.entries[first..]
            .iter()
            .take_while(move |entry| t(entry) < span.to)
            .map(|entry| self.datagram(entry))
            .filter(move |d| d.direction == Direction::Out && d.flow() == key)
            .map(|d| Sent {
                t: d.t,
                ip_len: d.ip_len,
                payload: d.payload,
            })
    }

    /// Whether the app is at the one end and not at the other.
    pub(crate) fn is_from_app(&self, from: SocketAddr, to: SocketAddr) -> bool {
        self.app.has(from) && !self.app.has(to)
    }

    fn datagram(&self, entry: &Entry) -> Datagram<'a> {
        let packet = &self.session.packets[entry.packet as usize];
        let ends = self.ends[entry.ends as usize];
        let payload = &packet.data[entry.payload.0 as usize..entry.payload.1 as usize];
        let cut_off = (packet.orig_len as usize).saturating_sub(packet.data.len());
        let key = match entry.direction {
            Direction::Out => (ends.local, ends.remote),
            Direction::In => (ends.remote, ends.local),
        };
        let segment = entry.segment.map(|(seq, syn)| tcp::Segment {
            key,
            seq,
            syn,
            payload,
            cut: cut_off,
        });
        Datagram {
            packet: entry.packet,
            t: packet.t,
            direction: entry.direction,
            local: ends.local,
            remote: ends.remote,
            transport: ends.transport,
            ip_len: entry.ip_len,
            payload,
            cut_off,
            segment,
        }
    }
}

/// The interface that sent a frame.
fn interface(frame: &[u8]) -> Option<wire::link::Mac> {
    wire::link::sender(wire::link::ETHERNET, frame)
}

/// The addresses of the app's machine.
#[derive(Debug, Clone)]
pub(crate) struct App {
    addresses: Vec<IpAddr>,
}

impl App {
    pub(crate) fn new(net: &Net) -> App {
        let address = |text: &String| text.split('/').next()?.parse().ok();
        App {
            addresses: net.app.iter().filter_map(address).collect(),
        }
    }

    fn has(&self, end: SocketAddr) -> bool {
        self.addresses.contains(&end.ip())
    }

    /// Which way a datagram goes and between whom; `None` if the app has no part in it.
    pub(crate) fn ends(&self, datagram: &wire::Datagram) -> Option<(Direction, Ends)> {
        let (src, dst, transport) = (datagram.src, datagram.dst, datagram.transport);
        let (direction, local, remote) = match (self.has(src), self.has(dst)) {
            (true, false) => (Direction::Out, src, dst),
            (false, true) => (Direction::In, dst, src),
            _ => return None,
        };
        let ends = Ends {
            local,
            remote,
            transport,
        };
        Some((direction, ends))
    }
}
