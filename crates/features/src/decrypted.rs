//! What was sent over TLS, where the capture holds the keys to it.
//!
//! The app's own library wrote the keys down, so what they open is what the app sent. Nobody on the
//! way can read it: such bytes count as read, and their flow is not told as clear text.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::SocketAddr;

use wire::stream::{Message, Stream};
use wire::tcp;
use wire::tls::{Keys, Piece, Session as Tls, Side};

use crate::places::Places;
use crate::reading::{Keep, Provenance, Read};
use crate::session::Session;
use crate::trace::{FlowKey, Trace};

/// The client's end and the server's.
type Key = (SocketAddr, SocketAddr);

/// Reads what the app sent over TLS, nothing where there are no keys; returns the connections that it read of.
pub(crate) fn decrypted(trace: &Trace, keep: Keep, on: &mut dyn FnMut(Read)) -> HashSet<Key> {
    let session = trace.session();
    let mut opened = HashSet::new();
    let Some(keys) = session.keys.filter(|keys| !keys.is_empty()) else {
        return opened;
    };
    let mut open: HashMap<Key, Connection> = HashMap::new();
    let mut table = tcp::Table::default();
    // The app is the client: what it serves to others is not opened by its own key log.
    let mut event = |(src, dst), event: tcp::Event| {
        let (side, key) = match trace.is_from_app(src, dst) {
            true => (Side::Client, (src, dst)),
            false => (Side::Server, (dst, src)),
        };
        if side == Side::Client
            && matches!(event, tcp::Event::Start | tcp::Event::End)
            && let Some(before) = open.remove(&key)
        {
            before.finish(session, keys, key.1, &mut |read| {
                opened.insert(key);
                on(read);
            });
        }
        match event {
            tcp::Event::End => {}
            _ => {
                let connection = open.entry(key);
                let connection = connection.or_insert_with(|| Connection::new(keep));
                connection.take(session, keys, side, key.1, event, &mut |read| {
                    opened.insert(key);
                    on(read);
                });
            }
        }
    };
    trace.datagrams(&mut |datagram| {
        if let Some(segment) = datagram.segment {
            table.push(&segment, datagram.packet, &mut event);
        }
    });
    table.finish(&mut event);
    let mut left: Vec<_> = open.into_iter().collect();
    left.sort_unstable_by_key(|(key, _)| *key);
    for (key, connection) in left {
        connection.finish(session, keys, key.1, &mut |read| {
            opened.insert(key);
            on(read);
        });
    }
    opened
}

struct Connection {
    tls: Tls,
    /// What the client sent and no piece holds yet, by packet.
    raw: VecDeque<(u32, usize)>,
    /// What its records held.
    stream: Stream,
    places: Places,
}

impl Connection {
    fn new(keep: Keep) -> Connection {
        Connection {
            tls: Tls::default(),
            raw: VecDeque::new(),
            stream: keep.stream(),
            places: Places::default(),
        }
    }

    fn take(
        &mut self,
        session: &Session,
        keys: &Keys,
        side: Side,
        remote: SocketAddr,
        event: tcp::Event,
        on: &mut dyn FnMut(Read),
    ) {
        let mut pieces = Vec::new();
        let mut piece = |piece| pieces.push(piece);
        match event {
            tcp::Event::Data { tag, bytes } => {
                if side == Side::Client {
                    self.raw.push_back((tag, bytes.len()));
                }
                self.tls.push(side, bytes, keys, &mut piece);
            }
            tcp::Event::Gap { bytes } => self.tls.gap(side, bytes, keys, &mut piece),
            tcp::Event::Start | tcp::Event::End => {}
        }
        self.read(pieces, session, remote, on);
        // Records may be missing: what was begun is not joined over that.
        if side == Side::Client && matches!(event, tcp::Event::Gap { .. }) {
            self.with_stream(session, remote, on, |stream, message| stream.gap(message));
        }
    }

    fn finish(
        mut self,
        session: &Session,
        keys: &Keys,
        remote: SocketAddr,
        on: &mut dyn FnMut(Read),
    ) {
        let mut pieces = Vec::new();
        self.tls.finish(keys, &mut |piece| pieces.push(piece));
        self.read(pieces, session, remote, on);
        self.with_stream(session, remote, on, |stream, message| {
            stream.finish(message);
        });
    }

    fn read(
        &mut self,
        pieces: Vec<Piece>,
        session: &Session,
        remote: SocketAddr,
        on: &mut dyn FnMut(Read),
    ) {
        for piece in pieces {
            let Piece::Content {
                header,
                nonce,
                content,
                padding,
                trailer,
            } = piece
            else {
                taken(&mut self.raw, piece.len());
                continue;
            };
            let mut around = taken(&mut self.raw, header);
            taken(&mut self.raw, nonce);
            let inside = taken(&mut self.raw, content.len());
            taken(&mut self.raw, padding);
            around.extend(taken(&mut self.raw, trailer));
            let last = inside.len().saturating_sub(1);
            for (n, (packet, len)) in inside.into_iter().enumerate() {
                let around = match n == last {
                    true => std::mem::take(&mut around),
                    false => Vec::new(),
                };
                self.places.push_with(packet, len, around);
            }
            self.with_stream(session, remote, on, |stream, message| {
                stream.push(&content, message);
            });
        }
    }

    fn with_stream(
        &mut self,
        session: &Session,
        remote: SocketAddr,
        on: &mut dyn FnMut(Read),
        f: impl FnOnce(&mut Stream, &mut dyn FnMut(Message)),
    ) {
        let flow: FlowKey = (remote, wire::Transport::Tcp);
        let places = &mut self.places;
        f(&mut self.stream, &mut |message| {
            let [mut packets, around] = places.take(&message.runs);
            let last = packets.iter().map(|(packet, _)| *packet).max();
            let t = last.map(|packet| session.packets.t(packet as usize));
            let mut decoded = message.decoded;
            // What encloses something unread is not called read either.
            if decoded.opaque > 0 {
                decoded.opaque += around.iter().map(|(_, n)| n).sum::<usize>();
            }
            packets.extend(around);
            on(Read {
                flow,
                label: format!("tls {remote}"),
                t: t.unwrap_or_default(),
                decoded,
                packets,
                provenance: Provenance::Decrypted,
            });
        });
    }
}

/// Takes so many bytes off the front.
fn taken(waiting: &mut VecDeque<(u32, usize)>, mut len: usize) -> Vec<(u32, usize)> {
    let mut packets = Vec::new();
    while let Some((packet, n)) = waiting.front_mut().filter(|_| len > 0) {
        let here = len.min(*n);
        packets.push((*packet, here));
        (len, *n) = (len - here, *n - here);
        if *n == 0 {
            waiting.pop_front();
        }
    }
    packets
}
