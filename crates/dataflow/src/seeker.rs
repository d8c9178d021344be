//! Canaries in a capture: in what is in clear text, and in what the keys in the capture open.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;

use wire::stream::{Message, Stream};
use wire::tls::{Keys, Piece, Session as Tls, Side};
use wire::{Transport, decode, link, tcp};

use crate::canary::{Found, Needles};
use crate::facts::{Contact, Facts};
use crate::found::{Finds, add};
use crate::packets::Frame;

/// Connections that are read at the same time; the table of segments follows no more.
const CONNECTIONS_MAX: usize = tcp::FLOWS_MAX;
/// Different finds that are told apart.
const FOUND_MAX: usize = 10_000;

/// Who sent it, whom to, and whether it was in clear text.
type Way = (SocketAddr, SocketAddr, Transport, bool);

/// Takes the packets of a capture in the file's order, and looks for canaries in what they carry.
pub struct Seeker<'n> {
    needles: &'n Needles,
    keys: Keys,
    table: tcp::Table,
    connections: Connections,
    found: BTreeMap<(Way, Found), u64>,
}

/// One direction of a TCP connection, in clear text and opened.
struct Connection {
    clear: Stream,
    opened: Stream,
    /// As the client's side of it, where there are keys.
    tls: Tls,
}

impl Default for Connection {
    fn default() -> Connection {
        Connection {
            clear: Stream::keeping(),
            opened: Stream::keeping(),
            tls: Tls::default(),
        }
    }
}

impl<'n> Seeker<'n> {
    /// Looks for these.
    pub fn new(needles: &'n Needles) -> Seeker<'n> {
        Seeker {
            needles,
            keys: Keys::default(),
            table: tcp::Table::default(),
            connections: Connections::default(),
            found: BTreeMap::new(),
        }
    }

    /// Takes lines of a TLS key log, which stand in front of the packets.
    pub fn keys(&mut self, lines: &[u8]) {
        self.keys.add_lines(lines);
    }

    /// Takes a packet.
    pub fn push(&mut self, frame: &Frame) {
        let Ok((datagram, _)) = link::datagram_on(frame.link_type, frame.data) else {
            return;
        };
        let Seeker {
            needles,
            keys,
            table,
            connections,
            found,
        } = self;
        let mut search = Search { needles, found };
        match datagram.transport {
            Transport::Udp => {
                // The range was made from the frame.
                let payload = &frame.data[datagram.payload.clone()];
                let decoded = decode::read("", payload, true);
                let way = (datagram.src, datagram.dst, Transport::Udp, true);
                let pieces = decoded.pieces.unwrap_or_default();
                search.tell(way, needles.search_pieces(&pieces, payload));
            }
            Transport::Tcp => {
                if let Some(segment) = tcp::segment(frame.data, frame.orig_len, &datagram) {
                    table.push(&segment, 0, &mut |ends, event| {
                        connections.take(keys, ends, event, &mut search);
                    });
                }
            }
            _ => {}
        }
    }

    /// What left of the devices whose contacts these are.
    pub fn finish(mut self, facts: &Facts) -> Finds {
        let Seeker {
            needles,
            keys,
            table,
            connections,
            found,
        } = &mut self;
        let mut search = Search { needles, found };
        table.finish(&mut |ends, event| connections.take(keys, ends, event, &mut search));
        let mut finds = Finds::new();
        for (((src, dst, transport, clear), one), n) in self.found {
            let is = |contact: &&Contact| {
                contact.device == Some(src.ip())
                    && contact.address == Some(dst.ip())
                    && contact.port.unwrap_or(0) == dst.port()
                    && contact.transport == Some(transport)
            };
            if let Some(contact) = facts.contacts.iter().find(is) {
                add(&mut finds, one, Some(contact.called()), Some(clear), n);
            }
        }
        finds
    }
}

/// What was found so far, and what is looked for.
struct Search<'a> {
    needles: &'a Needles,
    found: &'a mut BTreeMap<(Way, Found), u64>,
}

impl Search<'_> {
    fn message(&mut self, (src, dst): (SocketAddr, SocketAddr), clear: bool, message: &Message) {
        if let Some(pieces) = &message.decoded.pieces {
            let all = self.needles.search_pieces(pieces, &[]);
            self.tell((src, dst, Transport::Tcp, clear), all);
        }
    }

    fn tell(&mut self, way: Way, all: Vec<Found>) {
        for one in all {
            let key = (way, one);
            if self.found.len() < FOUND_MAX || self.found.contains_key(&key) {
                *self.found.entry(key).or_insert(0) += 1;
            }
        }
    }
}

/// All connections that are read.
#[derive(Default)]
struct Connections(HashMap<(SocketAddr, SocketAddr), Connection>);

impl Connections {
    /// Takes what happens to the stream from `ends.0` to `ends.1`.
    fn take(
        &mut self,
        keys: &Keys,
        ends: (SocketAddr, SocketAddr),
        event: tcp::Event,
        search: &mut Search,
    ) {
        match event {
            tcp::Event::Start | tcp::Event::End => {
                if let Some(mut before) = self.0.remove(&ends) {
                    let clear = &mut before.clear;
                    clear.finish(&mut |message| search.message(ends, true, &message));
                    let opened = &mut before.opened;
                    opened.finish(&mut |message| search.message(ends, false, &message));
                }
            }
            tcp::Event::Data { bytes, .. } => {
                if let Some(here) = self.at(ends) {
                    let clear = &mut here.clear;
                    clear.push(bytes, &mut |message| search.message(ends, true, &message));
                    here.open(Side::Client, Some(bytes), 0, keys, ends, search);
                }
                // What a server sends opens its client's records.
                let back = (ends.1, ends.0);
                if let Some(client) = self.0.get_mut(&back) {
                    client.open(Side::Server, Some(bytes), 0, keys, back, search);
                }
            }
            tcp::Event::Gap { bytes } => {
                if let Some(here) = self.at(ends) {
                    let clear = &mut here.clear;
                    clear.gap(&mut |message| search.message(ends, true, &message));
                    here.open(Side::Client, None, bytes, keys, ends, search);
                }
            }
        }
    }

    fn at(&mut self, ends: (SocketAddr, SocketAddr)) -> Option<&mut Connection> {
        let room = self.0.len() < CONNECTIONS_MAX || self.0.contains_key(&ends);
        room.then(|| self.0.entry(ends).or_default())
    }
}

impl Connection {
    /// Takes bytes of one side, or a gap of so many, and reads what the client's records hold by now.
    fn open(
        &mut self,
        side: Side,
        bytes: Option<&[u8]>,
        gap: u64,
        keys: &Keys,
        ends: (SocketAddr, SocketAddr),
        search: &mut Search,
    ) {
        if keys.is_empty() {
            return;
        }
        let mut pieces = Vec::new();
        let mut on = |piece| pieces.push(piece);
        match bytes {
            Some(bytes) => self.tls.push(side, bytes, keys, &mut on),
            None => self.tls.gap(side, gap, keys, &mut on),
        }
        for piece in pieces {
            if let Piece::Content { content, .. } = piece {
                let opened = &mut self.opened;
                opened.push(&content, &mut |message| {
                    search.message(ends, false, &message)
                });
            }
        }
    }
}
