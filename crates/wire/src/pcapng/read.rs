use std::ops::Range;

use super::*;
use crate::capture::{Captured, Other, Reader, Take};

/// A capture file, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// All interfaces of all sections, in order.
    pub interfaces: Vec<Interface>,
    /// All packets with a time, in the file's order.
    pub packets: Vec<RawPacket>,
    /// What was counted, in the file's order.
    pub statistics: Vec<Statistics>,
    /// Where TLS key logs lie in the file; up to [`SECRETS_MAX_BYTES`] of them.
    pub tls_keys: Vec<Range<usize>>,
    /// Secrets that are not read: of another type, or beyond that bound.
    pub n_secrets_left_out: u64,
    /// Packets that the file gives without a time (simple packet blocks): not in `packets`.
    pub n_without_time: u64,
    /// How the file ended.
    pub tail: Tail,
}

/// A packet as the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawPacket {
    /// Wall time, nanoseconds since 1970.
    pub realtime_ns: u64,
    /// Where its bytes lie in the file.
    pub data: Range<usize>,
    /// Length on the wire, bytes.
    pub orig_len: u32,
    /// Index into [`Capture::interfaces`].
    pub interface: usize,
}

/// How a capture file ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// With a whole block.
    Whole,
    /// In the middle of a block (or before the first): the rest was left unread.
    Cut {
        /// Offset of the block that is not whole.
        offset: u64,
        /// Bytes from there to the end of the file.
        bytes: u64,
    },
}

/// Reads a whole capture file in pcapng. A file that ends in the middle of a block is read up to its
/// last whole one ([`Capture::tail`] says so); a block that contradicts itself is an error.
pub fn parse(bytes: &[u8]) -> Result<Capture, PcapError> {
    let magic = SECTION_HEADER.to_le_bytes();
    if !bytes.starts_with(&magic) && !magic.starts_with(bytes) {
        return Err(PcapError {
            offset: 0,
            why: "not a pcapng file: it must begin with 0A 0D 0D 0A",
        });
    }
    let mut capture = Capture {
        interfaces: Vec::new(),
        packets: Vec::new(),
        statistics: Vec::new(),
        tls_keys: Vec::new(),
        n_secrets_left_out: 0,
        n_without_time: 0,
        tail: Tail::Whole,
    };
    let mut reader = Reader::default();
    let used = reader.read(bytes, &mut capture)?;
    capture.interfaces = reader.interfaces().to_vec();
    if used == 0 || used < bytes.len() {
        capture.tail = Tail::Cut {
            offset: used as u64,
            bytes: (bytes.len() - used) as u64,
        };
    }
    Ok(capture)
}

impl<'b> Take<'b> for Capture {
    fn packet(&mut self, packet: Captured<'b>) {
        let Some(realtime_ns) = packet.realtime_ns else {
            self.n_without_time += 1;
            return;
        };
        self.packets.push(RawPacket {
            realtime_ns,
            data: packet.at..packet.at + packet.data.len(),
            orig_len: packet.orig_len,
            interface: packet.interface as usize,
        });
    }

    fn other(&mut self, other: Other<'b>) {
        let known: usize = self.tls_keys.iter().map(Range::len).sum();
        match other {
            Other::TlsKeys { lines, at } if known + lines.len() <= SECRETS_MAX_BYTES => {
                self.tls_keys.push(at..at + lines.len());
            }
            Other::TlsKeys { .. } | Other::OtherSecrets => self.n_secrets_left_out += 1,
            Other::Damage => {}
            Other::Statistics(statistics) => self.statistics.push(statistics),
        }
    }
}
