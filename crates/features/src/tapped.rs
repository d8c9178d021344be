//! What was seen before it was encrypted, and the packets that carry it.
//!
//! A library's call says which bytes of a TCP connection it sent. They are TLS records; those at
//! their end hold the call's plaintext, if their lengths add up to it exactly under one of the ways
//! to seal a record. Then a message that is read counts those records as read: the library is
//! believed to have encrypted what it was handed.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;

use record::{Body, Carried, MonotonicNs, Source};
use wire::stream::{Message, Stream};
use wire::{Transport, tcp};

use crate::owners::transport;
use crate::reading::{Keep, NO_FLOW, Provenance, Read};
use crate::srtp::is_rtp;
use crate::trace::Trace;

/// What a TLS record adds to its plaintext: 1.3 (RFC 8446, section 5.2: type and tag), 1.2 with
/// AES-GCM or CCM (RFC 5288: explicit nonce and tag), 1.2 with ChaCha20-Poly1305 (RFC 7905: tag).
const OVERHEADS: [usize; 3] = [17, 24, 16];

/// The part of it in front that the sender chooses: nobody has read it.
const NONCE: usize = 8;

/// A record's header: type, version, length.
const HEADER: usize = 5;

/// Application data.
const DATA: u8 = 23;

/// Bytes that one call sends; what claims to be longer is not looked at.
const CALL_MAX: u32 = 4 << 20;

/// Packets' times and calls' times are of two clocks.
const CLOCKS_NS: i64 = 100_000_000;

/// Reads what was handed to libraries that encrypt, connection by connection; returns those connections of TCP that
/// it read of.
pub(crate) fn tapped(
    trace: &Trace,
    keep: Keep,
    on: &mut dyn FnMut(Read),
) -> HashSet<(SocketAddr, SocketAddr)> {
    let session = trace.session();
    let mut opened = HashSet::new();
    let wires = Wires::new(trace);
    let mut connections: HashMap<(u32, u64), Connection> = HashMap::new();
    for record in session.records {
        if record.source == Source::Plaintext && matches!(record.body, Body::Gap { .. }) {
            // Nobody knows whose bytes were lost: what was begun anywhere is not joined over it.
            for connection in connections.values_mut() {
                connection.stream.gap(&mut |_| {});
                connection.pieces.clear();
            }
        }
        let Body::Plaintext {
            library,
            command,
            pid,
            connection,
            bytes,
            data,
            masked,
            carried,
        } = &record.body
        else {
            continue;
        };
        if is_rtp(library) {
            continue;
        }
        let here = connections.entry((*pid, *connection));
        let here = here.or_insert_with(|| Connection::new(keep));
        let ends = carried.as_ref().and_then(ends);
        if ends.is_some() && here.ends.is_some() && ends != here.ends {
            // The library uses the memory of one that has ended.
            *here = Connection::new(keep);
        }
        here.ends = ends.or(here.ends);
        here.masked += *masked as usize;
        here.carried(*bytes as usize, || {
            wires.pieces(carried.as_ref()?, record.t, *bytes as usize)
        });
        let ends = here.ends;
        let flow = ends.map_or(NO_FLOW, |(t, _, remote)| (remote, t));
        let cut_off = (*bytes as usize).saturating_sub(data.0.len());
        let Connection {
            stream,
            pieces,
            masked,
            ..
        } = here;
        let mut message = |mut message: Message| {
            message.decoded.opaque += std::mem::take(masked);
            opened.extend(ends.map(|(_, local, remote)| (local, remote)));
            on(Read {
                flow,
                label: format!("{library} {command}"),
                t: record.t,
                decoded: message.decoded,
                packets: taken(pieces, message.len),
                provenance: Provenance::Tapped,
            });
        };
        stream.push(&data.0, &mut message);
        if cut_off > 0 {
            stream.gap(&mut message);
            taken(pieces, cut_off);
        }
    }
    opened
}

type Ends = (Transport, SocketAddr, SocketAddr);

fn ends(carried: &Carried) -> Option<Ends> {
    Some((
        transport(&carried.protocol)?,
        carried.local.parse().ok()?,
        carried.remote.parse().ok()?,
    ))
}

/// One connection of a library.
struct Connection {
    stream: Stream,
    ends: Option<Ends>,
    /// What carries the plaintext that no message holds yet.
    pieces: VecDeque<Piece>,
    /// Bytes of it that were made unreadable before they were written down.
    masked: usize,
}

impl Connection {
    fn new(keep: Keep) -> Connection {
        Connection {
            stream: keep.stream(),
            ends: None,
            pieces: VecDeque::new(),
            masked: 0,
        }
    }

