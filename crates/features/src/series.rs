//! From counts to series, and how many bets each deserves.
//!
//! Weights are relative. They follow what is known of real leaks before any session is looked at:
//! sound that is still sent shows in bytes, packets and their mean size (full-rate audio, silence
//! suppression, variable bit rate), a decoded level or the peer's output shows it most directly,
//! and a constant-rate stream of digital silence in its number of distinct payloads. Everything
//! else is worth a try at weight 1. A flow's weights fall with its rank by packets as 1/(1+rank),
//! so that a hundred flows of one packet each do not outvote the call. Ingress has weight 0: what
//! comes in can be caused by sound in many ways and never decides.

use std::collections::HashMap;

use record::Source;

use crate::flows::Traffic;
use crate::levels::Level;
use crate::model::{Group, Kind, MicState, Microphone, Missing, Series};
use crate::segmentation::{Block, Segmentation};
use crate::tally::{Decoder, Tallies, Tally, decoder};
use crate::watch::Watch;

const MAIN: f64 = 8.0;
const KNOWN: f64 = 4.0;
const OTHER: f64 = 1.0;

/// One number of a tally.
struct Column {
    name: &'static str,
    unit: &'static str,
    kind: Kind,
    weight: f64,
    value: fn(&Tally) -> Option<f64>,
}

const fn column(
    name: &'static str,
    unit: &'static str,
    weight: f64,
    value: fn(&Tally) -> Option<f64>,
) -> Column {
    Column {
        name,
        unit,
        kind: Kind::Number,
        weight,
        value,
    }
}

impl Column {
    const fn of(self, kind: Kind) -> Column {
        Column { kind, ..self }
    }
}

fn of_packets(tally: &Tally, value: f64) -> Option<f64> {
    (tally.packets > 0).then_some(value)
}

/// What is counted of all outgoing packets together.
const OF_ALL: &[Column] = &[
    column("packets", "1", MAIN, |t| Some(t.packets as f64)),
    column("bytes", "B", MAIN, |t| Some(t.bytes as f64)),
    column("mean size", "B", KNOWN, |t| {
        of_packets(t, t.bytes as f64 / t.packets as f64)
    }),
    column("longest gap", "s", OTHER, |t| Some(t.gap_longest_s)),
    column("distinct sizes", "1", OTHER, |t| {
        Some(f64::from(t.sizes_distinct))
    }),
    column("distinct payloads", "1", OTHER, |t| {
        Some(f64::from(t.payloads_distinct))
    }),
];

/// What is counted of each of the largest flows.
const OF_FLOW: &[Column] = &[
    column("packets", "1", KNOWN, |t| Some(t.packets as f64)),
    column("bytes", "B", KNOWN, |t| Some(t.bytes as f64)),
    column("mean size", "B", KNOWN, |t| {
        of_packets(t, t.bytes as f64 / t.packets as f64)
    }),
    column("size deviation", "B", OTHER, |t| of_packets(t, t.size_sd)),
    column("largest size", "B", OTHER, |t| Some(f64::from(t.size_max))),
    column("distinct sizes", "1", OTHER, |t| {
        Some(f64::from(t.sizes_distinct))
    }),
    column("distinct payloads", "1", KNOWN, |t| {
        Some(f64::from(t.payloads_distinct))
    }),
    column("sizes up to lower quartile", "1", OTHER, |t| {
        of_packets(t, t.size_shares[0])
    }),
    column("sizes up to median", "1", OTHER, |t| {
        of_packets(t, t.size_shares[1])
    }),
    column("sizes up to upper quartile", "1", OTHER, |t| {
        of_packets(t, t.size_shares[2])
    }),
    column("longest gap", "s", OTHER, |t| Some(t.gap_longest_s)),
    column("mean gap", "s", OTHER, |t| t.gap_mean_s),
    column("gap deviation", "s", OTHER, |t| t.gap_sd_s),
    column("payload entropy", "bit/B", OTHER, |t| t.entropy_bits),
    column("commonest size", "1", OTHER, |t| {
        of_packets(t, f64::from(t.size_commonest.min(u32::from(u16::MAX))))
    })
    .of(Kind::Category),
];

