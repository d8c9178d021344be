//! What was computed of a session: every field, by what it is.

use features::{Features, Flow, Group, MicState, Owner, Reader, Reads, SHOWN, Series};

use super::names::Names;
use super::records::LIBRARIES;

/// Units that we give.
const UNITS: &[&str] = &["1", "B", "s", "dBFS", "bit/B"];

/// Words that names of series are put together from, but for those of fields.
const WORDS: &[&str] = &[
    "all",
    "other",
    "flows",
    "out",
    "in",
    "packets",
    "bytes",
    "mean",
    "size",
    "deviation",
    "largest",
    "smallest",
    "distinct",
    "sizes",
    "payloads",
    "up",
    "to",
    "lower",
    "upper",
    "quartile",
    "median",
    "longest",
    "gap",
    "payload",
    "entropy",
    "commonest",
    "RTP",
    "level",
    "as",
    "G.711",
    "16-bit",
    "samples",
    "first",
    "last",
    "destination",
    "peer",
    "output",
    "audible",
    "share",
    "microphone",
    "window",
    "changes",
    "running",
    "reads",
    "read",
    "lost",
    "by",
    "recorder",
    "sham",
    "player",
    "stage",
    "streams",
    "sockets",
    "calls",
    "plaintext",
    "log",
    "mute",
    "person",
    "cameras",
    "session",
    "bus",
    "sink",
    "clock",
    "unknown",
    "source",
    "input",
    "frames",
    "which",
    "frame",
    "ARP",
    "Ethernet",
    "type",
    "udp",
    "tcp",
    "icmp",
    "opus_encode",
    "opus_encode_float",
];

/// What is left of the features of one segmentation.
pub(super) fn redacted(features: Features, names: &Names) -> Features {
    let Features {
        flows,
        series,
        microphone,
        reads,
        heard_dbfs,
        peer_dbfs,
        packets_out,
        bytes_out,
        mute_confirmed,
        n_fields_left_out,
        n_messages_limited,
        n_malformed,
        n_unattributed,
        unread,
    } = features;
    Features {
        flows: flows.into_iter().map(|f| flow(f, names)).collect(),
        series: series.into_iter().map(|s| one(s, names)).collect(),
        microphone: microphone
            .into_iter()
            .map(|MicState { span, state, who }| MicState {
                span,
                state,
                who: who.iter().map(|who| names.name(who)).collect(),
            })
            .collect(),
        reads: reads.map(|Reads { traced, calls }| Reads {
            traced,
            calls: calls
                .into_iter()
                .map(|(t, Reader { command, door }, calls, bytes)| {
                    let (command, door) = (names.name(&command), names.known(&door, LIBRARIES));
                    (t, Reader { command, door }, calls, bytes)
                })
                .collect(),
        }),
        heard_dbfs,
        peer_dbfs,
        packets_out,
        bytes_out,
        mute_confirmed,
        n_fields_left_out,
        n_messages_limited,
        n_malformed,
        n_unattributed,
        unread,
    }
}

fn flow(flow: Flow, names: &Names) -> Flow {
    let Flow {
        remote,
        transport,
        name,
        role,
        is_rtp,
        opus,
        dtls,
        clear_text,
        owners,
        control,
        muted,
    } = flow;
    let owner = |Owner { command, pid }: Owner| Owner {
        command: names.name(&command),
        pid,
    };
    Flow {
        remote: names.end(remote),
        transport,
        name: name.map(|name| names.name(&name)),
        role,
        is_rtp,
        opus,
        dtls,
        clear_text,
        owners: owners.into_iter().map(owner).collect(),
        control,
        muted,
    }
}

fn one(series: Series, names: &Names) -> Series {
    let Series {
        name,
        unit,
        kind,
        group,
        flow,
        weight,
        field,
        values,
    } = series;
    Series {
        name: match (field, name.strip_prefix(SHOWN)) {
            // Paths and names that the app chose.
            (true, _) => format!("field {}", names.name(&name)),
            (false, Some(shown)) => format!("{SHOWN}{}", names.name(shown)),
            (false, None) => words(&name, group, names),
        },
        unit: names.known(&unit, UNITS).into(),
        kind,
        group,
        flow,
        weight,
        field,
        values,
    }
}

/// A name that we put together: words of ours, addresses, numbers.
fn words(name: &str, group: Group, names: &Names) -> String {
    let word = |word: &str| {
        let number = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
        let ours = WORDS.contains(&word)
            || word.strip_prefix("ip-protocol-").is_some_and(number)
            || word.strip_prefix("0x").is_some_and(number);
        match (ours, group) {
            (true, _) => word.to_owned(),
            (false, Group::Egress | Group::Ingress) => names.address(word),
            (false, _) => names.name(word),
        }
    };
    let words: Vec<String> = name.split(' ').map(word).collect();
    words.join(" ")
}
