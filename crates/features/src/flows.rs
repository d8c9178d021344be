use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use record::{Net, Phase, RemoteRole, T};
use wire::{NoDatagram, Transport, rtp::Plausibility};

use crate::owners::{OWNERS_MAX, Owners};
use crate::{Cut, Flow, Owner, Readings, Session, Totals};

/// All datagrams from and to the app that lie in blocks, by flow.
pub(crate) struct Seen {
    /// By outgoing packets, descending.
    pub flows: Vec<Flow>,
    /// In the order of the blocks, and of time within a block.
    pub packets: Vec<SeenPacket>,
    pub n_malformed: u64,
    /// Datagrams from and to addresses that nobody declared to be the app's.
    pub n_unattributed: u64,
}

/// One datagram in a block.
pub(crate) struct SeenPacket {
    /// Index into the cut's blocks.
    pub block: u32,
    /// Index into [`Seen::flows`].
    pub flow: u32,
    /// Index into the session's packets.
    pub packet: u32,
    pub t: T,
    pub direction: Direction,
    /// Network layer.
    pub bytes: u32,
    pub payload: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Out,
    In,
}

impl Seen {
    pub(crate) fn new(session: &Session, readings: &Readings, cut: &Cut) -> Seen {
        let app = App::new(&session.manifest.net);
        let owners = Owners::new(session);
        let mut blocks: Vec<usize> = (0..cut.blocks.len()).collect();
        blocks.sort_by_key(|&i| cut.blocks[i].span.from);
        let mut index: HashMap<(SocketAddr, Transport), u32> = HashMap::new();
        let mut flows: Vec<Flow> = Vec::new();
        let mut plausibility: Vec<Plausibility> = Vec::new();
        let mut packets = Vec::with_capacity(session.packets.len());
        let (mut n_malformed, mut n_unattributed) = (0, 0);
        for (i, packet) in session.packets.iter().enumerate() {
            let after = blocks.partition_point(|&b| cut.blocks[b].span.from <= packet.t);
            let Some(&block) = after.checked_sub(1).and_then(|b| blocks.get(b)) else {
                continue;
            };
            if !cut.blocks[block].span.contains(packet.t) {
                continue;
            }
            let datagram = match wire::datagram(&packet.data) {
                Ok(datagram) => datagram,
                Err(NoDatagram::Malformed { .. }) => {
                    n_malformed += 1;
                    continue;
                }
                Err(NoDatagram::NotIp { .. } | NoDatagram::LinkType { .. }) => continue,
            };
            let Some((direction, remote)) = app.direction(datagram.src, datagram.dst) else {
                n_unattributed += 1;
                continue;
            };
            let flow = *index
                .entry((remote, datagram.transport))
                .or_insert_with(|| {
                    flows.push(Flow {
                        remote,
                        transport: datagram.transport,
                        role: role(&session.manifest.net, &readings.names.own, remote),
                        name: readings.names.name.get(&remote.ip()).cloned(),
                        is_rtp: false,
                        opus: readings.opus.contains(&(remote, datagram.transport)),
                        dtls: readings.dtls.contains(&(remote, datagram.transport)),
                        clear_text: readings
                            .clear_text
                            .get(&(remote, datagram.transport))
                            .copied(),
                        owners: Vec::new(),
                        control: Totals::default(),
                        muted: Totals::default(),
                    });
                    plausibility.push(Plausibility::default());
                    flows.len() as u32 - 1
                });
            if direction == Direction::Out {
                let of = owners.of(datagram.transport, datagram.src, datagram.dst, packet.t);
                add_owners(&mut flows[flow as usize].owners, of);
            }
            let totals = match cut.blocks[block].phase {
                Phase::Control => &mut flows[flow as usize].control,
                Phase::Muted => &mut flows[flow as usize].muted,
            };
            let bytes = datagram.ip_len;
            let payload = datagram.payload;
            match direction {
                Direction::Out => {
                    totals.packets_out += 1;
                    totals.bytes_out += u64::from(bytes);
                    let cut_off = (packet.orig_len as usize).saturating_sub(packet.data.len());
                    totals.payload_bytes_out += (payload.len() + cut_off) as u64;
                    let of = |read: &[u32]| u64::from(read.get(i).copied().unwrap_or(0));
                    // What stands in the open beside what is encrypted (RTP's header) is seen both
                    // ways; it is read once.
                    let clear = of(&readings.clear);
                    let tapped = of(&readings.tapped).saturating_sub(clear);
                    totals.clear_bytes_out += clear + tapped;
                    totals.tapped_bytes_out += tapped;
                    if datagram.transport == Transport::Udp {
                        plausibility[flow as usize].push(&packet.data[payload.clone()]);
                    }
                }
                Direction::In => {
                    totals.packets_in += 1;
                    totals.bytes_in += u64::from(bytes);
                }
            }
            let (block, packet_index) = (block as u32, i as u32);
            let t = packet.t;
            packets.push(SeenPacket {
                block,
                flow,
                packet: packet_index,
                t,
                direction,
                bytes,
                payload,
            });
        }
        for (flow, plausibility) in flows.iter_mut().zip(&plausibility) {
            flow.is_rtp = plausibility.is_rtp();
        }
        packets.sort_by_key(|packet| (packet.block, packet.t));
        let mut seen = Seen {
            flows,
            packets,
            n_malformed,
            n_unattributed,
        };
        seen.sort_flows();
        seen
    }