/// What is counted of the packets of a flow that are RTP, beside the above: RTCP, STUN and DTLS share its
/// port, and are as long as half a packet of sound.
const OF_RTP: &[Column] = &[
    column("RTP mean size", "B", KNOWN, |t| t.rtp_size_mean),
    column("smallest RTP size", "B", OTHER, |t| {
        t.rtp_size_min.map(f64::from)
    }),
];

/// The level of a flow's payloads, where they may be sound.
fn level_column(decoder: Decoder) -> Option<Column> {
    match decoder {
        Decoder::G711 => Some(column("level as G.711", "dBFS", KNOWN, |t| t.level_dbfs)),
        Decoder::L16 => Some(column("level as 16-bit samples", "dBFS", OTHER, |t| {
            t.level_dbfs
        })),
        Decoder::None => None,
    }
}

/// What is counted of all smaller flows together.
const OF_REST: &[Column] = &[
    column("packets", "1", OTHER, |t| Some(t.packets as f64)),
    column("bytes", "B", OTHER, |t| Some(t.bytes as f64)),
    column("mean size", "B", OTHER, |t| {
        of_packets(t, t.bytes as f64 / t.packets as f64)
    }),
];

type Watched = [Result<(), Missing>];

pub(crate) fn egress(traffic: &Traffic, tallies: &Tallies, watched: &Watched) -> Vec<Series> {
    let mut out = Vec::new();
    let mut add = |prefix: &str, column: &Column, flow, factor: f64, tallies: &[Tally]| {
        let value = |tally: &Tally| match (column.value)(tally) {
            Some(value) if value.is_finite() => Ok(value),
            _ => Err(Missing::NoData),
        };
        let all = tallies.iter().zip(watched);
        out.push(Series {
            name: format!("{prefix} out {}", column.name),
            unit: column.unit.into(),
            kind: column.kind,
            group: Group::Egress,
            flow,
            weight: column.weight * factor,
            field: false,
            values: all
                .map(|(tally, watched)| watched.and_then(|()| value(tally)))
                .collect(),
        });
    };
    for column in OF_ALL {
        add("all", column, None, 1.0, &tallies.all);
    }
    for (rank, tallies) in tallies.flows.iter().enumerate() {
        let flow = &traffic.flows[rank];
        let prefix = format!("{} {}", flow.transport, flow.remote);
        let factor = 1.0 / (1 + rank) as f64;
        let of_rtp = if flow.is_rtp { OF_RTP } else { &[] };
        let level = level_column(decoder(flow));
        for column in OF_FLOW.iter().chain(of_rtp).chain(level.as_ref()) {
            add(&prefix, column, Some(rank), factor, tallies);
        }
    }
    if !tallies.rest.is_empty() {
        for column in OF_REST {
            add("other flows", column, None, 1.0, &tallies.rest);
        }
    }
    if traffic.flows.len() > 1 {
        out.extend(destinations(traffic, watched));
    }
    out
}

/// Whom the first and the last packet of each block went to: how much goes to whom is counted above, in
/// what order is not.
fn destinations(traffic: &Traffic, watched: &Watched) -> [Series; 2] {
    [(0, "first destination"), (1, "last destination")].map(|(which, name)| {
        let each = traffic.ends.iter().zip(watched);
        let value = |ends: &Option<[u32; 2]>| {
            let flow = ends.map(|ends| f64::from(ends[which].min(u32::from(u16::MAX))));
            flow.ok_or(Missing::NoData)
        };
        Series {
            name: format!("all out {name}"),
            unit: "1".into(),
            kind: Kind::Category,
            group: Group::Egress,
            flow: None,
            weight: OTHER,
            field: false,
            values: each
                .map(|(ends, watched)| watched.and_then(|()| value(ends)))
                .collect(),
        }
    })
}

pub(crate) fn ingress(traffic: &Traffic, watched: &Watched) -> Vec<Series> {
    let series = |name: &str, unit: &'static str, value: fn(&(u64, u64)) -> u64| {
        let all = traffic.ingress.iter().zip(watched);
        Series {
            name: format!("all in {name}"),
            unit: unit.into(),
            kind: Kind::Number,
            group: Group::Ingress,
            flow: None,
            weight: 0.0,
            field: false,
            values: all
                .map(|(count, watched)| watched.map(|()| value(count) as f64))
                .collect(),
        }
    };
    vec![
        series("packets", "1", |count| count.0),
        series("bytes", "B", |count| count.1),
    ]
}

