//! pcapng (draft-ietf-opsawg-pcapng): sections of blocks.

use super::{Captured, INTERFACES_MAX, Other, Reader, State, Statistics, Step, Take, pcap};

pub(super) const SECTION_HEADER: u32 = 0x0A0D_0D0A;
pub(super) const INTERFACE_DESCRIPTION: u32 = 1;
pub(super) const OBSOLETE_PACKET: u32 = 2;
pub(super) const SIMPLE_PACKET: u32 = 3;
pub(super) const INTERFACE_STATISTICS: u32 = 5;
pub(super) const ENHANCED_PACKET: u32 = 6;
pub(super) const DECRYPTION_SECRETS: u32 = 10;

/// Type of secrets: a TLS key log ("TLSK").
const SECRETS_TLS: u32 = 0x544C_534B;

// Option codes; the same number means different things in different blocks.
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;
const ISB_IFRECV: u16 = 4;
const ISB_IFDROP: u16 = 5;
const ISB_OSDROP: u16 = 7;
pub(super) const EPB_PROCESS: u16 = 8;

/// Longest block that is believed, bytes. A longer one is taken for damage, so that a flipped bit
/// in a length is not mistaken for the cut-off end of a capture.
pub const BLOCK_MAX_BYTES: u32 = 16 << 20;

/// Longest name of an interface that is kept, bytes.
const NAME_MAX: usize = 256;

/// What the current section's header says.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Section {
    /// Before the first header nothing else is taken.
    begun: bool,
    pub big_endian: bool,
    /// Index of its first interface.
    first_interface: usize,
}

/// An interface that was captured from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Link type, e.g. [`crate::pcapng::LINK_ETHERNET`].
    pub link_type: u16,
    /// Most bytes kept of a packet; 0 for no limit.
    pub snaplen: u32,
    /// Its name, empty where the file gives none.
    pub name: String,
    resolution: Resolution,
    offset_s: i64,
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
    pub(super) fn of_pcap(head: &pcap::Head) -> Interface {
        Interface {
            link_type: head.link_type,
            snaplen: head.snaplen,
            name: String::new(),
            resolution: Resolution::Decimal(if head.kind.ns == 1 { 9 } else { 6 }),
            offset_s: 0,
        }
    }

    /// Nanoseconds since 1970 of a stamp; `None` outside of what 64 bits hold.
    #[inline]
    fn realtime_ns(&self, ticks: u64) -> Option<u64> {
        match self.resolution {
            Resolution::Decimal(9) if self.offset_s == 0 => return Some(ticks),
            Resolution::Decimal(6) if self.offset_s == 0 => return ticks.checked_mul(1_000),
            _ => {}
        }
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

/// A block's body and where it lies in the bytes that were handed in.
#[derive(Clone, Copy)]
struct Body<'b> {
    bytes: &'b [u8],
    at: usize,
    big_endian: bool,
}

impl<'b> Body<'b> {
    // The callers have checked that the bytes are there.

    fn u16(&self, at: usize) -> u16 {
        number16([self.bytes[at], self.bytes[at + 1]], self.big_endian)
    }

    #[inline]
    fn u32(&self, at: usize) -> u32 {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(&self.bytes[at..at + 4]);
        number32(bytes, self.big_endian)
    }

    /// Two halves, the high one first in either byte order.
    #[inline]
    fn ticks(&self, at: usize) -> u64 {
        u64::from(self.u32(at)) << 32 | u64::from(self.u32(at + 4))
    }

