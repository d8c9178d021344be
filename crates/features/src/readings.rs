//! What can be read of what leaves: the values of clear-text messages, by path, with their times.
//!
//! Done once for a session, whatever it is cut into afterwards. Nothing here looks at blocks.

use std::collections::HashMap;
use std::net::SocketAddr;

use record::Body;
use wire::stream::{Message, Stream};
use wire::{Transport, decode, opus, tcp};

use crate::collector::Collector;
use crate::decrypted::decrypted;
use crate::headers::headers;
use crate::names::Names;
use crate::places::Places;
use crate::reading::{NO_FLOW, PathKind, Provenance, Read, Readings, label, read_opus};
use crate::rtp_flows::RtpFlows;
use crate::same_again::SameAgain;
use crate::session::Session;
use crate::srtp::srtp;
use crate::tapped::tapped;
use crate::trace::{FlowKey, Trace};

/// Reads everything that left.
pub fn readings(trace: &Trace) -> Readings {
    let session = trace.session();
    let (headers, headers_unread) = headers(trace);
    let mut collector = Collector::new(Readings {
        clear: vec![0; session.packets.len()],
        tapped: vec![0; session.packets.len()],
        same_again: vec![0; session.packets.len()],
        names: Names::new(trace),
        headers,
        headers_unread,
        ..Readings::default()
    });
    let sound = RtpFlows::new(trace);
    let mut same_again = SameAgain::default();
    let mut table = tcp::Table::default();
    let mut streams: HashMap<(SocketAddr, SocketAddr), Conversation> = HashMap::new();
    let mut opus: HashMap<FlowKey, Option<opus::Decoder>> = HashMap::new();
    collector.readings.opus.clone_from(&sound.opus);
    for sent in trace.outgoing() {
        let flow = sent.flow();
        if sent.transport == Transport::Udp {
            let bytes = sent.payload;
            if bytes.is_empty() || sent.cut_off > 0 || sent.remote.port() == 0 {
                continue;
            }
            if same_again.push(flow, bytes) {
                collector.readings.same_again[sent.packet as usize] = bytes.len() as u32;
            }
            // A handshake, or what follows one (RFC 6347, section 4.1).
            if decode::is_dtls(bytes) {
                collector.readings.dtls.insert(flow);
            }
            let rtp = sound.rtp.contains(&flow);
            let mut decoded = rtp.then(|| decode::rtp(bytes)).flatten();
            if let Some(decoded) = &mut decoded
                && sound.opus.contains(&flow)
            {
                let decoder = opus.entry(flow).or_insert_with(opus::Decoder::mono);
                read_opus(decoder, bytes, decoded);
            }
            collector.take(Read {
                flow,
                label: label(&flow),
                t: sent.t,
                decoded: decoded.unwrap_or_else(|| decode::decode(bytes)),
                packets: vec![(sent.packet, bytes.len())],
                provenance: Provenance::Clear,
            });
        } else if let Some(segment) = sent.segment {
            table.push(&segment, sent.packet, &mut |key, event| {
                let stream = streams.entry(key).or_default();
                stream.take(event, session, flow, &mut |read| collector.take(read));
            });
        }
    }
    table.finish(&mut |key, event| {
        let stream = streams.entry(key).or_default();
        let flow = (key.1, Transport::Tcp);
        stream.take(event, session, flow, &mut |read| collector.take(read));
    });
    tapped(trace, &mut |read| collector.take(read));
    decrypted(trace, &mut |read| collector.take(read));
    srtp(trace, &sound, &mut |read| collector.take(read));
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

/// One direction of a TCP connection that is being read.
#[derive(Default)]
struct Conversation {
    stream: Stream,
    places: Places,
}

impl Conversation {
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
        let mut message = |message: Message| {
            let [packets, _] = places.take(&message.runs);
            let last = packets.last().map(|(p, _)| session.packets[*p as usize].t);
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
                *self = Conversation::default();
            }
        }
    }
}
