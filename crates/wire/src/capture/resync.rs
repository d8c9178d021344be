//! Behind damage: where the file can be read again.

use super::pcap::{Head, Record};
use super::{Reader, State, pcapng};

/// How far a record behind damage may lie from the last one before it, seconds.
const NEAR_S: u64 = 24 * 3_600;

/// Longest record that is believed behind damage, bytes: what programs keep of a packet.
const RECORD_MAX: u32 = 262_144;

impl Reader {
    /// After an error: looks in the bytes from [`Reader::offset`] on for the next place that can be
    /// read, and goes on there. `Ok` says how many bytes were passed over to it; `Err` how many can
    /// be passed over without a place having been found, with more bytes to be looked at.
    pub fn resync(&mut self, bytes: &[u8]) -> Result<usize, usize> {
        let found = match &self.state {
            // A file that did not begin as one is none.
            State::Fresh => return Err(bytes.len()),
            State::Pcap(head) => (1..bytes.len()).find(|&at| self.record_at(*head, bytes, at)),
            State::Pcapng(section) => {
                let big_endian = section.big_endian;
                // Blocks are padded to four bytes, so they lie at multiples of four in the file.
                let first = 4 - (self.offset % 4) as usize;
                (first..bytes.len())
                    .step_by(4)
                    .find(|&at| block_at(bytes, at, big_endian))
            }
        };
        let skipped = found.ok_or(bytes.len().saturating_sub(64 << 10));
        let n = match skipped {
            Ok(n) | Err(n) => n,
        };
        self.offset += n as u64;
        skipped
    }

    /// Two records in a row, or one that ends where the bytes do.
    fn record_at(&self, head: Head, bytes: &[u8], at: usize) -> bool {
        // Before the first packet nothing is known of the time.
        let near_s = (self.n_packets > 0).then_some(self.last_ns / 1_000_000_000);
        let believed = |at: usize| {
            let fixed = bytes.get(at..)?.first_chunk()?;
            let record = Record::read(head.kind, fixed);
            let seconds = u64::from(record.seconds);
            let fraction = 1_000_000_000 / head.kind.ns;
            let whole = (1..=RECORD_MAX).contains(&record.captured)
                && near_s.is_none_or(|near| seconds.abs_diff(near) <= NEAR_S)
                && record.fraction < fraction
                && (record.captured..=RECORD_MAX).contains(&record.orig_len);
            whole.then_some(at + head.kind.record_bytes + record.captured as usize)
        };
        match believed(at) {
            None => false,
            Some(next) => next == bytes.len() || believed(next).is_some(),
        }
    }
}

/// Two blocks in a row, or one that ends where the bytes do.
fn block_at(bytes: &[u8], at: usize, big_endian: bool) -> bool {
    match believed_block(bytes, at, big_endian) {
        None => false,
        Some(next) => next == bytes.len() || believed_block(bytes, next, big_endian).is_some(),
    }
}

/// A block of a known kind whose two lengths agree: where the next one begins.
fn believed_block(bytes: &[u8], at: usize, big_endian: bool) -> Option<usize> {
    let word = |at: usize| {
        let word = bytes.get(at..)?.first_chunk()?;
        Some(pcapng::number32(*word, big_endian))
    };
    let (kind, len) = (word(at)?, word(at + 4)?);
    let known = [
        pcapng::SECTION_HEADER,
        pcapng::INTERFACE_DESCRIPTION,
        pcapng::OBSOLETE_PACKET,
        pcapng::SIMPLE_PACKET,
        pcapng::INTERFACE_STATISTICS,
        pcapng::ENHANCED_PACKET,
        pcapng::DECRYPTION_SECRETS,
    ];
    let next = at + len as usize;
    let believed = known.contains(&kind)
        && (16..=pcapng::BLOCK_MAX_BYTES).contains(&len)
        && len.is_multiple_of(4)
        && word(next - 4) == Some(len);
    believed.then_some(next)
}
