//! What is counted of the packets of each block.

use std::collections::BTreeMap;

use wire::{Transport, rtp};

use crate::flows::{FLOWS_MAX, PacketRef, Traffic};
use crate::model::Flow;
use crate::segmentation::Segmentation;

/// What was counted in each block.
pub(crate) struct Tallies {
    /// All outgoing packets, per block.
    pub all: Vec<Tally>,
    /// Per flow of the first [`FLOWS_MAX`], per block.
    pub flows: Vec<Vec<Tally>>,
    /// All other flows together, per block; empty if there are none.
    pub rest: Vec<Tally>,
}

/// Numbers of the outgoing packets of one block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    pub packets: u64,
    /// Network layer.
    pub bytes: u64,
    pub size_sd: f64,
    pub size_max: u32,
    pub sizes_distinct: u32,
    /// The size that most packets had; the smallest of equally common ones.
    pub size_commonest: u32,
    pub payloads_distinct: u32,
    /// Share of packets not longer than each quartile of the flow's sizes.
    pub size_shares: [f64; 3],
    /// Longest stretch without a packet, the block's own edges included.
    pub gap_longest_s: f64,
    pub gap_mean_s: Option<f64>,
    pub gap_sd_s: Option<f64>,
    /// Bits per byte of the payloads' bytes taken together.
    pub entropy_bits: Option<f64>,
    /// Mean and smallest size of the packets that are RTP: what shares their port (RTCP, STUN, DTLS;
    /// RFC 7983) would blur what an encoder of variable bit rate makes of the sound.
    pub rtp_size_mean: Option<f64>,
    pub rtp_size_min: Option<u32>,
    /// Level of the payloads decoded as [`Decoder`] says, dBFS.
    pub level_dbfs: Option<f64>,
}

/// How a flow's payloads may be sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decoder {
    /// RTP, payload type 0 or 8: that is what they are (RFC 3551).
    G711,
    /// UDP that is not RTP: 16-bit samples, little-endian, as a careless program would send them.
    L16,
    /// Not sound as far as can be told without keys.
    None,
}

pub(crate) fn decoder(flow: &Flow) -> Decoder {
    match (flow.transport, flow.is_rtp) {
        (Transport::Udp, true) => Decoder::G711,
        (Transport::Udp, false) => Decoder::L16,
        _ => Decoder::None,
    }
}

/// Counts block by block: what is gathered of one is dropped at the next, and the buffers are used again.
pub(crate) fn tallies(traffic: &Traffic, segmentation: &Segmentation) -> Tallies {
    let n_flows = traffic.flows.len().min(FLOWS_MAX);
    let mut gathered = Gathered {
        all: Buffer::new(Decoder::None, [0; 3]),
        rest: Buffer::new(Decoder::None, [0; 3]),
        flows: (0..n_flows)
            .zip(size_quartiles(traffic, n_flows))
            .map(|(flow, quartiles)| Buffer::new(decoder(&traffic.flows[flow]), quartiles))
            .collect(),
    };
    let mut out: Vec<Option<OfBlock>> = segmentation.blocks.iter().map(|_| None).collect();
    let edges = |block: usize| {
        let span = segmentation.blocks[block].span;
        (span.from.0, span.to.0)
    };
    let mut now = None;
    traffic.outgoing(&mut |packet| {
        if let Some(over) = now
            .replace(packet.block)
            .filter(|over| *over != packet.block)
        {
            out[over] = Some(gathered.finish(edges(over)));
        }
        gathered.count(&packet, traffic.flows[packet.flow as usize].is_rtp);
    });
    if let Some(last) = now {
        out[last] = Some(gathered.finish(edges(last)));
    }
    let mut tallies = Tallies {
        all: Vec::with_capacity(out.len()),
        flows: vec![Vec::with_capacity(out.len()); n_flows],
        rest: Vec::new(),
    };
    for (block, of_block) in out.into_iter().enumerate() {
        // Nothing left in it.
        let of_block = of_block.unwrap_or_else(|| gathered.finish(edges(block)));
        tallies.all.push(of_block.all);
        for (tallies, tally) in tallies.flows.iter_mut().zip(of_block.flows) {
            tallies.push(tally);
        }
        if traffic.flows.len() > FLOWS_MAX {
            tallies.rest.push(of_block.rest);
        }
    }
    tallies
}

/// What is gathered of one block.
struct Gathered {
    all: Buffer,
    flows: Vec<Buffer>,
    rest: Buffer,
}

