//! What leaves every bundle before it is sealed: secrets that stand in the open. What they look like is known in
//! one place ([`wire::secrets`]); here is where they may stand in a bundle.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::FileExt;

use record::{Body, WebReply};
use wire::capture::{Captured, Take};
use wire::{Transport, secrets};

use crate::packets::{PacketsError, Walker, walk};

/// Bytes of one direction of a connection that are looked at as one text, of all together, and how many of them
/// are looked at again with what follows: a value with its name is shorter.
const TEXT_MAX: usize = 4 << 20;
const TEXTS_MAX: usize = 64 << 20;
const AGAIN: usize = 64 << 10;

/// Masks secrets that stand in the open in a packet file, in place, reading it from front to end. A TCP stream is
/// looked at as one text, in the order of its packets, so that a value that two segments share is masked in both;
/// a long one in pieces that overlap. What is in `planted` is no secret. Checksums are left as they were sent:
/// they no longer fit. Behind a place that cannot be read the file is left alone.
pub(crate) fn mask_packets(file: &File, planted: &[&[u8]]) -> io::Result<()> {
    let mut masking = Masking {
        file,
        planted,
        begin: 0,
        streams: BTreeMap::new(),
        held: 0,
        done: Ok(()),
    };
    match walk(file, &mut masking) {
        Ok(_) | Err(PacketsError::Bad(_)) => {}
        Err(PacketsError::Io(e)) => return Err(e),
    }
    masking.flush(0);
    masking.done
}

/// A packet file whose secrets are being masked.
struct Masking<'m> {
    file: &'m File,
    planted: &'m [&'m [u8]],
    /// Where the piece that is looked at lies in the file.
    begin: u64,
    streams: BTreeMap<(SocketAddr, SocketAddr), Direction>,
    /// Bytes of all directions that are held.
    held: usize,
    done: io::Result<()>,
}

/// One direction of a TCP connection.
enum Direction {
    /// Nothing stands in the open in TLS, and a chance hit would spoil a record that the keys open.
    Tls,
    Open(Text),
}

/// What may stand in the open, and where it lies in the file.
#[derive(Default)]
struct Text {
    bytes: Vec<u8>,
    pieces: VecDeque<(u64, usize)>,
}

impl Text {
    fn push(&mut self, at: u64, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        self.pieces.push_back((at, bytes.len()));
    }

    /// Masks what is held and writes it back; then holds no more than `keep` bytes of its end.
    fn mask(&mut self, file: &File, planted: &[&[u8]], keep: usize) -> io::Result<()> {
        if secrets::mask(&mut self.bytes, planted) > 0 {
            let mut from = 0;
            for (at, len) in &self.pieces {
                file.write_all_at(&self.bytes[from..from + len], *at)?;
                from += len;
            }
        }
        let mut gone = 0;
        while let Some((_, len)) = self.pieces.front()
            && self.bytes.len() - gone > keep
        {
            gone += len;
            self.pieces.pop_front();
        }
        self.bytes.drain(..gone);
        Ok(())
    }
}

impl Masking<'_> {
    fn take(&mut self, at: u64, datagram: &wire::Datagram, payload: &[u8]) -> io::Result<()> {
        if datagram.transport != Transport::Tcp {
            let mut text = Text::default();
            text.push(at, payload);
            return text.mask(self.file, self.planted, 0);
        }
        if payload.is_empty() {
            return Ok(());
        }
        let direction = self.streams.entry((datagram.src, datagram.dst));
        let direction = direction.or_insert_with(|| match payload.starts_with(&TLS_HANDSHAKE) {
            true => Direction::Tls,
            false => Direction::Open(Text::default()),
        });
        let Direction::Open(text) = direction else {
            return Ok(());
        };
        text.push(at, payload);
        self.held += payload.len();
        if text.bytes.len() >= TEXT_MAX {
            self.held -= text.bytes.len();
            text.mask(self.file, self.planted, AGAIN)?;
            self.held += text.bytes.len();
        }
        Ok(())
    }

    /// Masks all that is held; then holds no more than `keep` bytes of each direction's end.
    fn flush(&mut self, keep: usize) {
        self.held = 0;
        for direction in self.streams.values_mut() {
            if let Direction::Open(text) = direction {
                let done = text.mask(self.file, self.planted, keep);
                self.held += text.bytes.len();
                if self.done.is_ok() {
                    self.done = done;
                }
            }
        }
    }
}

impl Walker for Masking<'_> {
    fn begin(&mut self, at: u64) {
        self.begin = at;
    }
}

impl<'b> Take<'b> for Masking<'_> {
    fn packet(&mut self, packet: Captured<'b>) {
        let Ok(datagram) = wire::datagram(packet.data) else {
            return;
        };
        let at = self.begin + (packet.at + datagram.payload.start) as u64;
        let payload = &packet.data[datagram.payload.clone()];
        let done = self.take(at, &datagram, payload);
        if self.done.is_ok() {
            self.done = done;
        }
        if self.held > TEXTS_MAX {
            self.flush(AGAIN);
            // Too many directions for what is kept of each.
            if self.held > TEXTS_MAX / 2 {
                self.flush(0);
            }
        }
    }
}

/// How a connection by TLS begins: a record of the handshake (RFC 8446, section 5.1).
const TLS_HANDSHAKE: [u8; 2] = [22, 3];

/// A record without the secrets that stand in the open in what programs said.
pub(crate) fn masked(mut body: Body) -> Body {
    if let Body::WebAsked { answers, .. } = &mut body {
        for answer in answers {
            if let WebReply::Other { first, .. } | WebReply::Http { first, .. } = &mut answer.reply
            {
                secrets::mask(&mut first.0, &[]);
            }
        }
    }
    let texts: Vec<&mut String> = match &mut body {
        Body::Unavailable { why }
        | Body::Gap { why, .. }
        | Body::Decided { why }
        | Body::Failed { why, .. } => vec![why],
        Body::Detached { why } => why.iter_mut().collect(),
        Body::Step { step, failed, .. } => [step].into_iter().chain(failed).collect(),
        Body::MuteSaid { said, .. } | Body::WordSaid { said, .. } => vec![said],
        Body::Asked { what, .. } => vec![what],
        Body::BusCall { error, .. } => error.iter_mut().collect(),
        Body::Exited { how, .. } => vec![how],
        // Plaintext was masked where it was taken; the rest are names and numbers.
        _ => Vec::new(),
    };
    for text in texts {
        let mut bytes = std::mem::take(text).into_bytes();
        secrets::mask(&mut bytes, &[]);
        *text = String::from_utf8_lossy(&bytes).into_owned();
    }
    body
}

/// What a program printed, without the secrets that stand in the open.
pub(crate) fn mask_log(text: &mut [u8]) -> usize {
    secrets::mask(text, &[])
}
