//! What can be read of what leaves: the values of clear-text messages, by path, with their times.
//!
//! Done once for a session, whatever it is cut into afterwards. Nothing here looks at blocks.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::ops::Range;

use record::{Body, T};
use wire::decode::{self, Decoded, Leaf, Value};
use wire::rtp::{self, Plausibility};
use wire::stream::{Message, Stream};
use wire::{Transport, opus, tcp};

use crate::decrypted::decrypted;
use crate::flows::{App, Direction};
use crate::names::Names;
use crate::places::Places;
use crate::srtp::srtp;
use crate::tapped::tapped;
use crate::{ClearText, Session};

/// Paths of one flow, and of all flows together. What lies beyond is not bet on, so the messages
/// that hold it count as unread.
const FLOW_PATHS_MAX: usize = 128;
const PATHS_MAX: usize = 256;

/// Different texts of a path that are told apart, in the order in which they were first seen; all
/// later ones are one more.
const TEXTS_MAX: usize = 16;

/// An unsure reading is believed if at least this many messages of the flow were read the same
/// way, and they are at least four of five.
const ALIKE_MIN: usize = 8;

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    pub(crate) paths: Vec<Path>,
    /// Bytes of each of the session's packets that were read.
    pub(crate) clear: Vec<u32>,
    /// Likewise, that were read before they were encrypted.
    pub(crate) tapped: Vec<u32>,
    /// What anyone on the way could read, by flow.
    pub(crate) clear_text: HashMap<Flow, ClearText>,
    /// Ends that sound goes to as Opus in clear.
    pub(crate) opus: HashSet<Flow>,
    /// Ends with which the app began DTLS.
    pub(crate) dtls: HashSet<Flow>,
    /// Names of remote ends.
    pub(crate) names: Names,
    /// Values at paths beyond the bounds.
    pub(crate) n_left_out: u64,
    /// Messages that hit a bound of the decoder.
    pub(crate) n_limited: u64,
}

pub(crate) type Flow = (SocketAddr, Transport);

/// How something came to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Seen {
    /// It was in clear: anyone on the way could read it.
    Clear,
    /// Records were opened with the keys that the app's library wrote down.
    Decrypted,
    /// It was seen before it was encrypted.
    Tapped,
    /// It stood in a table that was made elsewhere.
    Table,
}

impl Seen {
    /// Whether packets carry it, so that their loss is its loss.
    pub(crate) fn in_packets(self) -> bool {
        match self {
            Seen::Clear | Seen::Decrypted => true,
            Seen::Tapped | Seen::Table => false,
        }
    }

    /// What is put behind a series' name.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Seen::Tapped => " (before encryption)",
            Seen::Clear | Seen::Decrypted | Seen::Table => "",
        }
    }
}

/// Everything that was seen at one path.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    pub flow: Flow,
    /// Unique, for people.
    pub name: String,
    pub kind: Kind,
    /// How it came to be read.
    pub seen: Seen,
    /// In the order of time.
    pub values: Vec<(T, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Bool,
    /// Which text it was, as a small number.
    Text,
    /// Length of a text or of bytes.
    Length,
    /// Messages.
    Count,
}

/// A message that was read, and the packets whose bytes it is made of.
pub(crate) struct Read {
    pub flow: Flow,
    /// What values that no request names are shown under.
    pub label: String,
    pub t: T,
    pub decoded: Decoded,
    pub packets: Vec<(u32, usize)>,
    pub seen: Seen,
}

impl Read {
    fn of(&self) -> (Flow, Seen) {
        (self.flow, self.seen)
    }
}

