//! Traffic by remote end: which packets lie in blocks, and what is known of whom they go to.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use record::{MonotonicNs, Net, Phase, RemoteRole};
use wire::{Transport, rtp::Plausibility};

use crate::blocks::Blocks;
use crate::model::{Flow, Owner, Totals};
use crate::owners::{OWNERS_MAX, Owners};
use crate::reading::{PerPacket, Readings};
use crate::segmentation::Segmentation;
use crate::trace::{Datagram, Direction, FlowKey, Trace};

/// Flows with series of their own; all others together are one more.
pub(crate) const FLOWS_MAX: usize = 32;

/// What is known of the datagrams from and to the app that lie in blocks.
pub(crate) struct Traffic<'t> {
    trace: &'t Trace<'t>,
    segmentation: &'t Segmentation,
    /// By outgoing packets, descending.
    pub flows: Vec<Flow>,
    /// Index into `flows`.
    rank: HashMap<FlowKey, u32>,
    /// Whom the first and the last packet of each block went to, by index into `flows`.
    pub ends: Vec<Option<[u32; 2]>>,
    /// Packets that came in each block, and their bytes on the network layer.
    pub ingress: Vec<(u64, u64)>,
    pub n_malformed: u64,
    /// Datagrams from and to addresses that nobody declared to be the app's.
    pub n_unattributed: u64,
}

/// One outgoing datagram in a block.
pub(crate) struct PacketRef<'p> {
    /// Index into the segmentation's blocks.
    pub block: usize,
    /// Index into [`Traffic::flows`].
    pub flow: u32,
    pub t: MonotonicNs,
    /// Network layer.
    pub bytes: u32,
    /// What it carries, as far as it was captured.
    pub payload: &'p [u8],
}

impl<'t> Traffic<'t> {
    pub(crate) fn new(
        trace: &'t Trace<'t>,
        readings: &Readings,
        segmentation: &'t Segmentation,
    ) -> Traffic<'t> {
        let session = trace.session();
        let owners = Owners::new(session);
        let blocks = Blocks::new(segmentation);
        let mut rank: HashMap<FlowKey, u32> = HashMap::new();
        let mut flows: Vec<Flow> = Vec::new();
        let mut plausibility: Vec<Plausibility> = Vec::new();
        let mut ends: Vec<Option<[u32; 2]>> = vec![None; segmentation.blocks.len()];
        let mut ingress = vec![(0, 0); segmentation.blocks.len()];
        in_blocks(trace, &blocks, &mut |block, datagram| {
            let key = datagram.flow();
            let flow = *rank.entry(key).or_insert_with(|| {
                flows.push(Flow {
                    remote: datagram.remote,
                    transport: datagram.transport,
                    role: role(&session.manifest.net, &readings.names.own, datagram.remote),
                    name: readings.names.name.get(&datagram.remote.ip()).cloned(),
                    is_rtp: false,
                    opus: readings.opus.contains(&key),
                    dtls: readings.dtls.contains(&key),
                    clear_text: readings.clear_text.get(&key).copied(),
                    owners: Vec::new(),
                    control: Totals::default(),
                    muted: Totals::default(),
                });
                plausibility.push(Plausibility::default());
                flows.len() as u32 - 1
            });
            let (of_flow, plausibility) =
                (&mut flows[flow as usize], &mut plausibility[flow as usize]);
            let (bytes, payload) = (datagram.ip_len, datagram.payload);
            let totals = match segmentation.blocks[block].phase {
                Phase::Control => &mut of_flow.control,
                Phase::Muted => &mut of_flow.muted,
            };
            match datagram.direction {
                Direction::Out => {
                    ends[block].get_or_insert([flow; 2])[1] = flow;
                    totals.packets_out += 1;
                    totals.bytes_out += u64::from(bytes);
                    totals.payload_bytes_out += (payload.len() + datagram.cut_off) as u64;
                    let of = |read: &PerPacket| u64::from(read.of(datagram.packet));
                    // What stands in the open beside what is encrypted (RTP's header) is seen both
                    // ways; it is read once.
                    let clear = of(&readings.clear);
                    let tapped = of(&readings.tapped).saturating_sub(clear);
                    let same_again = of(&readings.same_again);
                    totals.same_again_bytes_out += same_again;
                    totals.clear_bytes_out += (clear + tapped).max(same_again);
                    totals.tapped_bytes_out += tapped;
                    if datagram.transport == Transport::Udp {
                        plausibility.push(payload);
                    }
                    let (from, to) = (datagram.local, datagram.remote);
                    let of = owners.of(datagram.transport, from, to, datagram.t);
                    add_owners(&mut of_flow.owners, of);
                }
                Direction::In => {
                    totals.packets_in += 1;
                    totals.bytes_in += u64::from(bytes);
                    let (packets_in, bytes_in) = &mut ingress[block];
                    *packets_in += 1;
                    *bytes_in += u64::from(bytes);
                }
            }
        });
        for (flow, plausibility) in flows.iter_mut().zip(&plausibility) {
            flow.is_rtp = plausibility.is_rtp();
        }
        let mut traffic = Traffic {
            trace,
            segmentation,
            flows,
            rank,
            ends,
            ingress,
            n_malformed: blocks.count(&trace.malformed),
            n_unattributed: blocks.count(&trace.unattributed),
        };
        traffic.sort_flows();
        traffic
    }

    /// Hands on what left in blocks, in the order of time.
    pub(crate) fn outgoing(&self, on: &mut dyn FnMut(PacketRef)) {
        let blocks = Blocks::new(self.segmentation);
        in_blocks(self.trace, &blocks, &mut |block, datagram| {
            if datagram.direction == Direction::Out
                && let Some(&flow) = self.rank.get(&datagram.flow())
            {
                on(PacketRef {
                    block,
                    flow,
                    t: datagram.t,
                    bytes: datagram.ip_len,
                    payload: datagram.payload,
                });
            }
        });
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
        // Fields of the flows beyond have no series of their own, so nobody bets on them.
        for flow in self.flows.iter_mut().skip(FLOWS_MAX) {
            for totals in [&mut flow.control, &mut flow.muted] {
                totals.tapped_bytes_out = 0;
                // What holds nothing new needs no bets.
                totals.clear_bytes_out = totals.same_again_bytes_out;
            }
        }
        for flow in self.rank.values_mut() {
            *flow = place[*flow as usize];
        }
        for flow in self.ends.iter_mut().flatten().flatten() {
            *flow = place[*flow as usize];
        }
    }
}

