//! pcap (draft-ietf-opsawg-pcap): a header, then records.

use super::{Captured, Reader, Step, Take};
use crate::pcapng::PACKET_MAX_BYTES;

pub(super) const HEAD_BYTES: usize = 24;
const RECORD_BYTES: usize = 16;

/// What the magic number says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub big_endian: bool,
    /// What one unit of a stamp's second half is.
    pub ns: u32,
    /// Records of an old patch to libpcap have eight bytes more in front of the data.
    pub record_bytes: usize,
}

/// The file's header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub kind: Kind,
    pub link_type: u16,
    pub snaplen: u32,
}

pub(super) fn kind(magic: [u8; 4]) -> Option<Kind> {
    let kind = |big_endian, ns, record_bytes| {
        Some(Kind {
            big_endian,
            ns,
            record_bytes,
        })
    };
    match magic {
        [0xA1, 0xB2, 0xC3, 0xD4] => kind(true, 1_000, RECORD_BYTES),
        [0xD4, 0xC3, 0xB2, 0xA1] => kind(false, 1_000, RECORD_BYTES),
        [0xA1, 0xB2, 0x3C, 0x4D] => kind(true, 1, RECORD_BYTES),
        [0x4D, 0x3C, 0xB2, 0xA1] => kind(false, 1, RECORD_BYTES),
        [0xA1, 0xB2, 0xCD, 0x34] => kind(true, 1_000, RECORD_BYTES + 8),
        [0x34, 0xCD, 0xB2, 0xA1] => kind(false, 1_000, RECORD_BYTES + 8),
        _ => None,
    }
}

impl Head {
    pub(super) fn read(kind: Kind, bytes: &[u8; HEAD_BYTES]) -> Head {
        // Above the link type's 16 bits lies how long a check sum behind each frame is: no concern
        // of who goes by the lengths of IP.
        let word = |at: usize| kind.u32([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Head {
            kind,
            snaplen: word(16),
            link_type: word(20) as u16,
        }
    }

    #[inline(always)]
    pub(super) fn captured<'b>(
        &self,
        number: u64,
        record: &Record,
        data: &'b [u8],
        at: usize,
    ) -> Captured<'b> {
        Captured {
            number,
            realtime_ns: Some(record.realtime_ns(self.kind)),
            data,
            at,
            orig_len: record.orig_len,
            interface: 0,
            link_type: self.link_type,
            options: &[],
            big_endian: false,
        }
    }
}

impl Kind {
    #[inline(always)]
    fn u32(self, bytes: [u8; 4]) -> u32 {
        match self.big_endian {
            true => u32::from_be_bytes(bytes),
            false => u32::from_le_bytes(bytes),
        }
    }
}

/// A record's header.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    pub seconds: u32,
    pub fraction: u32,
    pub captured: u32,
    pub orig_len: u32,
}

impl Record {
    #[inline(always)]
    pub(super) fn read(kind: Kind, b: &[u8; RECORD_BYTES]) -> Record {
        Record {
            seconds: kind.u32([b[0], b[1], b[2], b[3]]),
            fraction: kind.u32([b[4], b[5], b[6], b[7]]),
            captured: kind.u32([b[8], b[9], b[10], b[11]]),
            orig_len: kind.u32([b[12], b[13], b[14], b[15]]),
        }
    }

    /// The record at the beginning of the bytes, its frame, and its length with that; nothing where it is not
    /// whole, or none. Which end is first, the compiler is to know.
    #[inline(always)]
    pub(super) fn whole<const BIG: bool>(
        kind: Kind,
        bytes: &[u8],
    ) -> Option<(Record, &[u8], usize)> {
        let kind = Kind {
            big_endian: BIG,
            ..kind
        };
        let record = Record::read(kind, bytes.first_chunk()?);
        let len = kind.record_bytes + record.captured as usize;
        let data = bytes.get(kind.record_bytes..len)?;
        let is_one = data.len() <= PACKET_MAX_BYTES && !record.is_header();
        is_one.then_some((record, data, len))
    }

    /// Whether it is a file's header of the same byte order, where a record is expected: an empty one of the
    /// year 2055.
    #[inline]
    fn is_header(&self) -> bool {
        self.captured == 0 && matches!(self.seconds, 0xA1B2_C3D4 | 0xA1B2_3C4D | 0xA1B2_CD34)
    }

    /// A fraction above a second is carried over: seen in captures that were merged by hand.
    #[inline]
    pub(super) fn realtime_ns(&self, kind: Kind) -> u64 {
        u64::from(self.seconds) * 1_000_000_000 + u64::from(self.fraction) * u64::from(kind.ns)
    }
}

impl Reader {
    /// Hands on all records from `at` on that are whole.
    #[inline]
    pub(super) fn records<'b>(
        &mut self,
        head: Head,
        bytes: &'b [u8],
        at: usize,
        on: &mut impl Take<'b>,
    ) -> Step {
        match head.kind.big_endian {
            true => self.records_of::<true>(head, bytes, at, on),
            false => self.records_of::<false>(head, bytes, at, on),
        }
    }

    #[inline]
    fn records_of<'b, const BIG: bool>(
        &mut self,
        head: Head,
        bytes: &'b [u8],
        at: usize,
        on: &mut impl Take<'b>,
    ) -> Step {
        let kind = head.kind;
        let mut rest = &bytes[at..];
        let begin = rest.len();
        let (mut number, mut last_ns) = (self.n_packets, self.last_ns);
        while let Some((record, data, len)) = Record::whole::<BIG>(kind, rest) {
            number += 1;
            last_ns = record.realtime_ns(kind);
            let at = at + begin - rest.len() + kind.record_bytes;
            on.packet(head.captured(number, &record, data, at));
            rest = &rest[len..];
        }
        (self.n_packets, self.last_ns) = (number, last_ns);
        match begin - rest.len() {
            0 => self.not_whole(head, rest, at),
            used => Ok(Some(used)),
        }
    }

    /// Why the record at the beginning of `rest` was not handed on.
    #[cold]
    fn not_whole(&mut self, head: Head, rest: &[u8], at: usize) -> Step {
        let kind = head.kind;
        let whole = rest.first_chunk().map(|fixed| Record::read(kind, fixed));
        self.needed = match whole.filter(|_| rest.len() >= kind.record_bytes) {
            Some(record) if record.captured as usize > PACKET_MAX_BYTES => {
                return self.fail(at + 8, "a record longer than 1 MiB");
            }
            Some(record) if record.is_header() => {
                return self.fail(
                    at,
                    "another capture's header: files were put behind one another",
                );
            }
            Some(record) => kind.record_bytes + record.captured as usize,
            None if rest.is_empty() => 0,
            None => kind.record_bytes,
        };
        Ok(None)
    }
}