/// What was counted in one block.
struct OfBlock {
    all: Tally,
    flows: Vec<Tally>,
    rest: Tally,
}

impl Gathered {
    fn count(&mut self, packet: &PacketRef, is_rtp: bool) {
        let data = packet.payload;
        let header = if is_rtp { rtp::parse(data).ok() } else { None };
        let payload = header
            .as_ref()
            .map_or(data, |header| &data[header.payload.clone()]);
        let hash = fnv1a(payload);
        self.all.count(packet.t.0, packet.bytes, hash);
        match self.flows.get_mut(packet.flow as usize) {
            Some(buffer) => {
                buffer.count(packet.t.0, packet.bytes, hash);
                if header.is_some() {
                    buffer.count_rtp(packet.bytes);
                }
                buffer.read(payload, header.as_ref());
            }
            None => self.rest.count(packet.t.0, packet.bytes, hash),
        }
    }

    /// The block's numbers; empties the buffers.
    fn finish(&mut self, (from_ns, to_ns): (u64, u64)) -> OfBlock {
        let flows = self.flows.iter_mut();
        OfBlock {
            flows: flows.map(|flow| flow.finish(from_ns, to_ns)).collect(),
            all: self.all.finish(from_ns, to_ns),
            rest: self.rest.finish(from_ns, to_ns),
        }
    }
}

/// The quartiles of the sizes of the first flows' packets.
fn size_quartiles(traffic: &Traffic, n_flows: usize) -> Vec<[u32; 3]> {
    let mut sizes: Vec<BTreeMap<u32, usize>> = vec![BTreeMap::new(); n_flows];
    traffic.outgoing(&mut |packet| {
        if let Some(sizes) = sizes.get_mut(packet.flow as usize) {
            *sizes.entry(packet.bytes).or_insert(0) += 1;
        }
    });
    let quartiles = |sizes: BTreeMap<u32, usize>| {
        let n: usize = sizes.values().sum();
        [1, 2, 3].map(|quarter| {
            let at = (n * quarter / 4).min(n.saturating_sub(1));
            let mut below = 0;
            let mut sizes = sizes.iter();
            let of_size = sizes.find(|(_, n)| {
                below += **n;
                at < below
            });
            of_size.map_or(0, |(size, _)| *size)
        })
    };
    sizes.into_iter().map(quartiles).collect()
}

/// What is gathered of one flow in one block.
struct Buffer {
    decoder: Decoder,
    quartiles: [u32; 3],
    times_ns: Vec<u64>,
    sizes: Vec<u32>,
    hashes: Vec<u64>,
    byte_counts: [u32; 256],
    rtp_packets: u32,
    rtp_bytes: u64,
    rtp_size_min: Option<u32>,
    power: f64,
    n_samples: u64,
}

impl Buffer {
    fn new(decoder: Decoder, quartiles: [u32; 3]) -> Buffer {
        Buffer {
            decoder,
            quartiles,
            times_ns: Vec::new(),
            sizes: Vec::new(),
            hashes: Vec::new(),
            byte_counts: [0; 256],
            rtp_packets: 0,
            rtp_bytes: 0,
            rtp_size_min: None,
            power: 0.0,
            n_samples: 0,
        }
    }

    fn count(&mut self, t_ns: u64, bytes: u32, hash: u64) {
        self.times_ns.push(t_ns);
        self.sizes.push(bytes);
        self.hashes.push(hash);
    }

    fn count_rtp(&mut self, bytes: u32) {
        self.rtp_packets += 1;
        self.rtp_bytes += u64::from(bytes);
        self.rtp_size_min = Some(self.rtp_size_min.map_or(bytes, |min| min.min(bytes)));
    }

    /// Looks into a payload, without its RTP header where it has one.
    fn read(&mut self, payload: &[u8], header: Option<&rtp::Header>) {
        for &byte in payload {
            self.byte_counts[usize::from(byte)] += 1;
        }
        let table = match (self.decoder, header.map(|h| h.payload_type)) {
            (Decoder::G711, Some(0)) => Some(&wire::g711::MU_LAW),
            (Decoder::G711, Some(8)) => Some(&wire::g711::A_LAW),
            _ => None,
        };
        if let Some(table) = table {
            // In f32 the rounding is far below what a step of the stimulus is.
            let power: f32 = payload.iter().map(|&b| table[usize::from(b)].powi(2)).sum();
            self.power += f64::from(power);
            self.n_samples += payload.len() as u64;
        } else if self.decoder == Decoder::L16 {
            let (samples, _) = payload.as_chunks::<2>();
            let power: f32 = samples
                .iter()
                .map(|&s| f32::from(i16::from_le_bytes(s)).powi(2))
                .sum();
            self.power += f64::from(power) / (32_768.0 * 32_768.0);
            self.n_samples += samples.len() as u64;
        }
    }