    fn options(&self, from: usize, each: impl FnMut(u16, &'b [u8], usize)) -> Result<(), usize> {
        match options(&self.bytes[from..], self.big_endian, each) {
            None => Ok(()),
            Some(at) => Err(self.at + from + at),
        }
    }
}

impl Reader {
    /// Reads the block at `at`.
    #[inline]
    pub(super) fn block<'b>(
        &mut self,
        mut section: Section,
        bytes: &'b [u8],
        at: usize,
        on: &mut impl Take<'b>,
    ) -> Step {
        let rest = &bytes[at..];
        let Some(head) = rest.first_chunk::<12>() else {
            self.needed = if rest.is_empty() { 0 } else { 12 };
            return Ok(None);
        };
        let word = |at: usize| [head[at], head[at + 1], head[at + 2], head[at + 3]];
        // The section header's type reads the same in both byte orders.
        let is_section = u32::from_le_bytes(word(0)) == SECTION_HEADER;
        if is_section {
            section.big_endian = match word(8) {
                [0x1A, 0x2B, 0x3C, 0x4D] => true,
                [0x4D, 0x3C, 0x2B, 0x1A] => false,
                _ => return self.fail(at + 8, "a section header without the byte order mark"),
            };
            section.first_interface = self.interfaces.len();
            section.begun = true;
        } else if !section.begun {
            return self.fail(at, "not a pcapng file: it must begin with 0A 0D 0D 0A");
        }
        let kind = number32(word(0), section.big_endian);
        let len = number32(word(4), section.big_endian);
        if len < 12 || !len.is_multiple_of(4) {
            return self.fail(
                at + 4,
                "a block's length must be a multiple of 4 and at least 12",
            );
        }
        if len > BLOCK_MAX_BYTES {
            return self.fail(at + 4, "a block's length is above 16 MiB");
        }
        let len = len as usize;
        let Some(block) = rest.get(..len) else {
            self.needed = len;
            return Ok(None);
        };
        let body = Body {
            bytes: &block[8..len - 4],
            at: at + 8,
            big_endian: section.big_endian,
        };
        let mut last = [0; 4];
        last.copy_from_slice(&block[len - 4..]);
        if number32(last, section.big_endian) as usize != len {
            return self.fail(at + len - 4, "a block's two lengths differ");
        }
        match kind {
            ENHANCED_PACKET => self.packet_block(section, body, false, on)?,
            OBSOLETE_PACKET => self.packet_block(section, body, true, on)?,
            SECTION_HEADER => {
                self.section(body)?;
                self.state = State::Pcapng(section);
            }
            INTERFACE_DESCRIPTION => self.interface(body)?,
            SIMPLE_PACKET => self.simple_packet(section, body, on)?,
            DECRYPTION_SECRETS => self.secrets(body, on)?,
            INTERFACE_STATISTICS => self.statistics(section, body, on)?,
            _ => {}
        }
        Ok(Some(len))
    }

    fn section(&mut self, body: Body) -> Result<(), super::PcapError> {
        if body.bytes.len() < 16 {
            return self.fail(body.at, "a section header shorter than 28 bytes");
        }
        if body.u16(4) != 1 {
            return self.fail(body.at + 4, "a version of pcapng other than 1");
        }
        Ok(())
    }

    fn interface(&mut self, body: Body) -> Result<(), super::PcapError> {
        if body.bytes.len() < 8 {
            return self.fail(body.at, "an interface description shorter than 20 bytes");
        }
        if self.interfaces.len() >= INTERFACES_MAX {
            return self.fail(body.at, "more than 65,536 interfaces");
        }
        let mut interface = Interface {
            link_type: body.u16(0),
            snaplen: body.u32(4),
            name: String::new(),
            resolution: Resolution::Decimal(6),
            offset_s: 0,
        };
        let read = body.options(8, |code, value, _| match (code, value) {
            (IF_NAME, _) => {
                let kept = &value[..value.len().min(NAME_MAX)];
                interface.name = String::from_utf8_lossy(kept).into_owned();
            }
            (IF_TSRESOL, &[n]) => {
                interface.resolution = match n {
                    n @ 0..=127 => Resolution::Decimal(n),
                    n => Resolution::Binary(n & 0x7F),
                }
            }
            (IF_TSOFFSET, value) => {
                if let Ok(offset) = value.try_into() {
                    interface.offset_s = number64(offset, body.big_endian) as i64;
                }
            }
            _ => {}
        });
        self.whole_options(read)?;
        self.interfaces.push(interface);
        Ok(())
    }

