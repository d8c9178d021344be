//! What left, over time and not cut into blocks: for laying a capture's clock on a session's.

use std::collections::HashMap;

use record::MonotonicNs;
use wire::{Transport, g711, rtp};

use crate::reading::{PathKind, Readings};
use crate::tally::entropy_bits;
use crate::trace::{FlowKey, Trace};

/// Flows that are looked at: those that send most.
const FLOWS_MAX: usize = 8;

/// Fields that are looked at: those with the most values; and the fewest values that say anything.
const FIELDS_MAX: usize = 64;
const VALUES_MIN: usize = 20;

/// Payloads shorter than this have no entropy to speak of, bytes.
const ENTROPY_FROM: usize = 32;

/// One number of what left, whenever there was one.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// Whether the values of a span add up (bytes); else their mean counts (levels).
    pub adds_up: bool,
    /// In the order of time.
    pub values: Vec<(MonotonicNs, f64)>,
}

/// Bytes, entropy and level of the flows that send most, and the numbers that could be read.
pub fn tracks(trace: &Trace, readings: &Readings) -> Vec<Track> {
    let mut of_flow: HashMap<FlowKey, [Vec<(MonotonicNs, f64)>; 3]> = HashMap::new();
    trace.outgoing(&mut |sent| {
        let [bytes, entropy, level] = of_flow.entry(sent.flow()).or_default();
        bytes.push((sent.t, f64::from(sent.ip_len)));
        if sent.payload.len() >= ENTROPY_FROM {
            let mut counts = [0; 256];
            let bytes = sent.payload.iter();
            bytes.for_each(|&byte| counts[usize::from(byte)] += 1);
            entropy.extend(entropy_bits(&counts).map(|bits| (sent.t, bits)));
        }
        if sent.transport == Transport::Udp {
            level.extend(level_dbfs(sent.payload).map(|dbfs| (sent.t, dbfs)));
        }
    });
    let mut flows: Vec<(FlowKey, [Vec<_>; 3])> = of_flow.into_iter().collect();
    flows.sort_by_key(|(flow, [bytes, ..])| (std::cmp::Reverse(bytes.len()), *flow));
    flows.truncate(FLOWS_MAX);
    let mut tracks = Vec::new();
    for (_, [bytes, entropy, level]) in flows {
        for (adds_up, values) in [(true, bytes), (false, entropy), (false, level)] {
            tracks.push(Track { adds_up, values });
        }
    }
    let number = |path: &&crate::reading::Path| path.kind == PathKind::Number;
    let mut fields: Vec<_> = readings.paths.iter().filter(number).collect();
    fields.sort_by_key(|path| std::cmp::Reverse(path.values.len()));
    let fields = fields.into_iter().take(FIELDS_MAX).map(|path| Track {
        adds_up: false,
        values: path.values.clone(),
    });
    tracks.extend(fields);
    tracks.retain(|track| track.values.len() >= VALUES_MIN);
    tracks
}

/// Level of a payload of RTP that is G.711, dBFS.
fn level_dbfs(payload: &[u8]) -> Option<f64> {
    let header = rtp::parse(payload).ok()?;
    let table = match header.payload_type {
        0 => &g711::MU_LAW,
        8 => &g711::A_LAW,
        _ => return None,
    };
    let samples = payload.get(header.payload).filter(|s| !s.is_empty())?;
    let power: f32 = samples.iter().map(|&b| table[usize::from(b)].powi(2)).sum();
    let dbfs = 10.0 * (f64::from(power) / samples.len() as f64).log10();
    Some(dbfs.max(f64::from(record::SILENCE_DBFS)))
}