    /// Puts the flows in the order that is promised, whatever order they were met in.
    fn sort_flows(&mut self) {
        let mut order: Vec<u32> = (0..self.flows.len() as u32).collect();
        order.sort_by_key(|&i| {
            let flow = &self.flows[i as usize];
            let packets_out = flow.control.packets_out + flow.muted.packets_out;
            (u64::MAX - packets_out, flow.remote, flow.transport)
        });
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            place[old as usize] = new as u32;
        }
        self.flows = order
            .iter()
            .map(|&old| self.flows[old as usize].clone())
            .collect();
        // Fields of the flows beyond are no series of their own, so nobody bets on them.
        for flow in self.flows.iter_mut().skip(crate::tally::FLOWS_MAX) {
            for totals in [&mut flow.control, &mut flow.muted] {
                (totals.clear_bytes_out, totals.tapped_bytes_out) = (0, 0);
            }
        }
        for packet in &mut self.packets {
            packet.flow = place[packet.flow as usize];
        }
    }
}

fn add_owners<'a>(known: &mut Vec<Owner>, of: impl Iterator<Item = &'a Owner>) {
    for owner in of {
        if known.len() < OWNERS_MAX
            && let Err(at) = known.binary_search(owner)
        {
            known.insert(at, owner.clone());
        }
    }
}

/// The addresses of the app's machine.
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

    /// Which way a datagram goes and who is at the other end; `None` if the app has no part in it.
    pub(crate) fn direction(
        &self,
        src: SocketAddr,
        dst: SocketAddr,
    ) -> Option<(Direction, SocketAddr)> {
        match (
            self.addresses.contains(&src.ip()),
            self.addresses.contains(&dst.ip()),
        ) {
            (true, false) => Some((Direction::Out, dst)),
            (false, true) => Some((Direction::In, src)),
            _ => None,
        }
    }
}

fn role(net: &Net, own: &HashSet<IpAddr>, remote: SocketAddr) -> RemoteRole {
    // An entry for the very port says more than one for the whole address.
    let here = |r: &&record::Remote| r.address.parse() == Ok(remote.ip());
    let exact = net
        .remotes
        .iter()
        .filter(here)
        .find(|r| r.port == Some(remote.port()));
    let whole = net.remotes.iter().filter(here).find(|r| r.port.is_none());
    let unnamed = match own.contains(&remote.ip()) {
        true => RemoteRole::Server,
        false => RemoteRole::ThirdParty,
    };
    exact.or(whole).map_or(unnamed, |r| r.role)
}