/// Reads everything that left.
pub fn readings(session: &Session) -> Readings {
    let mut collector = Collector {
        readings: Readings {
            clear: vec![0; session.packets.len()],
            tapped: vec![0; session.packets.len()],
            names: Names::new(session),
            ..Readings::default()
        },
        ..Collector::default()
    };
    let sent = Sent::new(session);
    let mut table = tcp::Table::default();
    let mut streams: HashMap<(SocketAddr, SocketAddr), Conversation> = HashMap::new();
    let mut opus: HashMap<Flow, Option<opus::Decoder>> = HashMap::new();
    collector.readings.opus.clone_from(&sent.opus);
    for (index, payload, flow) in &sent.packets {
        let packet = &session.packets[*index as usize];
        if flow.1 == Transport::Udp {
            let bytes = &packet.data[payload.clone()];
            let whole = packet.orig_len as usize <= packet.data.len() && flow.0.port() != 0;
            if bytes.is_empty() || !whole {
                continue;
            }
            // A handshake, or what follows one (RFC 6347, section 4.1).
            if decode::is_dtls(bytes) {
                collector.readings.dtls.insert(*flow);
            }
            let rtp = sent.is_rtp.get(flow) == Some(&true);
            let mut decoded = rtp.then(|| decode::rtp(bytes)).flatten();
            if let Some(decoded) = &mut decoded
                && sent.opus.contains(flow)
            {
                let decoder = opus.entry(*flow).or_insert_with(opus::Decoder::mono);
                read_opus(decoder, bytes, decoded);
            }
            collector.take(Read {
                flow: *flow,
                label: label(flow),
                t: packet.t,
                decoded: decoded.unwrap_or_else(|| decode::decode(bytes)),
                packets: vec![(*index, bytes.len())],
                seen: Seen::Clear,
            });
        } else if flow.1 == Transport::Tcp
            && let Ok(datagram) = wire::datagram(&packet.data)
            && let Some(segment) = tcp::segment(&packet.data, packet.orig_len, &datagram)
        {
            table.push(&segment, *index, &mut |key, event| {
                let stream = streams.entry(key).or_default();
                stream.take(event, session, *flow, &mut |read| collector.take(read));
            });
        }
    }
    table.finish(&mut |key, event| {
        let stream = streams.entry(key).or_default();
        let flow = (key.1, Transport::Tcp);
        stream.take(event, session, flow, &mut |read| collector.take(read));
    });
    tapped(session, &sent, &mut |read| collector.take(read));
    decrypted(session, &mut |read| collector.take(read));
    srtp(session, &sent, &mut |read| collector.take(read));
    for record in session.records {
        if let Body::Row { values } = &record.body {
            for (column, value) in values {
                let of = (TAPPED, Seen::Table);
                collector.put(of, column.clone(), Kind::Number, record.t, *value);
            }
        }
    }
    collector.finish()
}

/// The level of the sound in a packet, where it is Opus in clear: read is what can be heard.
pub(crate) fn read_opus(decoder: &mut Option<opus::Decoder>, packet: &[u8], decoded: &mut Decoded) {
    let Some(payload) = rtp::parse(packet).ok().and_then(|header| {
        let dynamic = header.payload_type >= rtp::DYNAMIC;
        packet.get(header.payload).filter(|_| dynamic)
    }) else {
        return;
    };
    let Some(samples) = decoder.as_mut().and_then(|d| d.decode(payload)) else {
        return;
    };
    let power = |s: &i16| (f64::from(*s) / 32_768.0).powi(2);
    let mean = samples.iter().map(power).sum::<f64>() / samples.len().max(1) as f64;
    let dbfs = (10.0 * mean.log10()).max(f64::from(record::SILENCE_DBFS));
    decoded.opaque = decoded.opaque.saturating_sub(payload.len());
    decoded.formats.push("opus");
    decoded.leaves.push(Leaf {
        path: "rtp level as Opus".to_owned(),
        value: Value::Number(dbfs),
    });
}

pub(crate) fn label((remote, transport): &Flow) -> String {
    format!("{transport} {remote}")
}

/// Stands for the flow of plaintext that was seen before it was encrypted, where its socket is not
/// known.
pub(crate) const TAPPED: Flow = (
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0),
    Transport::Tcp,
);

/// All that left, in the order of time.
pub(crate) struct Sent {
    pub packets: Vec<(u32, Range<usize>, Flow)>,
    pub is_rtp: HashMap<Flow, bool>,
    /// Flows whose sound is Opus in clear.
    pub opus: HashSet<Flow>,
}

