//! What can be read of what leaves: the values of clear-text messages, by path, with their times.
//!
//! Done once for a session, whatever it is cut into afterwards. Nothing here looks at blocks.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use record::{Body, MonotonicNs};
use wire::stream::{Message as Cut, Stream};
use wire::{Transport, decode, opus, tcp};

use crate::collector::Collector;
use crate::decrypted::decrypted;
use crate::headers::headers;
use crate::intercepted::{Ends, intercepted};
use crate::names::Names;
use crate::places::Places;
use crate::reading::{Keep, NO_FLOW, PathKind, Provenance, Read, Readings, label, read_opus};
use crate::rtp_flows::RtpFlows;
use crate::same_again::SameAgain;
use crate::session::Session;
use crate::srtp::srtp;
use crate::tapped::tapped;
use crate::trace::{FlowKey, Trace};

/// Reads everything that left.
pub fn readings(trace: &Trace) -> Readings {
    let session = trace.session();
    let room = room(session.packets.len());
    let (headers, headers_unread) = headers(trace, room / 2);
    let of_headers: usize = headers.iter().map(|path| path.values.len()).sum();
    let known = Readings {
        names: Names::new(trace),
        headers,
        headers_unread,
        ..Readings::default()
    };
    let mut collector = Collector::new(known, room - of_headers);
    let sound = RtpFlows::new(trace);
    collector.readings.opus.clone_from(&sound.opus);
    let opened = walk(trace, &sound, Keep::Values, &mut |met| match met {
        Met::Read(read) => collector.take(&read),
        Met::SameAgain { packet, bytes } => {
            collector.readings.same_again.add(packet, bytes);
        }
        Met::Dtls(flow) => {
            collector.readings.dtls.insert(flow);
        }
    });
    intercepted(trace, &opened, &mut |read| collector.take(&read));
    if collector.believes_some() {
        walk(trace, &sound, Keep::Values, &mut |met| {
            if let Met::Read(read) = met {
                collector.take_again(&read);
            }
        });
        intercepted(trace, &opened, &mut |read| collector.take_again(&read));
    }
    for record in session.records {
        if let Body::Row { values } = &record.body {
            for (column, value) in values {
                let of = (NO_FLOW, Provenance::Table);
                collector.put(of, column.clone(), PathKind::Number, record.t, *value);
            }
        }
    }
    collector.finish()
}

/// Memory for what is kept of a session's packets, bytes; what of it each packet takes at most, in the list of
/// packets and of what of each was read; and what a value takes.
const MEMORY: usize = 384 << 20;
const PER_PACKET: usize = 36;
const PER_VALUE: usize = size_of::<(MonotonicNs, f64)>();
const VALUES_MIN: usize = 1 << 20;

/// How many values are kept of so many packets. What is beyond counts as unread.
fn room(packets: usize) -> usize {
    let left = MEMORY.saturating_sub(packets.saturating_mul(PER_PACKET));
    (left / PER_VALUE).max(VALUES_MIN)
}

/// A message that left, with the bytes of its pieces ([`wire::decode::Decoded::pieces`]).
#[derive(Debug)]
pub struct Message<'m> {
    /// Whom it went to; all zeros where plaintext was seen before it was encrypted and its socket is not known.
    pub remote: SocketAddr,
    /// By which transport.
    pub transport: Transport,
    /// When.
    pub t: MonotonicNs,
    /// How it came to be read.
    pub provenance: Provenance,
    /// What it says.
    pub decoded: &'m decode::Decoded,
}

/// Calls `on` with every message that left and could be read, for who looks for something in its bytes; not with
/// requests that a proxy told, whose bytes stand in their records.
pub fn messages(trace: &Trace, on: &mut dyn FnMut(Message)) {
    walk(trace, &RtpFlows::new(trace), Keep::Pieces, &mut |met| {
        if let Met::Read(read) = met {
            on(Message {
                remote: read.flow.0,
                transport: read.flow.1,
                t: read.t,
                provenance: read.provenance,
                decoded: &read.decoded,
            });
        }
    });
}

