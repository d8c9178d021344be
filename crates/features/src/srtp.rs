//! RTP packets that were seen before SRTP encrypted them, and those that left: the same source and
//! number, which stay in clear.

use std::collections::HashMap;

use record::{Body, T};
use wire::decode::{self, Leaf, Value};
use wire::{Transport, rtp};

use crate::Session;
use crate::readings::{Read, Seen, Sent, label};

/// The name that packets handed to SRTP are recorded under.
pub(crate) const SRTP: &str = "srtp_protect";

/// How far a packet may be from the call that handed it to SRTP, and what that adds: a tag, and a
/// key's name.
const SRTP_NS: i64 = 2_000_000_000;
const SRTP_MAX: usize = 16 + 4;

/// An RTP packet that was handed to SRTP, and when.
type Handed<'a> = (T, &'a [u8]);

/// RTP packets before SRTP, and those that left.
pub(crate) fn srtp(session: &Session, sent: &Sent, on: &mut dyn FnMut(Read)) {
    let mut handed: HashMap<(u32, u16), Vec<Handed>> = HashMap::new();
    for record in session.records {
        if let Body::Plaintext {
            library,
            bytes,
            data,
            ..
        } = &record.body
            && library == SRTP
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
    for (index, payload, flow) in &sent.packets {
        let packet = &session.packets[*index as usize];
        if flow.1 != Transport::Udp || sent.is_rtp.get(flow) != Some(&true) {
            continue;
        }
        let sealed = &packet.data[payload.clone()];
        let Ok(header) = rtp::parse(sealed) else {
            continue;
        };
        let plain = handed.get(&(header.ssrc, header.sequence)).and_then(|all| {
            let mut all = all.iter();
            all.find(|(t, plain)| {
                let longer = sealed.len().checked_sub(plain.len());
                packet.t.since(*t).abs() <= SRTP_NS
                    && sealed[..12] == plain[..12]
                    && longer.is_some_and(|longer| longer <= SRTP_MAX)
            })
        });
        let Some((_, plain)) = plain else { continue };
        let Some(mut decoded) = decode::rtp(plain) else {
            continue;
        };
        // What stands in the open is read there already.
        let open = decode::rtp(sealed).map_or(Vec::new(), |open| open.leaves);
        decoded.leaves.retain(|leaf| !open.contains(leaf));
        decoded.leaves.extend(loudness(plain, &decoded.formats));
        on(Read {
            flow: *flow,
            label: label(flow),
            t: packet.t,
            decoded,
            packets: vec![(*index, plain.len())],
            seen: Seen::Tapped,
        });
    }
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
        path: "rtp level as G.711".to_owned(),
        value: Value::Number(dbfs.max(f64::from(record::SILENCE_DBFS))),
    })
}
