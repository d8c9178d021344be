use std::ops::Range;

use super::*;

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

/// An interface that was captured from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Link type, e.g. [`LINK_ETHERNET`].
    pub link_type: u16,
    /// Most bytes kept of a packet; 0 for no limit.
    pub snaplen: u32,
    /// Its name, empty where the file gives none.
    pub name: String,
    resolution: Resolution,
    offset_s: i64,
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

/// What was counted at an interface up to a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statistics {
    /// Index into [`Capture::interfaces`].
    pub interface: usize,
    /// Wall time, nanoseconds since 1970.
    pub realtime_ns: u64,
    /// Packets that passed, where counted.
    pub received: Option<u64>,
    /// Packets that the interface or the system dropped, where counted.
    pub dropped: Option<u64>,
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

/// What is wrong with a capture file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the capture is damaged at byte {offset}: {why}")]
pub struct PcapError {
    /// Offset of the block or field, bytes.
    pub offset: u64,
    /// What is wrong there.
    pub why: &'static str,
}

/// Reads a whole capture file. A file that ends in the middle of a block is read up to its last
/// whole one ([`Capture::tail`] says so); a block that contradicts itself is an error.
pub fn parse(bytes: &[u8]) -> Result<Capture, PcapError> {
    let mut reader = Reader {
        bytes,
        big_endian: false,
        first_interface: 0,
        capture: Capture {
            interfaces: Vec::new(),
            packets: Vec::new(),
            statistics: Vec::new(),
            tls_keys: Vec::new(),
            n_secrets_left_out: 0,
            n_without_time: 0,
            tail: Tail::Whole,
        },
    };
    let mut at = 0;
    while at < bytes.len() || at == 0 {
        match reader.block(at)? {
            Some(next) => at = next,
            None => {
                let bytes = (bytes.len() - at) as u64;
                reader.capture.tail = Tail::Cut {
                    offset: at as u64,
                    bytes,
                };
                break;
            }
        }
    }
    Ok(reader.capture)
}

/// What one tick of an interface's stamps is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolution {
    /// 10^-n seconds.
    Decimal(u8),
    /// 2^-n seconds.
    Binary(u8),
}

impl Interface {
    /// Nanoseconds since 1970 of a stamp; `None` outside of what 64 bits hold.
    fn realtime_ns(&self, ticks: u64) -> Option<u64> {
        let ticks = u128::from(ticks);
        let ns = match self.resolution {
            Resolution::Decimal(n @ 0..=9) => ticks * 10u128.pow(9 - u32::from(n)),
            Resolution::Decimal(n) => 10u128
                .checked_pow(u32::from(n) - 9)
                .map_or(0, |divisor| ticks / divisor),
            // Below 2^64 * 10^9 < 2^94, so neither product nor shift (at most 127) can overflow.
            Resolution::Binary(n) => (ticks * 1_000_000_000) >> n,
        };
        let offset = i128::from(self.offset_s) * 1_000_000_000;
        u64::try_from(i128::try_from(ns).ok()? + offset).ok()
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    /// Index of the current section's first interface.
    first_interface: usize,
    capture: Capture,
}

impl Reader<'_> {
    /// Reads the block at `at` and returns where the next begins; `None` if it is not whole.
    fn block(&mut self, at: usize) -> Result<Option<usize>, PcapError> {
        let rest = &self.bytes[at..];
        // The section header's type reads the same in both byte orders.
        let magic = SECTION_HEADER.to_le_bytes();
        let is_section = rest.starts_with(&magic);
        if at == 0 && !is_section && !magic.starts_with(rest) {
            return fail(at, "not a pcapng file: it must begin with 0A 0D 0D 0A");
        }
        if rest.len() < 12 {
            return Ok(None);
        }
        if is_section {
            self.big_endian = match rest[8..12] {
                [0x1A, 0x2B, 0x3C, 0x4D] => true,
                [0x4D, 0x3C, 0x2B, 0x1A] => false,
                _ => return fail(at + 8, "a section header without the byte order mark"),
            };
            self.first_interface = self.capture.interfaces.len();
        }
        let kind = self.u32(at);
        let len = self.u32(at + 4);
        if len < 12 || !len.is_multiple_of(4) {
            return fail(
                at + 4,
                "a block's length must be a multiple of 4 and at least 12",
            );
        }
        if len > BLOCK_MAX_BYTES {
            return fail(at + 4, "a block's length is above 16 MiB");
        }
        let len = len as usize;
        if rest.len() < len {
            return Ok(None);
        }
        let end = at + len;
        if self.u32(end - 4) as usize != len {
            return fail(end - 4, "a block's two lengths differ");
        }
        let body = at + 8..end - 4;
        match kind {
            SECTION_HEADER => self.section(body)?,
            INTERFACE_DESCRIPTION => self.interface(body)?,
            ENHANCED_PACKET => self.enhanced_packet(body)?,
            OBSOLETE_PACKET => self.obsolete_packet(body)?,
            SIMPLE_PACKET => self.capture.n_without_time += 1,
            DECRYPTION_SECRETS => self.secrets(body)?,
            INTERFACE_STATISTICS => self.statistics(body)?,
            _ => {}
        }
        Ok(Some(end))
    }

    fn section(&mut self, body: Range<usize>) -> Result<(), PcapError> {
        if body.len() < 16 {
            return fail(body.start, "a section header shorter than 28 bytes");
        }
        if self.u16(body.start + 4) != 1 {
            return fail(body.start + 4, "a version of pcapng other than 1");
        }
        Ok(())
    }