impl Sent {
    fn new(session: &Session) -> Sent {
        let app = App::new(&session.manifest.net);
        let mut plausibility: HashMap<Flow, Plausibility> = HashMap::new();
        let mut sounds: HashMap<(Flow, u8), opus::Plausibility> = HashMap::new();
        let mut packets = Vec::new();
        for (index, packet) in session.packets.iter().enumerate() {
            let Ok(datagram) = wire::datagram(&packet.data) else {
                continue;
            };
            let direction = app.direction(datagram.src, datagram.dst);
            let Some((Direction::Out, remote)) = direction else {
                continue;
            };
            let flow = (remote, datagram.transport);
            if datagram.transport == Transport::Udp {
                let payload = &packet.data[datagram.payload.clone()];
                plausibility.entry(flow).or_default().push(payload);
                if let Ok(header) = rtp::parse(payload)
                    && header.payload_type >= rtp::DYNAMIC
                {
                    let of_type = (flow, header.payload_type);
                    sounds
                        .entry(of_type)
                        .or_default()
                        .push(&payload[header.payload]);
                }
            }
            packets.push((index as u32, datagram.payload, flow));
        }
        let is_rtp = plausibility.iter().map(|(flow, p)| (*flow, p.is_rtp()));
        let opus = sounds.iter().filter(|(_, sound)| sound.is_opus());
        Sent {
            opus: opus.map(|((flow, _), _)| *flow).collect(),
            is_rtp: is_rtp.collect(),
            packets,
        }
    }
}

/// One direction of a TCP connection that is being read.
#[derive(Default)]
struct Conversation {
    stream: Stream,
    places: Places,
}

impl Conversation {
    fn take(&mut self, event: tcp::Event, session: &Session, flow: Flow, on: &mut dyn FnMut(Read)) {
        if let tcp::Event::Data { tag, bytes } = event {
            self.places.push(tag, bytes.len());
        }
        let places = &mut self.places;
        let mut message = |message: Message| {
            let [packets, _] = places.take(&message.runs);
            let last = packets.last().map(|(p, _)| session.packets[*p as usize].t);
            on(Read {
                flow,
                label: label(&flow),
                t: last.unwrap_or_default(),
                decoded: message.decoded,
                packets,
                seen: Seen::Clear,
            });
        };
        match event {
            tcp::Event::Data { bytes, .. } => self.stream.push(bytes, &mut message),
            tcp::Event::Gap { .. } => self.stream.gap(&mut message),
            tcp::Event::Start | tcp::Event::End => {
                self.stream.finish(&mut message);
                *self = Conversation::default();
            }
        }
    }
}

/// Puts messages into paths, the sure ones at once and the others at the end.
#[derive(Default)]
struct Collector {
    readings: Readings,
    /// What was in clear and what was not, each by itself.
    flows: HashMap<(Flow, Seen), Known>,
    unsure: Vec<Read>,
}

/// What is known of a flow.
#[derive(Default)]
struct Known {
    n_messages: usize,
    /// Unsure readings by outermost format.
    n_unsure: HashMap<&'static str, usize>,
    paths: HashMap<String, [Option<u32>; 5]>,
    n_paths: usize,
    texts: HashMap<u32, Vec<u32>>,
}

impl Collector {
    fn take(&mut self, read: Read) {
        let known = self.flows.entry(read.of()).or_default();
        known.n_messages += 1;
        if read.decoded.certain {
            self.accept(&read);
        } else {
            let way = read.decoded.formats.first().copied().unwrap_or("");
            *known.n_unsure.entry(way).or_default() += 1;
            self.unsure.push(read);
        }
    }

    fn finish(mut self) -> Readings {
        for read in std::mem::take(&mut self.unsure) {
            let way = read.decoded.formats.first().copied().unwrap_or("");
            let known = &self.flows[&read.of()];
            let alike = known.n_unsure.get(way).copied().unwrap_or(0);
            if alike >= ALIKE_MIN && 5 * alike >= 4 * known.n_messages {
                self.accept(&read);
            }
        }
        for path in &mut self.readings.paths {
            path.values.sort_by_key(|(t, _)| *t);
        }
        self.readings
    }