/// Hands on the datagrams from and to the app that lie in blocks, with the block's index, in the order of time.
fn in_blocks(trace: &Trace, blocks: &Blocks, on: &mut dyn FnMut(usize, Datagram)) {
    let (packets, span) = (trace.session().packets, blocks.span());
    let first = packets.first_at(span.from);
    let within = first..packets.first_at(span.to).max(first);
    trace.datagrams_of(within, &mut |datagram| {
        if let Some(block) = blocks.at(datagram.t) {
            on(block, datagram);
        }
    });
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

/// Whether whoever is on the same network hears what is sent there, and nobody else: broadcasts, and
/// groups whose scope is the link or the local network (RFC 5771, RFC 2365, RFC 7346). How long the
/// network's prefix is, a capture does not say; one of 24 bits is taken for granted.
fn is_to_all_on_the_link(net: &Net, remote: IpAddr) -> bool {
    let v4 = match remote {
        IpAddr::V4(v4) => v4,
        IpAddr::V6(v6) => return v6.is_multicast() && matches!(v6.octets()[1] & 0xf, 1..=3),
    };
    let [a, b, c, d] = v4.octets();
    let app = net
        .app
        .iter()
        .filter_map(|text| text.split('/').next()?.parse().ok());
    let mut same_network = app.filter_map(|app| match app {
        IpAddr::V4(app) => Some(app.octets()[..3] == [a, b, c]),
        IpAddr::V6(_) => None,
    });
    v4.is_broadcast()
        || (a, b, c) == (224, 0, 0)
        || (a, b) == (239, 255)
        || (d == 255 && same_network.any(|same| same))
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
        false if is_to_all_on_the_link(net, remote.ip()) => RemoteRole::LocalNetwork,
        false => RemoteRole::ThirdParty,
    };
    exact.or(whole).map_or(unnamed, |r| r.role)
}