    fn carried(&mut self, bytes: usize, pieces: impl FnOnce() -> Option<Vec<Piece>>) {
        let unknown = || vec![Piece::body(None, bytes)];
        self.pieces.extend(pieces().unwrap_or_else(unknown));
    }
}

/// Some bytes that left, all of one packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    /// Unknown where no packet is known to carry them.
    packet: Option<u32>,
    len: usize,
    /// How many bytes of plaintext they are; none of a record's header and of its end.
    plain: usize,
    /// Goes with what is before it, not with what follows.
    end: bool,
}

impl Piece {
    fn body(packet: Option<u32>, len: usize) -> Piece {
        Piece {
            packet,
            len,
            plain: len,
            end: false,
        }
    }
}

/// Takes what carries so many bytes of plaintext off the front.
fn taken(pieces: &mut VecDeque<Piece>, mut plain: usize) -> Vec<(u32, usize)> {
    let mut packets = Vec::new();
    while let Some(piece) = pieces.front_mut().filter(|piece| plain > 0 || piece.end) {
        let here = match piece.plain {
            0 => piece.len,
            n => n.min(plain),
        };
        packets.extend(piece.packet.map(|packet| (packet, here)));
        plain -= here.min(piece.plain);
        piece.len -= here;
        piece.plain = piece.plain.saturating_sub(here);
        if piece.len == 0 {
            pieces.pop_front();
        }
    }
    packets
}

/// The outgoing bytes of those TCP connections of which a library told.
struct Wires<'a> {
    trace: &'a Trace<'a>,
    streams: HashMap<(SocketAddr, SocketAddr), Vec<SentStream>>,
}

/// One connection between two ends: another may follow by the same ports.
struct SentStream {
    since: MonotonicNs,
    base: u32,
    /// (Offset of the first byte, packet that has it), by offset; they may overlap.
    segments: Vec<(u32, u32)>,
}

impl<'a> Wires<'a> {
    fn new(trace: &'a Trace<'a>) -> Wires<'a> {
        let told = trace
            .session()
            .records
            .iter()
            .filter_map(|r| match &r.body {
                Body::Plaintext { carried, .. } => ends(carried.as_ref()?),
                _ => None,
            });
        let tcp = told.filter(|(transport, ..)| *transport == Transport::Tcp);
        let told: HashSet<(SocketAddr, SocketAddr)> = tcp.map(|(_, l, r)| (l, r)).collect();
        let mut streams: HashMap<_, Vec<SentStream>> = HashMap::new();
        if told.is_empty() {
            return Wires { trace, streams };
        }
        trace.outgoing(&mut |sent| {
            let told = |segment: &tcp::Segment| told.contains(&segment.key);
            let Some(segment) = sent.segment.filter(told) else {
                return;
            };
            let streams: &mut Vec<SentStream> = streams.entry(segment.key).or_default();
            let first = segment.seq.wrapping_add(u32::from(segment.syn));
            let again = streams.last().is_some_and(|last| last.base == first);
            if streams.is_empty() || segment.syn && !again {
                streams.push(SentStream {
                    since: sent.t,
                    base: first,
                    segments: Vec::new(),
                });
            }
            if let Some(last) = streams.last_mut()
                && !segment.payload.is_empty()
            {
                let at = first.wrapping_sub(last.base);
                last.segments.push((at, sent.packet));
            }
        });
        for stream in streams.values_mut().flatten() {
            stream.segments.sort_unstable();
        }
        Wires { trace, streams }
    }

    /// What carried the `bytes` of plaintext of a call; nothing where that is not plain to see.
    fn pieces(&self, carried: &Carried, t: MonotonicNs, bytes: usize) -> Option<Vec<Piece>> {
        let (_, local, remote) = ends(carried)?;
        let streams = self.streams.get(&(local, remote))?;
        // The call returns after it sent; the clocks may differ a little.
        let begun = |s: &&SentStream| s.since <= t.offset(CLOCKS_NS);
        let stream = streams.iter().rev().find(begun)?;
        let from = carried.from_seq?.wrapping_sub(stream.base);
        let to = carried.to_seq?.wrapping_sub(stream.base);
        let (sent, packets) = stream.between(self.trace, from, to)?;
        let records = records(&sent)?;
        let sealed = OVERHEADS
            .into_iter()
            .find_map(|overhead| sealed(&records, overhead, bytes).map(|at| (overhead, at)));
        let (overhead, at) = sealed?;
        let mut out = Vec::new();
        for record in &records[at..] {
            let nonce = if overhead == 16 + NONCE { NONCE } else { 0 };
            let body = record.at + HEADER + nonce;
            let end = body + record.len - overhead;
            let mut add = |range: std::ops::Range<usize>, plain: bool, end: bool| {
                // A run of bytes of the same packet is one piece.
                for run in packets[range].chunk_by(|a, b| a == b) {
                    out.push(Piece {
                        packet: Some(run[0]),
                        len: run.len(),
                        plain: if plain { run.len() } else { 0 },
                        end,
                    });
                }
            };
            add(record.at..record.at + HEADER, false, false);
            add(body..end, true, false);
            add(end..end + overhead - nonce, false, true);
        }
        Some(out)
    }
}