    /// Time, lengths and bytes lie alike in both kinds of packet block.
    #[inline]
    fn packet_block<'b>(
        &mut self,
        section: Section,
        body: Body<'b>,
        obsolete: bool,
        on: &mut impl Take<'b>,
    ) -> Result<(), super::PcapError> {
        if body.bytes.len() < 20 {
            return self.fail(body.at, "a packet block shorter than 32 bytes");
        }
        let number = match obsolete {
            true => u32::from(body.u16(0)),
            false => body.u32(0),
        };
        let interface = self.interface_index(section, number, body.at)?;
        let realtime_ns = self.time(interface, &body, 4)?;
        let captured = body.u32(12) as usize;
        let Some(data) = body.bytes.get(20..20usize.saturating_add(captured)) else {
            return self.fail(body.at + 12, "a packet longer than its block");
        };
        self.n_packets += 1;
        self.last_ns = realtime_ns;
        on.packet(Captured {
            number: self.n_packets,
            realtime_ns: Some(realtime_ns),
            data,
            at: body.at + 20,
            orig_len: body.u32(16),
            interface: interface as u32,
            link_type: self.interfaces[interface].link_type,
            options: match obsolete {
                true => &[],
                false => body
                    .bytes
                    .get(20 + captured.next_multiple_of(4)..)
                    .unwrap_or_default(),
            },
            big_endian: body.big_endian,
        });
        Ok(())
    }

    /// A packet without a time, of the section's first interface.
    fn simple_packet<'b>(
        &mut self,
        section: Section,
        body: Body<'b>,
        on: &mut impl Take<'b>,
    ) -> Result<(), super::PcapError> {
        if body.bytes.len() < 4 {
            return self.fail(body.at, "a simple packet block shorter than 16 bytes");
        }
        let interface = self.interface_index(section, 0, body.at)?;
        let (orig_len, data) = (body.u32(0), &body.bytes[4..]);
        let snaplen = self.interfaces[interface].snaplen;
        let most = match snaplen {
            0 => orig_len,
            snaplen => snaplen.min(orig_len),
        };
        self.n_packets += 1;
        on.packet(Captured {
            number: self.n_packets,
            realtime_ns: None,
            data: &data[..data.len().min(most as usize)],
            at: body.at + 4,
            orig_len,
            interface: interface as u32,
            link_type: self.interfaces[interface].link_type,
            options: &[],
            big_endian: body.big_endian,
        });
        Ok(())
    }

    fn statistics<'b>(
        &mut self,
        section: Section,
        body: Body<'b>,
        on: &mut impl Take<'b>,
    ) -> Result<(), super::PcapError> {
        if body.bytes.len() < 12 {
            return self.fail(
                body.at,
                "an interface statistics block shorter than 24 bytes",
            );
        }
        let interface = self.interface_index(section, body.u32(0), body.at)?;
        let realtime_ns = self.time(interface, &body, 4)?;
        let (mut received, mut dropped) = (None, None);
        let read = body.options(12, |code, value, _| {
            let Ok(value) = value.try_into() else { return };
            let value = number64(value, body.big_endian);
            match code {
                ISB_IFRECV => received = Some(value),
                ISB_IFDROP | ISB_OSDROP => {
                    dropped = Some(value.saturating_add(dropped.unwrap_or(0)));
                }
                _ => {}
            }
        });
        self.whole_options(read)?;
        on.other(Other::Statistics(Statistics {
            interface,
            realtime_ns,
            received,
            dropped,
        }));
        Ok(())
    }

    fn secrets<'b>(
        &mut self,
        body: Body<'b>,
        on: &mut impl Take<'b>,
    ) -> Result<(), super::PcapError> {
        if body.bytes.len() < 8 {
            return self.fail(body.at, "a decryption secrets block shorter than 20 bytes");
        }
        let end = 8usize.saturating_add(body.u32(4) as usize);
        let Some(lines) = body.bytes.get(8..end) else {
            return self.fail(body.at + 4, "secrets longer than their block");
        };
        on.other(match body.u32(0) == SECRETS_TLS {
            true => Other::TlsKeys {
                lines,
                at: body.at + 8,
            },
            false => Other::OtherSecrets,
        });
        Ok(())
    }

    #[inline]
    fn interface_index(
        &self,
        section: Section,
        number: u32,
        at: usize,
    ) -> Result<usize, super::PcapError> {
        let index = section.first_interface.saturating_add(number as usize);
        if index >= self.interfaces.len() {
            return self.fail(at, "an interface that was not described before");
        }
        Ok(index)
    }

    #[inline]
    fn time(&self, interface: usize, body: &Body, at: usize) -> Result<u64, super::PcapError> {
        match self.interfaces[interface].realtime_ns(body.ticks(at)) {
            Some(ns) => Ok(ns),
            None => self.fail(body.at + at, "a time before 1970 or after 2554"),
        }
    }

    fn whole_options(&self, read: Result<(), usize>) -> Result<(), super::PcapError> {
        match read {
            Ok(()) => Ok(()),
            Err(at) => self.fail(at, "an option longer than its block"),
        }
    }
}

/// Walks through options; the place of the first that is longer than what holds it.
pub(super) fn options<'b>(
    list: &'b [u8],
    big_endian: bool,
    mut each: impl FnMut(u16, &'b [u8], usize),
) -> Option<usize> {
    let mut at = 0;
    while let Some(&[a, b, c, d]) = list.get(at..).and_then(|rest| rest.first_chunk()) {
        let (code, len) = (
            number16([a, b], big_endian),
            usize::from(number16([c, d], big_endian)),
        );
        if code == 0 {
            break;
        }
        let Some(value) = list.get(at + 4..at + 4 + len) else {
            return Some(at);
        };
        each(code, value, at + 4);
        at = (at + 4 + len).next_multiple_of(4);
    }
    None
}

fn number16(bytes: [u8; 2], big_endian: bool) -> u16 {
    match big_endian {
        true => u16::from_be_bytes(bytes),
        false => u16::from_le_bytes(bytes),
    }
}

#[inline]
pub(super) fn number32(bytes: [u8; 4], big_endian: bool) -> u32 {
    match big_endian {
        true => u32::from_be_bytes(bytes),
        false => u32::from_le_bytes(bytes),
    }
}

fn number64(bytes: [u8; 8], big_endian: bool) -> u64 {
    match big_endian {
        true => u64::from_be_bytes(bytes),
        false => u64::from_le_bytes(bytes),
    }
}
