//! Frames: zeros, but for the numbers that are named here, up to the payload.

use std::net::IpAddr;
use std::ops::Range;

use wire::link::{self, ETHERNET};
use wire::{Datagram, Transport};

use super::names::Names;

/// Two interfaces' addresses and the type of what follows.
const ETHERNET_LEN: usize = 14;

/// What is left of a frame: as long as it was up to its payload, which is gone.
pub(super) fn redacted(frame: &[u8], names: &Names) -> Vec<u8> {
    match (link::ip_at(ETHERNET, frame), wire::datagram(frame)) {
        (Ok(ip_at), Ok(datagram)) => datagram_of(frame, ip_at, &datagram, names),
        _ => {
            let mut out = Copy::new(frame, frame.len().min(ETHERNET_LEN));
            out.ethernet(names);
            out.number(12..14);
            out.to
        }
    }
}

fn datagram_of(frame: &[u8], ip_at: usize, datagram: &Datagram, names: &Names) -> Vec<u8> {
    let mut out = Copy::new(frame, datagram.payload.start);
    out.ethernet(names);
    // The types, and not what stands in the tags between them.
    for at in (12..ip_at).step_by(4) {
        out.number(at..at + 2);
    }
    match datagram.src.ip() {
        IpAddr::V4(_) => {
            // Version and length of the header, fragment, protocol.
            for number in [0..1, 6..8, 9..10] {
                out.number(ip_at + number.start..ip_at + number.end);
            }
            // Where offload left none, the frame's own length stood for it, which is gone.
            let total = u16::try_from(datagram.ip_len).unwrap_or(u16::MAX);
            out.put(ip_at + 2, &total.to_be_bytes());
        }
        IpAddr::V6(_) => {
            // Version; the traffic class and the label of the flow in the same bytes are no one's business.
            out.put(ip_at, &[0x60]);
            let len = u16::try_from(datagram.ip_len.saturating_sub(40)).unwrap_or(u16::MAX);
            out.put(ip_at + 4, &len.to_be_bytes());
            out.number(ip_at + 6..ip_at + 7);
            extensions(&mut out, ip_at, datagram);
        }
    }
    let ends = [datagram.src.ip(), datagram.dst.ip()].map(|address| names.ip(address));
    for (k, address) in ends.into_iter().enumerate() {
        match address {
            IpAddr::V4(v4) => out.put(ip_at + 12 + 4 * k, &v4.octets()),
            IpAddr::V6(v6) => out.put(ip_at + 8 + 16 * k, &v6.octets()),
        }
    }
    let numbers = match datagram.transport {
        // Ports and length.
        Transport::Udp => 6,
        // Ports, both sequence numbers, length of the header, flags, window.
        Transport::Tcp => 16,
        // Type and code.
        Transport::Icmp => 2,
        Transport::Other(_) => 0,
    };
    out.number(datagram.header..datagram.header + numbers);
    out.to
}

/// Of each header between IPv6's and the transport's: what follows, its length, which fragment it is.
fn extensions(out: &mut Copy, ip_at: usize, datagram: &Datagram) {
    let mut next = out.from.get(ip_at + 6).copied();
    let mut at = ip_at + 40;
    while at < datagram.header
        && let (Some(kind), Some(&[_, len])) =
            (next, out.from.get(at..at + 2).and_then(<[u8]>::as_array))
    {
        out.number(at..at + 2);
        let whole = match kind {
            44 => {
                out.number(at + 2..at + 4);
                8
            }
            51 => (usize::from(len) + 2) * 4,
            _ => (usize::from(len) + 1) * 8,
        };
        next = out.from.get(at).copied();
        at += whole;
    }
}

/// A frame that is put together from another.
struct Copy<'f> {
    from: &'f [u8],
    to: Vec<u8>,
}

impl<'f> Copy<'f> {
    fn new(from: &'f [u8], len: usize) -> Copy<'f> {
        Copy {
            from,
            to: vec![0; len.min(from.len())],
        }
    }

    /// Copies a number, as far as there is room.
    fn number(&mut self, range: Range<usize>) {
        let end = range.end.min(self.to.len());
        if range.start < end {
            self.to[range.start..end].copy_from_slice(&self.from[range.start..end]);
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        let room = self.to.get_mut(at..).unwrap_or_default();
        for (to, byte) in room.iter_mut().zip(bytes) {
            *to = *byte;
        }
    }

    fn ethernet(&mut self, names: &Names) {
        for at in [0, 6] {
            if let Some(address) = self.from.get(at..).and_then(|rest| rest.first_chunk::<6>()) {
                let other = names.mac_address(*address);
                self.put(at, &other);
            }
        }
    }
}
