//! One flow: counters both ways, and how what is said in it could be read.

use std::collections::BTreeSet;

use wire::rtp::Plausibility;
use wire::tls::{flight, server_hello};
use wire::udp::{self, Kind};
use wire::{ServerName, decode, stream};

use crate::facts::{Channel, Contact, Moment, Name, NamedBy};

/// Bytes of a handshake that are put together; a server's certificates are a few thousand.
const HANDSHAKE_MAX: usize = 16 << 10;
/// Datagrams of a flow that are looked into, beside those that its kind asks for.
const LOOKS_MAX: u64 = 32;

/// Which way a packet goes: from the lower end to the higher one, or back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Up,
    Down,
}

impl Way {
    fn index(self) -> usize {
        match self {
            Way::Up => 0,
            Way::Down => 1,
        }
    }

    fn back(self) -> Way {
        match self {
            Way::Up => Way::Down,
            Way::Down => Way::Up,
        }
    }
}

/// A flow.
#[derive(Debug)]
pub(super) struct Flow {
    /// Counts flows in the order of their first packets.
    pub number: u64,
    /// Who held its sockets.
    pub processes: BTreeSet<String>,
    first: Way,
    opened_by: Option<Way>,
    asked_by: Option<Way>,
    sides: [Side; 2],
    t_ns: Option<[u64; 2]>,
    moments: BTreeSet<Moment>,
    channels: BTreeSet<Channel>,
    names: BTreeSet<Name>,
    tls_version: Option<u16>,
    dtls_version: Option<u16>,
}

/// What goes one way.
#[derive(Debug, Default)]
struct Side {
    bytes: u64,
    packets: u64,
    looks: u64,
    stream: Begin,
    quic: ServerName,
    rtp: Plausibility,
}

/// What is known of the beginning of a stream.
#[derive(Debug, Default)]
enum Begin {
    /// No byte came.
    #[default]
    Fresh,
    /// A handshake that goes on.
    Handshake(Vec<u8>),
    /// A request's head that goes on.
    Request(Vec<u8>),
    /// Something in clear text; it may go over to TLS (RFC 6120, section 5; RFC 3207).
    Clear,
    /// Whatever follows says nothing more.
    Done,
}

impl Flow {
    pub(super) fn new(number: u64, first: Way) -> Flow {
        Flow {
            number,
            processes: BTreeSet::new(),
            first,
            opened_by: None,
            asked_by: None,
            sides: Default::default(),
            t_ns: None,
            moments: BTreeSet::new(),
            channels: BTreeSet::new(),
            names: BTreeSet::new(),
            tls_version: None,
            dtls_version: None,
        }
    }

    pub(super) fn count(
        &mut self,
        way: Way,
        bytes: u64,
        t_ns: Option<u64>,
        moment: Option<Moment>,
    ) {
        let side = &mut self.sides[way.index()];
        side.bytes += bytes;
        side.packets += 1;
        if let Some(t) = t_ns {
            let [from, to] = self.t_ns.unwrap_or([t, t]);
            self.t_ns = Some([from.min(t), to.max(t)]);
        }
        self.moments.extend(moment);
    }

    pub(super) fn packets(&self) -> u64 {
        self.sides.iter().map(|side| side.packets).sum()
    }

    /// A segment with SYN went this way; `answers` if it has ACK as well.
    pub(super) fn opened(&mut self, way: Way, answers: bool) {
        let by = if answers { way.back() } else { way };
        self.opened_by.get_or_insert(by);
    }

    /// The way from who called: who opened the connection, who asked, or who was heard first.
    pub(super) fn caller(&self) -> Way {
        self.opened_by.or(self.asked_by).unwrap_or(self.first)
    }

    pub(super) fn dns(&mut self) {
        self.channels.insert(Channel::Dns);
    }

    pub(super) fn icmp(&mut self) {
        self.channels.insert(Channel::Icmp);
    }

    /// A datagram of UDP that is no DNS.
    pub(super) fn datagram(&mut self, way: Way, payload: &[u8]) {
        let side = &mut self.sides[way.index()];
        side.looks += 1;
        let kind = udp::kind(payload, payload.len());
        let known = match kind {
            Kind::Stun => Some(Channel::Stun),
            Kind::Dtls => {
                self.dtls(payload);
                None
            }
            Kind::QuicLong => {
                if side.looks <= LOOKS_MAX
                    && let Some(name) = side.quic.datagram(payload)
                {
                    self.asked_by.get_or_insert(way);
                    self.names.insert(Name::new(NamedBy::ServerName, &name));
                }
                Some(Channel::Quic)
            }
            Kind::MaybeRtp => {
                side.rtp.push(payload);
                None
            }
            Kind::Rtcp | Kind::MaybeDtls | Kind::MaybeQuic => None,
            Kind::Other if side.looks <= LOOKS_MAX && !payload.is_empty() => clear(payload),
            Kind::Other => None,
        };
        self.channels.extend(known);
    }

    fn dtls(&mut self, record: &[u8]) {
        let version = u16::from_be_bytes([record[1], record[2]]);
        let version = self.dtls_version.get_or_insert(version);
        // A handshake record of the first epoch with a server's hello at its beginning: behind the record's
        // header lie type, length, number and a fragment's place (RFC 6347, section 4.2.2).
        if let ([22, ..], [0, 0], Some([2, ..])) = (record, &record[3..5], record.get(13..))
            && let Some(chosen) = record.get(25..).and_then(server_hello)
        {
            *version = chosen;
        }
    }

