//! RTP packets that were seen before SRTP encrypted them, and those that left: the same source and
//! number, which stay in clear.

use std::collections::HashMap;

use record::{Body, MonotonicNs};
use wire::decode::{self, Leaf, Value};
use wire::{opus, rtp};

use crate::reading::{Provenance, Read, label, read_opus};
use crate::rtp_flows::RtpFlows;
use crate::trace::{Datagram, FlowKey, Trace};

/// The names that packets are recorded under which were handed to SRTP: by a call that was traced, and
/// by the app's own log.
const NAMES: [&str; 2] = ["srtp_protect", "rtp_log"];

/// Whether this is such a name.
pub(crate) fn is_rtp(library: &str) -> bool {
    NAMES.contains(&library)
}

/// How far a packet may be from the call that handed it to SRTP, and what that adds: a tag, and a
/// key's name.
const SRTP_NS: i64 = 2_000_000_000;
const SRTP_MAX: usize = 16 + 4;

/// An RTP packet that was handed to SRTP, and when.
type Handed<'a> = (MonotonicNs, &'a [u8]);

/// RTP packets before SRTP, and those that left.
pub(crate) fn srtp(trace: &Trace, sound: &RtpFlows, on: &mut dyn FnMut(Read)) {
    let mut handed: HashMap<(u32, u16), Vec<Handed>> = HashMap::new();
    for record in trace.session().records {
        if let Body::Plaintext {
            library,
            bytes,
            data,
            ..
        } = &record.body
            && is_rtp(library)
            && data.0.len() == *bytes as usize
            && let Ok(header) = rtp::parse(&data.0)
        {
            let of = handed.entry((header.ssrc, header.sequence)).or_default();
            of.push((record.t, &data.0));
        }
    }
    if handed.is_empty() {
        return;
    }
    // What a packet was before SRTP.
    let plain_of = |sent: &Datagram| -> Option<&[u8]> {
        if !sound.rtp.contains(&sent.flow()) {
            return None;
        }
        let sealed = sent.payload;
        let header = rtp::parse(sealed).ok()?;
        let of = handed.get(&(header.ssrc, header.sequence))?;
        let found = of.iter().find(|(t, plain)| {
            let longer = sealed.len().checked_sub(plain.len());
            sent.t.since(*t).abs() <= SRTP_NS
                && sealed[..12] == plain[..12]
                && longer.is_some_and(|longer| longer <= SRTP_MAX)
        });
        found.map(|(_, plain)| *plain)
    };
    let mut sounds: HashMap<(FlowKey, u8), opus::Plausibility> = HashMap::new();
    trace.outgoing(&mut |sent| {
        if let Some((payload_type, sound)) = plain_of(&sent).and_then(dynamic) {
            let of = sounds.entry((sent.flow(), payload_type)).or_default();
            of.push(sound);
        }
    });
    let mut decoders: HashMap<(FlowKey, u8), Option<opus::Decoder>> = HashMap::new();
    trace.outgoing(&mut |sent| {
        let Some(plain) = plain_of(&sent) else {
            return;
        };
        let (flow, sealed) = (sent.flow(), sent.payload);
        let Some(mut decoded) = decode::rtp(plain) else {
            return;
        };
        // What stands in the open is read there already.
        let open = decode::rtp(sealed).map_or(Vec::new(), |open| open.leaves);
        decoded.leaves.retain(|leaf| !open.contains(leaf));
        decoded.leaves.extend(loudness(plain, &decoded.formats));
        let of = dynamic(plain).map(|(payload_type, _)| (flow, payload_type));
        if let Some(of) = of.filter(|of| sounds.get(of).is_some_and(opus::Plausibility::is_opus)) {
            let decoder = decoders.entry(of).or_insert_with(opus::Decoder::mono);
            read_opus(decoder, plain, &mut decoded);
        }
        on(Read {
            flow,
            label: label(&flow),
            t: sent.t,
            decoded,
            packets: vec![(sent.packet, plain.len())],
            provenance: Provenance::Tapped,
        });
    });
}

/// Payload type and payload, where the type is one that the ends agreed on.
fn dynamic(plain: &[u8]) -> Option<(u8, &[u8])> {
    let header = rtp::parse(plain).ok()?;
    let payload = plain.get(header.payload)?;
    (header.payload_type >= rtp::DYNAMIC).then_some((header.payload_type, payload))
}

/// How loud the sound of a packet is, if it is G.711.
fn loudness(plain: &[u8], formats: &[&str]) -> Option<Leaf> {
    if !formats.contains(&"g711") {
        return None;
    }
    let header = rtp::parse(plain).ok()?;
    let table = match header.payload_type {
        0 => &wire::g711::MU_LAW,
        _ => &wire::g711::A_LAW,
    };
    let codes = plain.get(header.payload)?;
    let power: f64 = codes
        .iter()
        .map(|&code| f64::from(table[usize::from(code)]).powi(2))
        .sum();
    let dbfs = 10.0 * (power / codes.len() as f64).log10();
    Some(Leaf {
        path: "rtp level as G.711".to_owned().into(),
        value: Value::Number(dbfs.max(f64::from(record::SILENCE_DBFS))),
    })
}
