//! Packets, decoded: who sent what to whom, in the order of time.
//!
//! Whatever looks at packets reads this. It holds nothing of a packet but that it could not be read: each look
//! goes over the session's packets again, which may be more than there is memory for.

use std::collections::HashSet;
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
    /// When frames passed that could not be read as datagrams (ARP and the like excluded).
    pub(crate) malformed: Vec<MonotonicNs>,
    /// Whether there are frames that carry no IP.
    has_other: bool,
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
    /// Looks over the packets of a session.
    pub fn new(session: &Session<'a>) -> Trace<'a> {
        let mut trace = Trace {
            session: *session,
            app: App::new(&session.manifest.net),
            malformed: Vec::new(),
            has_other: false,
            interfaces: HashSet::new(),
            unattributed: Vec::new(),
        };
        let all = 0..session.packets.len();
        session
            .packets
            .each(all, &mut |_, packet| match wire::datagram(&packet.data) {
                Err(NoDatagram::Malformed { .. }) => trace.malformed.push(packet.t),
                Err(NoDatagram::NotIp { .. }) => trace.has_other = true,
                Err(NoDatagram::LinkType { .. }) => {}
                Ok(datagram) => match trace.app.ends(&datagram) {
                    Some((Direction::Out, _)) => {
                        trace.interfaces.extend(interface(&packet.data));
                    }
                    Some((Direction::In, _)) => {}
                    None => trace.unattributed.push(packet.t),
                },
            });
        trace
    }

    /// The session that was decoded.
    pub fn session(&self) -> &Session<'a> {
        &self.session
    }

    /// Hands on everything from and to the app.
    pub(crate) fn datagrams(&self, on: &mut dyn FnMut(Datagram)) {
        self.datagrams_of(0..self.session.packets.len(), on);
    }

    /// Hands on everything from and to the app among some of the packets.
    pub(crate) fn datagrams_of(&self, packets: Range<usize>, on: &mut dyn FnMut(Datagram)) {
        self.frames(packets, &mut |datagram, _, _| on(datagram));
    }

    /// Hands on everything that left.
    pub(crate) fn outgoing(&self, on: &mut dyn FnMut(Datagram)) {
        self.datagrams(&mut |datagram| {
            if datagram.direction == Direction::Out {
                on(datagram);
            }
        });
    }

    /// Hands on when each datagram left, to whom, and what its headers say.
    pub(crate) fn headers_out(
        &self,
        on: &mut dyn FnMut(MonotonicNs, FlowKey, wire::headers::Values),
    ) {
        let all = 0..self.session.packets.len();
        self.frames(all, &mut |sent, packet, datagram| {
            if sent.direction == Direction::Out {
                let values = wire::headers::headers(&packet.data, packet.orig_len, datagram);
                on(sent.t, sent.flow(), values);
            }
        });
    }

    /// Hands on frames without IP that came from an interface of the app: when, of which Ethernet type, and
    /// all of it.
    pub(crate) fn other_out(&self, on: &mut dyn FnMut(MonotonicNs, u16, &[u8])) {
        if !self.has_other {
            return;
        }
        let all = 0..self.session.packets.len();
        self.session.packets.each(all, &mut |_, packet| {
            let Err(NoDatagram::NotIp { ether_type }) = wire::datagram(&packet.data) else {
                return;
            };
            // A capture from elsewhere holds the device's frames alone, and no interfaces.
            if interface(&packet.data).is_none_or(|mac| self.interfaces.contains(&mac)) {
                on(packet.t, ether_type, &packet.data);
            }
        });
    }

    /// Hands on what left by a flow within `span`.
    pub fn sent(&self, flow: &Flow, span: Span, on: &mut dyn FnMut(Sent)) {
        let key = (flow.remote, flow.transport);
        let packets = self.session.packets;
        let first = packets.first_at(span.from);
        let within = first..packets.first_at(span.to).max(first);
        self.datagrams_of(within, &mut |d| {
            if d.direction == Direction::Out && d.flow() == key {
                on(Sent {
                    t: d.t,
                    ip_len: d.ip_len,
                    payload: d.payload,
                });
            }
        });
    }

    /// Whether the app is at the one end and not at the other.
    pub(crate) fn is_from_app(&self, from: SocketAddr, to: SocketAddr) -> bool {
        self.app.has(from) && !self.app.has(to)
    }

    fn frames(
        &self,
        packets: Range<usize>,
        on: &mut dyn FnMut(Datagram, &wire::Packet, &wire::Datagram),
    ) {
        self.session.packets.each(packets, &mut |index, packet| {
            let Ok(datagram) = wire::datagram(&packet.data) else {
                return;
            };
            let Some((direction, ends)) = self.app.ends(&datagram) else {
                return;
            };
            let seen = Datagram {
                packet: index as u32,
                t: packet.t,
                direction,
                local: ends.local,
                remote: ends.remote,
                transport: ends.transport,
                ip_len: datagram.ip_len,
                payload: &packet.data[datagram.payload.clone()],
                cut_off: (packet.orig_len as usize).saturating_sub(packet.data.len()),
                segment: tcp::segment(&packet.data, packet.orig_len, &datagram),
            };
            on(seen, packet, &datagram);
        });
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