    fn interface(&mut self, body: Range<usize>) -> Result<(), PcapError> {
        if body.len() < 8 {
            return fail(body.start, "an interface description shorter than 20 bytes");
        }
        let mut interface = Interface {
            link_type: self.u16(body.start),
            snaplen: self.u32(body.start + 4),
            name: String::new(),
            resolution: Resolution::Decimal(6),
            offset_s: 0,
        };
        self.options(body.start + 8..body.end, |reader, code, value| {
            let bytes = &reader.bytes[value.clone()];
            match (code, bytes.len()) {
                (IF_NAME, _) => interface.name = String::from_utf8_lossy(bytes).into_owned(),
                (IF_TSRESOL, 1) => {
                    interface.resolution = match bytes[0] {
                        n @ 0..=127 => Resolution::Decimal(n),
                        n => Resolution::Binary(n & 0x7F),
                    }
                }
                (IF_TSOFFSET, 8) => interface.offset_s = reader.u64(value.start) as i64,
                _ => {}
            }
        })?;
        self.capture.interfaces.push(interface);
        Ok(())
    }

    fn enhanced_packet(&mut self, body: Range<usize>) -> Result<(), PcapError> {
        if body.len() < 20 {
            return fail(body.start, "an enhanced packet block shorter than 32 bytes");
        }
        let interface = self.interface_index(self.u32(body.start), body.start)?;
        self.packet(interface, body)
    }

    fn obsolete_packet(&mut self, body: Range<usize>) -> Result<(), PcapError> {
        if body.len() < 20 {
            return fail(body.start, "a packet block shorter than 32 bytes");
        }
        let interface = self.interface_index(u32::from(self.u16(body.start)), body.start)?;
        self.packet(interface, body)
    }

    /// Time, lengths and bytes lie alike in both kinds of packet block.
    fn packet(&mut self, interface: usize, body: Range<usize>) -> Result<(), PcapError> {
        let realtime_ns = self.time(interface, body.start + 4)?;
        let captured = self.u32(body.start + 12) as usize;
        let data = body.start + 20..(body.start + 20).saturating_add(captured);
        if data.end > body.end {
            return fail(body.start + 12, "a packet longer than its block");
        }
        let orig_len = self.u32(body.start + 16);
        self.capture.packets.push(RawPacket {
            realtime_ns,
            data,
            orig_len,
            interface,
        });
        Ok(())
    }

    fn statistics(&mut self, body: Range<usize>) -> Result<(), PcapError> {
        if body.len() < 12 {
            return fail(
                body.start,
                "an interface statistics block shorter than 24 bytes",
            );
        }
        let interface = self.interface_index(self.u32(body.start), body.start)?;
        let realtime_ns = self.time(interface, body.start + 4)?;
        let (mut received, mut dropped) = (None, None);
        self.options(body.start + 12..body.end, |reader, code, value| {
            match (code, value.len()) {
                (ISB_IFRECV, 8) => received = Some(reader.u64(value.start)),
                (ISB_IFDROP | ISB_OSDROP, 8) => {
                    let more = reader.u64(value.start);
                    dropped = Some(more.saturating_add(dropped.unwrap_or(0)));
                }
                _ => {}
            }
        })?;
        self.capture.statistics.push(Statistics {
            interface,
            realtime_ns,
            received,
            dropped,
        });
        Ok(())
    }

    fn secrets(&mut self, body: Range<usize>) -> Result<(), PcapError> {
        if body.len() < 8 {
            return fail(
                body.start,
                "a decryption secrets block shorter than 20 bytes",
            );
        }
        let data =
            body.start + 8..(body.start + 8).saturating_add(self.u32(body.start + 4) as usize);
        if data.end > body.end {
            return fail(body.start + 4, "secrets longer than their block");
        }
        let known: usize = self.capture.tls_keys.iter().map(Range::len).sum();
        match self.u32(body.start) == SECRETS_TLS && known + data.len() <= SECRETS_MAX_BYTES {
            true => self.capture.tls_keys.push(data),
            false => self.capture.n_secrets_left_out += 1,
        }
        Ok(())
    }

    fn interface_index(&self, number: u32, at: usize) -> Result<usize, PcapError> {
        let index = self.first_interface.saturating_add(number as usize);
        if index >= self.capture.interfaces.len() {
            return fail(at, "an interface that was not described before");
        }
        Ok(index)
    }

    fn time(&self, interface: usize, at: usize) -> Result<u64, PcapError> {
        let ticks = u64::from(self.u32(at)) << 32 | u64::from(self.u32(at + 4));
        match self.capture.interfaces[interface].realtime_ns(ticks) {
            Some(ns) => Ok(ns),
            None => fail(at, "a time before 1970 or after 2554"),
        }
    }

    fn options(
        &self,
        list: Range<usize>,
        mut each: impl FnMut(&Self, u16, Range<usize>),
    ) -> Result<(), PcapError> {
        let mut at = list.start;
        while at + 4 <= list.end {
            let (code, len) = (self.u16(at), usize::from(self.u16(at + 2)));
            if code == 0 {
                break;
            }
            let value = at + 4..at + 4 + len;
            if value.end > list.end {
                return fail(at, "an option longer than its block");
            }
            at = value.end.next_multiple_of(4);
            each(self, code, value);
        }
        Ok(())
    }

    // The callers below have checked that the bytes are there.

    fn u16(&self, at: usize) -> u16 {
        let bytes = [self.bytes[at], self.bytes[at + 1]];
        if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }

    fn u32(&self, at: usize) -> u32 {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.bytes[at..at + 4]);
        if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }

    fn u64(&self, at: usize) -> u64 {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&self.bytes[at..at + 8]);
        if self.big_endian {
            u64::from_be_bytes(bytes)
        } else {
            u64::from_le_bytes(bytes)
        }
    }
}

fn fail<T>(offset: usize, why: &'static str) -> Result<T, PcapError> {
    Err(PcapError {
        offset: offset as u64,
        why,
    })
}