/// What is met among all that left.
enum Met {
    Read(Read),
    /// The same bytes again, so many in this packet (see `same_again.rs`).
    SameAgain {
        packet: u32,
        bytes: u32,
    },
    /// The app made keys by DTLS with that end.
    Dtls(FlowKey),
}

/// Looks at all that left, in the order of packets, then of plaintext by its source; returns the connections whose
/// encryption was no hindrance.
fn walk(trace: &Trace, sound: &RtpFlows, keep: Keep, on: &mut dyn FnMut(Met)) -> HashSet<Ends> {
    let session = trace.session();
    let mut same_again = SameAgain::default();
    let mut table = tcp::Table::default();
    let mut streams: HashMap<(SocketAddr, SocketAddr), Conversation> = HashMap::new();
    let mut opus: HashMap<FlowKey, Option<opus::Decoder>> = HashMap::new();
    trace.outgoing(&mut |sent| {
        let flow = sent.flow();
        if sent.transport == Transport::Udp {
            let bytes = sent.payload;
            if bytes.is_empty() || sent.cut_off > 0 || sent.remote.port() == 0 {
                return;
            }
            if same_again.push(flow, bytes) {
                let (packet, bytes) = (sent.packet, bytes.len() as u32);
                on(Met::SameAgain { packet, bytes });
            }
            // A handshake, or what follows one (RFC 6347, section 4.1).
            if decode::is_dtls(bytes) {
                on(Met::Dtls(flow));
            }
            let rtp = sound.rtp.contains(&flow);
            let mut decoded = rtp.then(|| decode::rtp(bytes)).flatten();
            if let Some(decoded) = &mut decoded
                && sound.opus.contains(&flow)
            {
                let decoder = opus.entry(flow).or_insert_with(opus::Decoder::mono);
                read_opus(decoder, bytes, decoded);
            }
            on(Met::Read(Read {
                flow,
                label: label(&flow),
                t: sent.t,
                decoded: decoded.unwrap_or_else(|| keep.decode(bytes)),
                packets: vec![(sent.packet, bytes.len())],
                provenance: Provenance::Clear,
            }));
        } else if let Some(segment) = sent.segment {
            table.push(&segment, sent.packet, &mut |key, event| {
                let stream = streams.entry(key);
                let stream = stream.or_insert_with(|| Conversation::new(keep));
                stream.take(event, session, flow, &mut |read| on(Met::Read(read)));
            });
        }
    });
    table.finish(&mut |key, event| {
        let stream = streams.entry(key);
        let stream = stream.or_insert_with(|| Conversation::new(keep));
        let flow = (key.1, Transport::Tcp);
        stream.take(event, session, flow, &mut |read| on(Met::Read(read)));
    });
    let mut read = |read| on(Met::Read(read));
    let mut opened = tapped(trace, keep, &mut read);
    opened.extend(decrypted(trace, keep, &mut read));
    srtp(trace, sound, &mut read);
    opened
}

/// One direction of a TCP connection that is being read.
struct Conversation {
    keep: Keep,
    stream: Stream,
    places: Places,
}

impl Conversation {
    fn new(keep: Keep) -> Conversation {
        Conversation {
            keep,
            stream: keep.stream(),
            places: Places::default(),
        }
    }

    fn take(
        &mut self,
        event: tcp::Event,
        session: &Session,
        flow: FlowKey,
        on: &mut dyn FnMut(Read),
    ) {
        if let tcp::Event::Data { tag, bytes } = event {
            self.places.push(tag, bytes.len());
        }
        let places = &mut self.places;
        let mut message = |message: Cut| {
            let [packets, _] = places.take(&message.runs);
            let last = packets.last().map(|(p, _)| session.packets.t(*p as usize));
            on(Read {
                flow,
                label: label(&flow),
                t: last.unwrap_or_default(),
                decoded: message.decoded,
                packets,
                provenance: Provenance::Clear,
            });
        };
        match event {
            tcp::Event::Data { bytes, .. } => self.stream.push(bytes, &mut message),
            tcp::Event::Gap { .. } => self.stream.gap(&mut message),
            tcp::Event::Start | tcp::Event::End => {
                self.stream.finish(&mut message);
                *self = Conversation::new(self.keep);
            }
        }
    }
}