    /// The block's numbers; empties the buffers.
    fn finish(&mut self, from_ns: u64, to_ns: u64) -> Tally {
        let n = self.sizes.len() as f64;
        let bytes: u64 = self.sizes.iter().map(|&size| u64::from(size)).sum();
        let edges = [from_ns]
            .into_iter()
            .chain(self.times_ns.iter().copied())
            .chain([to_ns]);
        let mut last_ns = from_ns;
        let mut gap_longest_ns = 0;
        for t_ns in edges {
            gap_longest_ns = gap_longest_ns.max(t_ns.saturating_sub(last_ns));
            last_ns = t_ns;
        }
        let gaps = self
            .times_ns
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64 / 1e9);
        let gap = moments(gaps);
        let size = moments(self.sizes.iter().map(|&size| f64::from(size)));
        let share = |limit: u32| match n > 0.0 {
            true => self.sizes.iter().filter(|&&size| size <= limit).count() as f64 / n,
            false => 0.0,
        };
        let size_shares = self.quartiles.map(share);
        let tally = Tally {
            packets: self.sizes.len() as u64,
            bytes,
            size_sd: size.map_or(0.0, |(_, sd)| sd),
            size_max: self.sizes.iter().copied().max().unwrap_or(0),
            size_shares,
            gap_longest_s: gap_longest_ns as f64 / 1e9,
            gap_mean_s: gap.map(|(mean, _)| mean),
            gap_sd_s: gap.filter(|_| n >= 3.0).map(|(_, sd)| sd),
            entropy_bits: entropy_bits(&self.byte_counts),
            rtp_size_mean: (self.rtp_packets > 0)
                .then(|| self.rtp_bytes as f64 / f64::from(self.rtp_packets)),
            rtp_size_min: self.rtp_size_min.take(),
            level_dbfs: (self.n_samples > 0).then(|| {
                let dbfs = 10.0 * (self.power / self.n_samples as f64).log10();
                dbfs.max(f64::from(record::SILENCE_DBFS))
            }),
            // Sorts the sizes, which the next line needs.
            sizes_distinct: n_distinct(&mut self.sizes),
            size_commonest: commonest(&self.sizes),
            payloads_distinct: n_distinct(&mut self.hashes),
        };
        self.times_ns.clear();
        self.sizes.clear();
        self.hashes.clear();
        self.byte_counts = [0; 256];
        (self.rtp_packets, self.rtp_bytes) = (0, 0);
        (self.power, self.n_samples) = (0.0, 0);
        tally
    }
}

/// Mean and standard deviation (of the values themselves, not of a population behind them).
fn moments(values: impl Iterator<Item = f64> + Clone) -> Option<(f64, f64)> {
    let n = values.clone().count() as f64;
    if n == 0.0 {
        return None;
    }
    let mean = values.clone().sum::<f64>() / n;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / n;
    Some((mean, variance.sqrt()))
}

fn n_distinct<T: Ord>(values: &mut [T]) -> u32 {
    values.sort_unstable();
    match values {
        [] => 0,
        _ => 1 + values.windows(2).filter(|pair| pair[0] != pair[1]).count() as u32,
    }
}

/// The value that comes most often in sorted ones; the smallest of equally common ones, 0 of none.
fn commonest(sorted: &[u32]) -> u32 {
    let mut best: &[u32] = &[0; 0];
    for same in sorted.chunk_by(|a, b| a == b) {
        if same.len() > best.len() {
            best = same;
        }
    }
    best.first().copied().unwrap_or(0)
}

pub(crate) fn entropy_bits(counts: &[u32; 256]) -> Option<f64> {
    let n: u64 = counts.iter().map(|&count| u64::from(count)).sum();
    let present = counts.iter().filter(|count| **count > 0);
    let share = |count: &u32| f64::from(*count) / n as f64;
    (n > 0).then(|| present.map(share).map(|p| -p * p.log2()).sum())
}

/// 64-bit FNV-1a: fast enough, the same in every run, and no defence is needed: an app that makes
/// two payloads collide hides a difference from one series only.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}
