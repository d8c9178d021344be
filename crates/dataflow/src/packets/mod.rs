//! Packets to contacts: flows are counted, and what stands in the open in them is read.

mod flow;
mod names;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};

use wire::fragments::{self, Assembled, Fragments};
use wire::{NoDatagram, Transport, dns, link, tcp};

use crate::facts::{Contact, Facts, LeftOut, Moment, Name, Origin};
use flow::{Flow, Way};
use names::Answers;
pub(crate) use names::{is_group, is_near};

/// Flows that are followed; packets of others are counted in [`LeftOut::beyond_bounds`].
pub const FLOWS_MAX: usize = 1 << 16;

/// What PCAPdroid appends to each packet (its documentation, "PCAPdroid trailer"): a magic number, the app's
/// number, its name, a check sum.
const TRAILER: usize = 32;
const TRAILER_MAGIC: [u8; 4] = [0x01, 0x07, 0x20, 0x21];

/// Of a contact without an address; one of packets has one.
const NOWHERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

/// A packet as it was captured.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'b> {
    /// When, in nanoseconds of any clock; `None` where the capture gives no time.
    pub t_ns: Option<u64>,
    /// Its link type (<https://www.tcpdump.org/linktypes.html>).
    pub link_type: u16,
    /// The frame, as far as it was captured.
    pub data: &'b [u8],
    /// Its length on the wire, bytes.
    pub orig_len: u32,
    /// The part of an audit that it belongs to.
    pub moment: Option<Moment>,
}

/// The two ends of a flow, the lower one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Ends {
    low: SocketAddr,
    high: SocketAddr,
    transport: Transport,
}

impl Ends {
    /// The ends, and which way a packet from `src` to `dst` goes.
    fn new(src: SocketAddr, dst: SocketAddr, transport: Transport) -> (Ends, Way) {
        let (low, high, way) = match src <= dst {
            true => (src, dst, Way::Up),
            false => (dst, src, Way::Down),
        };
        let ends = Ends {
            low,
            high,
            transport,
        };
        (ends, way)
    }
}

/// Takes the packets of a capture in the file's order, and says in the end who was spoken to.
#[derive(Debug, Default)]
pub struct Watcher {
    own: BTreeSet<IpAddr>,
    flows: HashMap<Ends, Flow>,
    streams: tcp::Table,
    fragments: Fragments,
    answers: Answers,
    asked: BTreeSet<String>,
    first_ns: Option<u64>,
    n_flows: u64,
    left_out: LeftOut,
}

impl Watcher {
    /// A watcher of the devices with these addresses; of all where there are none. Then the device of a flow is
    /// the end on the local network, or the one that opened the connection.
    pub fn new(own: impl IntoIterator<Item = IpAddr>) -> Watcher {
        Watcher {
            own: own.into_iter().collect(),
            ..Watcher::default()
        }
    }

    /// Takes a packet. `process` names who sent or received it, where the source says so.
    pub fn push(&mut self, frame: &Frame, process: Option<&str>) {
        let (data, app) = untrailed(frame);
        let process = process.or(app.as_deref());
        match fragments::at(frame.link_type, data) {
            None => self.whole(&Frame { data, ..*frame }, None, process),
            Some(at) => {
                let known = self.fragments.add(&data[at..], frame.t_ns.unwrap_or(0));
                self.assembled(known, frame, process);
            }
        }
    }

    /// Takes what fragments gave by that of a frame.
    fn assembled(&mut self, known: Vec<Assembled>, last: &Frame, process: Option<&str>) {
        for assembled in known {
            self.left_out.malformed += assembled.incomplete;
            if assembled.packet.is_empty() {
                continue;
            }
            let frame = Frame {
                link_type: link::RAW[0],
                data: &assembled.packet,
                orig_len: assembled.packet.len() as u32,
                // What was waited for in vain was sent before.
                moment: last.moment.filter(|_| assembled.incomplete == 0),
                t_ns: last.t_ns,
            };
            self.whole(&frame, Some(assembled.ip_len), process);
        }
    }