    /// The next bytes of a TCP stream.
    pub(super) fn stream(&mut self, way: Way, bytes: &[u8]) {
        let side = &mut self.sides[way.index()];
        let handshake = matches!(bytes, [22, 3, 0..=4, _, _, 1 | 2, ..]);
        match &mut side.stream {
            Begin::Fresh if handshake => side.stream = Begin::Handshake(bytes.to_vec()),
            Begin::Clear if handshake => side.stream = Begin::Handshake(bytes.to_vec()),
            Begin::Handshake(held) => held.extend_from_slice(bytes),
            Begin::Fresh => {
                let clear = clear(bytes);
                side.stream = match clear {
                    Some(Channel::Http) => Begin::Request(bytes.to_vec()),
                    Some(_) => Begin::Clear,
                    None => Begin::Done,
                };
                self.channels.extend(clear);
            }
            Begin::Request(held) => held.extend_from_slice(bytes),
            Begin::Clear | Begin::Done => return,
        }
        if let Begin::Request(held) = &side.stream {
            let host = ServerName::default().segment(0, held);
            let over = held.windows(4).any(|end| end == b"\r\n\r\n");
            if let Some(host) = &host {
                self.asked_by.get_or_insert(way);
                self.names.insert(Name::new(NamedBy::HttpHost, host));
            }
            if host.is_some() || over || held.len() > HANDSHAKE_MAX {
                side.stream = Begin::Clear;
            }
            return;
        }
        let Begin::Handshake(held) = &side.stream else {
            return;
        };
        let read = flight(held);
        let over = read.ended || held.len() > HANDSHAKE_MAX;
        if held.get(5) == Some(&1) {
            self.asked_by.get_or_insert(way);
        }
        self.channels.insert(Channel::Tls(None));
        self.tls_version = self.tls_version.or(read.version);
        if let Some(name) = &read.server_name {
            self.names.insert(Name::new(NamedBy::ServerName, name));
        }
        if let Some(certificate) = &read.certificate {
            let names = certificate_names(certificate);
            self.names.extend(
                names
                    .iter()
                    .map(|name| Name::new(NamedBy::Certificate, name)),
            );
        }
        if over || read.certificate.is_some() {
            side.stream = Begin::Done;
        }
    }

    /// Adds what was seen to the contact; `away` leads from the device to it.
    pub(super) fn tell(self, away: Way, first_ns: u64, contact: &mut Contact) {
        let [to, from] = [away, away.back()].map(|way| &self.sides[way.index()]);
        let bytes = contact.bytes.get_or_insert([0; 2]);
        *bytes = [bytes[0] + to.bytes, bytes[1] + from.bytes];
        contact.messages[0] += to.packets;
        contact.messages[1] += from.packets;
        if let Some(t) = self.t_ns {
            let [a, b] = t.map(|t| t.saturating_sub(first_ns) as f64 / 1e9);
            let [from, to] = contact.seconds.unwrap_or([a, b]);
            contact.seconds = Some([from.min(a), to.max(b)]);
        }
        contact.moments.extend(self.moments);
        contact.processes.extend(self.processes);
        contact.names.extend(self.names);
        let mut channels = self.channels;
        if channels.remove(&Channel::Tls(None)) {
            channels.insert(Channel::Tls(self.tls_version));
        }
        if let Some(version) = self.dtls_version {
            channels.insert(Channel::Dtls(Some(version)));
        }
        if self.sides.iter().any(|side| side.rtp.is_rtp()) {
            channels.insert(Channel::Rtp);
        }
        if channels.is_empty() && self.sides.iter().any(|side| side.looks > 0 || side.said()) {
            channels.insert(Channel::Unknown);
        }
        contact.channels.extend(channels);
    }
}

impl Side {
    /// Whether bytes came by a stream.
    fn said(&self) -> bool {
        !matches!(self.stream, Begin::Fresh)
    }
}

/// What bytes are that anybody can read; nothing where they do not look like that.
fn clear(bytes: &[u8]) -> Option<Channel> {
    if stream::begins_request(bytes) || bytes.starts_with(b"HTTP/1.") {
        return Some(Channel::Http);
    }
    let decoded = decode::decode(bytes);
    let read = decoded.certain && decoded.opaque == 0 && !decoded.leaves.is_empty();
    (read || is_text(bytes)).then_some(Channel::ClearText)
}

/// A line of text, or the beginning of one.
fn is_text(bytes: &[u8]) -> bool {
    const LEAST: usize = 8;
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let readable = |b: &u8| b.is_ascii_graphic() || matches!(b, b' ' | b'\t' | b'\r');
    line.len() >= LEAST && line.iter().all(readable)
}

/// Names that a certificate is for (RFC 5280, section 4.2.1.6).
fn certificate_names(der: &[u8]) -> Vec<String> {
    let der = rustls_pki_types::CertificateDer::from(der);
    let Ok(certificate) = webpki::EndEntityCert::try_from(&der) else {
        return Vec::new();
    };
    let names = certificate.valid_dns_names();
    names.take(16).map(str::to_owned).collect()
}