    fn accept(&mut self, read: &Read) {
        let decoded = &read.decoded;
        self.readings.n_limited += u64::from(decoded.limit.is_some());
        let len: usize = read.packets.iter().map(|(_, n)| n).sum();
        let mut clear = len.saturating_sub(decoded.opaque);
        if decoded.formats.is_empty() {
            return;
        }
        let named = matches!(decoded.formats[0], "http" | "websocket");
        let (_, transport) = read.flow;
        // Which values there are may tell something by itself: names are not bet on otherwise.
        let shape = decoded.leaves.iter().fold(0x811c_9dc5_u32, |hash, leaf| {
            let path = leaf.path.bytes();
            path.fold(hash ^ 0xff, |h, b| {
                (h ^ u32::from(b)).wrapping_mul(0x0100_0193)
            })
        });
        let shown = format!("{} shape of messages", read.label);
        let of = read.of();
        let mut all_kept = self.put(of, shown.clone(), Kind::Text, read.t, 0.0)
            && self.name_text(of, &shown, shape);
        for leaf in &decoded.leaves {
            let shown = match named {
                true => leaf.path.clone(),
                false => format!("{} {}", read.label, leaf.path),
            };
            all_kept &= self.leaf(of, shown, leaf, read.t);
        }
        if transport == Transport::Tcp {
            let shown = format!("{} messages", read.label);
            self.put(of, shown, Kind::Count, read.t, 1.0);
        }
        // What is not bet on was not looked at.
        if !all_kept || decoded.limit.is_some() {
            clear = 0;
        }
        if clear > 0
            && read.seen == Seen::Clear
            && let Some(what) = clear_text(decoded)
        {
            self.readings.clear_text.entry(read.flow).or_insert(what);
        }
        for (packet, n) in &read.packets {
            let here = clear.min(*n);
            let all = match read.seen {
                Seen::Tapped | Seen::Table => &mut self.readings.tapped,
                Seen::Clear | Seen::Decrypted => &mut self.readings.clear,
            };
            all[*packet as usize] += here as u32;
            clear -= here;
        }
    }

    /// Whether there was room for it.
    fn leaf(&mut self, flow: (Flow, Seen), path: String, leaf: &Leaf, t: T) -> bool {
        match leaf.value {
            Value::Number(n) => self.put(flow, path, Kind::Number, t, n),
            Value::Bool(b) => self.put(flow, path, Kind::Bool, t, f64::from(u8::from(b))),
            Value::Bytes { len } => self.put(flow, path, Kind::Length, t, f64::from(len)),
            Value::Text { len, hash } => {
                let which = self.put(flow, path.clone(), Kind::Text, t, 0.0);
                let told_apart = self.name_text(flow, &path, hash);
                which && told_apart && self.put(flow, path, Kind::Length, t, f64::from(len))
            }
        }
    }

    /// Gives the text that was put last its number; whether it has one of its own.
    fn name_text(&mut self, flow: (Flow, Seen), path: &str, hash: u32) -> bool {
        let Some(known) = self.flows.get_mut(&flow) else {
            return false;
        };
        let Some(idx) = known
            .paths
            .get(path)
            .and_then(|kinds| kinds[Kind::Text as usize])
        else {
            return false;
        };
        let texts = known.texts.entry(idx).or_default();
        let which = texts
            .iter()
            .position(|&text| text == hash)
            .unwrap_or_else(|| {
                if texts.len() < TEXTS_MAX {
                    texts.push(hash);
                    texts.len() - 1
                } else {
                    TEXTS_MAX
                }
            });
        if let Some((_, value)) = self.readings.paths[idx as usize].values.last_mut() {
            *value = which as f64;
        }
        which < TEXTS_MAX
    }

    fn put(&mut self, flow: (Flow, Seen), name: String, kind: Kind, t: T, value: f64) -> bool {
        let known = self.flows.entry(flow).or_default();
        let paths = &mut self.readings.paths;
        let kinds = known.paths.get(&name).copied().unwrap_or_default();
        let idx = match kinds[kind as usize] {
            Some(idx) => idx,
            None if known.n_paths >= FLOW_PATHS_MAX || paths.len() >= PATHS_MAX => {
                self.readings.n_left_out += 1;
                return false;
            }
            None => {
                let idx = paths.len() as u32;
                known.n_paths += 1;
                known.paths.entry(name.clone()).or_default()[kind as usize] = Some(idx);
                let (flow, seen) = flow;
                paths.push(Path {
                    flow,
                    name,
                    kind,
                    seen,
                    values: Vec::new(),
                });
                idx
            }
        };
        paths[idx as usize].values.push((t, value));
        true
    }
}

/// What of a message anyone on the way can read. A header extension beside encrypted sound is not
/// called clear text: what its bytes mean was agreed upon elsewhere.
fn clear_text(decoded: &Decoded) -> Option<ClearText> {
    let has = |format: &str| decoded.formats.contains(&format);
    match decoded.formats[0] {
        "http" | "http2" | "websocket" => Some(ClearText::Http),
        "rtp" => (has("g711") || has("opus")).then_some(ClearText::Sound),
        "tls" => None,
        _ => Some(ClearText::Data),
    }
}
