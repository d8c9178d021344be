//! Traffic by remote end: which packets lie in blocks, and what is known of whom they go to.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use record::{MonotonicNs, Net, Phase, RemoteRole};
use wire::{Transport, rtp::Plausibility};

use crate::model::{Flow, Owner, Totals};
use crate::owners::{OWNERS_MAX, Owners};
use crate::reading::Readings;
use crate::segmentation::Segmentation;
use crate::trace::{Direction, FlowKey, Trace};

/// Flows with series of their own; all others together are one more.
pub(crate) const FLOWS_MAX: usize = 32;

/// All datagrams from and to the app that lie in blocks, by flow.
pub(crate) struct Traffic<'a> {
    /// By outgoing packets, descending.
    pub flows: Vec<Flow>,
    /// In the order of the blocks, and of time within a block.
    pub packets: Vec<PacketRef<'a>>,
    pub n_malformed: u64,
    /// Datagrams from and to addresses that nobody declared to be the app's.
    pub n_unattributed: u64,
}

/// One datagram in a block.
pub(crate) struct PacketRef<'a> {
    /// Index into the segmentation's blocks.
    pub block: u32,
    /// Index into [`Traffic::flows`].
    pub flow: u32,
    pub t: MonotonicNs,
    pub direction: Direction,
    /// Network layer.
    pub bytes: u32,
    /// What it carries, as far as it was captured.
    pub payload: &'a [u8],
}

impl<'a> Traffic<'a> {
    pub(crate) fn new(
        trace: &Trace<'a>,
        readings: &Readings,
        segmentation: &Segmentation,
    ) -> Traffic<'a> {
        let session = trace.session();
        let owners = Owners::new(session);
        let blocks = Blocks::new(segmentation);
        let mut index: HashMap<FlowKey, u32> = HashMap::new();
        let mut flows: Vec<Flow> = Vec::new();
        let mut plausibility: Vec<Plausibility> = Vec::new();
        let mut packets = Vec::with_capacity(session.packets.len());
        for datagram in trace.datagrams() {
            let Some(block) = blocks.at(datagram.t) else {
                continue;
            };
            let key = datagram.flow();
            let flow = *index.entry(key).or_insert_with(|| {
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
                    totals.packets_out += 1;
                    totals.bytes_out += u64::from(bytes);
                    totals.payload_bytes_out += (payload.len() + datagram.cut_off) as u64;
                    let of = |read: &[u32]| {
                        u64::from(read.get(datagram.packet as usize).copied().unwrap_or(0))
                    };
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
                }
            }
            packets.push(PacketRef {
                block: block as u32,
                flow,
                t: datagram.t,
                direction: datagram.direction,
                bytes,
                payload,
            });
        }
        for (flow, plausibility) in flows.iter_mut().zip(&plausibility) {
            flow.is_rtp = plausibility.is_rtp();
        }
        packets.sort_by_key(|packet| (packet.block, packet.t));
        let mut traffic = Traffic {
            flows,
            packets,
            n_malformed: blocks.count(&trace.malformed),
            n_unattributed: blocks.count(&trace.unattributed),
        };
        traffic.sort_flows();
        traffic
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
        for packet in &mut self.packets {
            packet.flow = place[packet.flow as usize];
        }
    }
}

/// Which block a moment lies in.
struct Blocks<'s> {
    segmentation: &'s Segmentation,
    /// Indices of the blocks by their beginnings.
    order: Vec<usize>,
}

impl Blocks<'_> {
    fn new(segmentation: &Segmentation) -> Blocks<'_> {
        let mut order: Vec<usize> = (0..segmentation.blocks.len()).collect();
        order.sort_by_key(|&i| segmentation.blocks[i].span.from);
        Blocks {
            segmentation,
            order,
        }
    }

    fn at(&self, t: MonotonicNs) -> Option<usize> {
        let span = |block: usize| self.segmentation.blocks[block].span;
        let after = self.order.partition_point(|&b| span(b).from <= t);
        let block = *self.order.get(after.checked_sub(1)?)?;
        span(block).contains(t).then_some(block)
    }

    fn count(&self, moments: &[MonotonicNs]) -> u64 {
        moments.iter().filter(|t| self.at(**t).is_some()).count() as u64
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