pub(crate) fn peer_output(levels: &[Result<Level, Missing>]) -> Vec<Series> {
    let series = |name: &str, unit: &'static str, weight, value: fn(Level) -> f64| Series {
        name: format!("peer output {name}"),
        unit: unit.into(),
        kind: Kind::Number,
        group: Group::PeerOutput,
        flow: None,
        weight,
        field: false,
        values: levels.iter().map(|level| level.map(value)).collect(),
    };
    vec![
        series("level", "dBFS", MAIN, |level| level.rms_dbfs),
        series("audible share", "1", KNOWN, |level| level.audible_share),
    ]
}

/// Share of each block in which a record stream was running.
pub(crate) fn mic_streams(states: &[MicState], segmentation: &Segmentation) -> Vec<Series> {
    let value = |block: &Block| {
        let span = block.span;
        // The states follow each other without holes, so their ends are in order too.
        let first = states.partition_point(|state| state.span.to <= span.from);
        let mut running_ns = 0;
        let mut known_ns = 0;
        for state in states[first..]
            .iter()
            .take_while(|state| state.span.from < span.to)
        {
            let from = state.span.from.max(span.from);
            let ns = record::Span {
                from,
                to: state.span.to.min(span.to),
            }
            .len_ns();
            match state.state {
                Microphone::Unknown => return Err(Missing::NotWatched),
                Microphone::OpenRunning => running_ns += ns,
                Microphone::Closed | Microphone::OpenNotRunning => {}
            }
            known_ns += ns;
        }
        match known_ns {
            0 => Err(Missing::NotWatched),
            _ => Ok(running_ns as f64 / known_ns as f64),
        }
    };
    vec![Series {
        name: "microphone running share".into(),
        unit: "1".into(),
        kind: Kind::Number,
        group: Group::MicStreams,
        flow: None,
        weight: OTHER,
        field: false,
        values: segmentation.blocks.iter().map(value).collect(),
    }]
}

/// Per source that lost something: 1 in the blocks in which it did, 0 elsewhere.
pub(crate) fn loss(watch: &Watch, segmentation: &Segmentation) -> Vec<Series> {
    let series = |source: Source| Series {
        name: format!("lost by {}", source_name(source)),
        unit: "1".into(),
        kind: Kind::Number,
        group: Group::Loss,
        flow: None,
        weight: OTHER,
        field: false,
        values: segmentation
            .blocks
            .iter()
            .map(|block| Ok(f64::from(u8::from(watch.lost(source, &block.span)))))
            .collect(),
    };
    watch.losers().map(series).collect()
}

fn source_name(source: Source) -> &'static str {
    match source {
        Source::Stage => "stage",
        Source::Player => "player",
        Source::Mic => "microphone recorder",
        Source::Peer => "peer recorder",
        Source::Sham => "sham recorder",
        Source::Streams => "streams",
        Source::Packets => "packets",
        Source::Sockets => "sockets",
        Source::Reads => "microphone calls",
        Source::Plaintext => "plaintext",
        Source::MicrophoneLog => "microphone log",
        Source::Mute => "mute",
        Source::Person => "person",
        Source::Cameras => "cameras",
        Source::Bus => "session bus",
        Source::Names => "names in windows",
        Source::Clock => "clock",
        Source::Sink => "sink",
        Source::Room => "room recorder",
        Source::Unknown => "unknown source",
    }
}

/// Whether a series has two different values (a missing one counts as a value of its own, except
/// where nobody watched: that is the observer's doing).
pub(crate) fn varies(series: &Series) -> bool {
    let mut kinds: HashMap<u64, ()> = HashMap::new();
    for value in &series.values {
        match value {
            Ok(value) => kinds.insert(value.to_bits(), ()),
            Err(Missing::NoData) => kinds.insert(f64::NAN.to_bits(), ()),
            Err(Missing::NotWatched | Missing::Lost) => None,
        };
        if kinds.len() > 1 {
            return true;
        }
    }
    false
}