    /// Takes a packet that is no fragment. `ip_len` is the sum of its fragments' lengths, if it came in some.
    fn whole(&mut self, frame: &Frame, ip_len: Option<u32>, process: Option<&str>) {
        let data = frame.data;
        let datagram = match link::datagram_on(frame.link_type, data) {
            Ok((datagram, _)) => datagram,
            Err(NoDatagram::NotIp { .. }) => {
                self.left_out.not_ip += 1;
                return;
            }
            Err(_) => {
                self.left_out.malformed += 1;
                return;
            }
        };
        self.first_ns = self.first_ns.into_iter().chain(frame.t_ns).min();
        let ports = [datagram.src.port(), datagram.dst.port()];
        let (ends, way) = Ends::new(datagram.src, datagram.dst, datagram.transport);
        let room = self.flows.len() < FLOWS_MAX;
        let flow = match self.flows.entry(ends) {
            std::collections::hash_map::Entry::Occupied(flow) => flow.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) if room => {
                self.n_flows += 1;
                place.insert(Flow::new(self.n_flows, way))
            }
            std::collections::hash_map::Entry::Vacant(_) => {
                self.left_out.beyond_bounds += 1;
                return;
            }
        };
        // Who closes a connection, or keeps it, tells nothing by that: a part of an audit counts by what was said in it.
        let says = datagram.transport != Transport::Tcp || !datagram.payload.is_empty();
        let moment = frame.moment.filter(|_| says || flow.packets() == 0);
        let ip_len = ip_len.unwrap_or(datagram.ip_len);
        flow.count(way, u64::from(ip_len), frame.t_ns, moment);
        flow.processes.extend(process.map(str::to_owned));
        // The range was made from the frame.
        let payload = &data[datagram.payload.clone()];
        match datagram.transport {
            Transport::Udp => {
                let known = ports.iter().any(|port| matches!(port, 53 | 5_353 | 5_355));
                if known && let Some(name) = dns::question(payload) {
                    flow.dns();
                    self.asked.insert(name.to_ascii_lowercase());
                    self.answers.add(datagram.src.ip(), payload);
                } else {
                    flow.datagram(way, payload);
                }
            }
            Transport::Tcp => {
                let Some(segment) = tcp::segment(data, frame.orig_len, &datagram) else {
                    return;
                };
                if segment.syn {
                    flow.opened(way, tcp_ack(data, &datagram));
                }
                let flows = &mut self.flows;
                self.streams.push(&segment, 0, &mut |key, event| {
                    let (ends, way) = Ends::new(key.0, key.1, Transport::Tcp);
                    if let (Some(flow), tcp::Event::Data { bytes, .. }) =
                        (flows.get_mut(&ends), event)
                    {
                        flow.stream(way, bytes);
                    }
                });
            }
            Transport::Icmp => flow.icmp(),
            Transport::Other(_) => {}
        }
    }

    /// Names a program that held a socket between these ends.
    pub fn process(&mut self, transport: Transport, a: SocketAddr, b: SocketAddr, name: &str) {
        if let Some(flow) = self.flows.get_mut(&Ends::new(a, b, transport).0) {
            flow.processes.insert(name.to_owned());
        }
    }

    /// Who was spoken to.
    pub fn finish(mut self, origin: Origin) -> Facts {
        let waiting = self.fragments.finish();
        let none = Frame {
            t_ns: None,
            link_type: link::RAW[0],
            data: &[],
            orig_len: 0,
            moment: None,
        };
        self.assembled(waiting, &none, None);
        let first_ns = self.first_ns.unwrap_or(0);
        let mut left_out = self.left_out;
        let mut flows: Vec<(Ends, Flow)> = self.flows.into_iter().collect();
        flows.sort_by_key(|(_, flow)| flow.number);
        let mut at: BTreeMap<(IpAddr, SocketAddr, Transport), usize> = BTreeMap::new();
        let mut contacts: Vec<Contact> = Vec::new();
        for (ends, flow) in flows {
            let Some(up) = device_is_low(&self.own, &ends, &flow) else {
                left_out.of_others += flow.packets();
                continue;
            };
            let (device, remote) = match up {
                Way::Up => (ends.low, ends.high),
                Way::Down => (ends.high, ends.low),
            };
            let index = *at
                .entry((device.ip(), remote, ends.transport))
                .or_insert_with(|| {
                    contacts.push(Contact {
                        device: Some(device.ip()),
                        address: Some(remote.ip()),
                        port: Some(remote.port()).filter(|port| *port != 0),
                        transport: Some(ends.transport),
                        names: BTreeSet::new(),
                        channels: BTreeSet::new(),
                        bytes: Some([0; 2]),
                        messages: [0; 2],
                        seconds: None,
                        moments: BTreeSet::new(),
                        processes: BTreeSet::new(),
                    });
                    contacts.len() - 1
                });
            flow.tell(up, first_ns, &mut contacts[index]);
        }
        // What an address was called at one of its ports it is at the others.
        let mut called: BTreeMap<IpAddr, BTreeSet<Name>> = BTreeMap::new();
        for contact in &contacts {
            let names = contact.names.iter().cloned();
            called
                .entry(contact.address.unwrap_or(NOWHERE))
                .or_default()
                .extend(names);
        }
        for contact in &mut contacts {
            let address = contact.address.unwrap_or(NOWHERE);
            if contact.names.is_empty() {
                contact.names.clone_from(&called[&address]);
            }
            contact.names.extend(self.answers.names(address));
        }
        Facts {
            origin,
            contacts,
            requests: Vec::new(),
            messages: Vec::new(),
            refused: Vec::new(),
            asked: self.asked,
            left_out,
        }
    }
}

/// Whether a segment with SYN answers one: its sender was called.
fn tcp_ack(data: &[u8], datagram: &wire::Datagram) -> bool {
    data.get(datagram.header + 13)
        .is_some_and(|flags| flags & 0x10 != 0)
}

/// The way that leads away from the device; nothing where neither end is one that was asked for.
fn device_is_low(own: &BTreeSet<IpAddr>, ends: &Ends, flow: &Flow) -> Option<Way> {
    let [low, high] = [ends.low.ip(), ends.high.ip()];
    if !own.is_empty() {
        return match (own.contains(&low), own.contains(&high)) {
            (true, false) => Some(Way::Up),
            (false, true) => Some(Way::Down),
            _ => None,
        };
    }
    match (names::is_near(low), names::is_near(high)) {
        (true, false) => Some(Way::Up),
        (false, true) => Some(Way::Down),
        _ => Some(flow.caller()),
    }
}

/// The frame without PCAPdroid's trailer, and the app that it names.
fn untrailed<'b>(frame: &Frame<'b>) -> (&'b [u8], Option<String>) {
    let data = frame.data;
    let Some(at) = data.len().checked_sub(TRAILER) else {
        return (data, None);
    };
    let (packet, trailer) = data.split_at(at);
    if frame.link_type != link::ETHERNET || trailer[..4] != TRAILER_MAGIC {
        return (data, None);
    }
    let name = trailer[8..28].split(|b| *b == 0).next().unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    (packet, Some(name).filter(|name| !name.is_empty()))
}