impl SentStream {
    /// The bytes from one offset to another, and the packet that brought each; nothing where one is
    /// missing.
    fn between(&self, trace: &Trace, from: u32, to: u32) -> Option<(Vec<u8>, Vec<u32>)> {
        let len = to.checked_sub(from).filter(|len| *len <= CALL_MAX)?;
        let (mut bytes, mut packets) = (Vec::new(), Vec::new());
        // No segment is longer than a datagram, so none that begins earlier reaches here.
        let first = from.saturating_sub(1 << 16);
        let start = self.segments.partition_point(|(at, _)| *at < first);
        for (at, packet) in &self.segments[start..] {
            let next = from + bytes.len() as u32;
            if *at > next || next >= to {
                break;
            }
            let known = (next - at) as usize;
            let index = *packet as usize;
            trace.datagrams_of(index..index + 1, &mut |sent| {
                let new = sent.payload.get(known..).unwrap_or_default();
                let new = &new[..new.len().min((to - next) as usize)];
                bytes.extend_from_slice(new);
                packets.extend(std::iter::repeat_n(*packet, new.len()));
            });
        }
        (bytes.len() == len as usize).then_some((bytes, packets))
    }
}

struct TlsRecord {
    at: usize,
    kind: u8,
    /// Without its header.
    len: usize,
}

/// Cuts bytes into TLS records; nothing unless they are whole ones.
fn records(bytes: &[u8]) -> Option<Vec<TlsRecord>> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let [kind @ 20..=23, 3, _, high, low] = *bytes.get(at..)?.first_chunk::<HEADER>()? else {
            return None;
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        out.push(TlsRecord { at, kind, len });
        at += HEADER + len;
    }
    (at == bytes.len()).then_some(out)
}

/// From which record on they hold exactly so many bytes. A call that had to shake hands first, or to
/// answer something, sent records of its own before.
fn sealed(records: &[TlsRecord], overhead: usize, bytes: usize) -> Option<usize> {
    let mut sum = 0;
    for (i, record) in records.iter().enumerate().rev() {
        if record.kind != DATA {
            return None;
        }
        sum += record.len.checked_sub(overhead)?;
        if sum >= bytes {
            return (sum == bytes).then_some(i);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u8, len: usize) -> Vec<u8> {
        let mut out = vec![kind, 3, 3];
        out.extend((len as u16).to_be_bytes());
        out.extend(vec![0; len]);
        out
    }

    #[test]
    fn records_hold_a_call_s_bytes_exactly_or_not_at_all() {
        let hello = record(22, 200);
        let finished = record(23, 53);
        let sent = [
            hello,
            finished,
            record(23, 16_384 + 17),
            record(23, 17 + 16),
        ]
        .concat();
        let records = records(&sent).unwrap();
        assert_eq!(sealed(&records, 17, 16_400), Some(2));
        for not in [16_399, 16_401, 16_400 + 37] {
            assert_ne!(sealed(&records, 17, not), Some(2));
        }
        assert_eq!(sealed(&records, 24, 16_400), None);
        // A plaintext that would reach back over the handshake's own records.
        assert_eq!(sealed(&records, 17, 20_000), None);
        assert!(super::records(&sent[1..]).is_none());
        assert!(super::records(&sent[..sent.len() - 1]).is_none());
    }

    #[test]
    fn a_message_takes_the_headers_and_ends_of_the_records_it_fills() {
        let head = Piece {
            packet: Some(1),
            len: 5,
            plain: 0,
            end: false,
        };
        let tail = Piece {
            packet: Some(2),
            len: 17,
            plain: 0,
            end: true,
        };
        let record = [
            head,
            Piece::body(Some(1), 60),
            Piece::body(Some(2), 40),
            tail,
        ];
        let mut pieces: VecDeque<Piece> = record.into_iter().chain([head]).collect();
        assert_eq!(taken(&mut pieces, 30), [(1, 5), (1, 30)]);
        assert_eq!(taken(&mut pieces, 70), [(1, 30), (2, 40), (2, 17)]);
        assert_eq!(taken(&mut pieces, 0), []);
        assert_eq!(pieces.len(), 1);
        let mut unknown: VecDeque<Piece> = [Piece::body(None, 9)].into();
        assert!(taken(&mut unknown, 9).is_empty() && unknown.is_empty());
    }
}
