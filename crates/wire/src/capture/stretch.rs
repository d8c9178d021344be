//! Records of a pcap, looked for at several places at once.
//!
//! Where one record begins is known once the one before was read, and when the bytes have to come from the
//! memory first, that takes longer than everything else that is done with them. Several stretches that are
//! walked through by turns wait at the same time. Where one begins is guessed, and borne out where the one
//! before ends.

use super::Take;
use super::pcap::{HEAD_BYTES, Head, Record, kind};
use super::resync::believed_records;
use crate::pcapng::PACKET_MAX_BYTES;

/// Bytes of a record in which its packet's headers lie, as a rule.
const LINES: usize = 92;
/// Records of each stretch that are found before they are handed on: their headers stay in the core's cache.
const AT_ONCE: usize = 64;

/// How a pcap's records are laid out.
#[derive(Debug, Clone, Copy)]
pub struct Records {
    head: Head,
    /// About when it was captured, seconds since 1970.
    near_s: u64,
}

/// A stretch of a pcap.
#[derive(Debug)]
pub struct Stretch<T> {
    /// Where the next record begins in the bytes.
    pub at: usize,
    /// Records that begin from here on are another's.
    pub to: usize,
    /// Takes the records.
    pub on: T,
    /// What begins at `at` is no whole record.
    pub halted: bool,
    /// Where those begin that were found and not handed on yet.
    found: [u32; AT_ONCE],
    n_found: usize,
}

impl<T> Stretch<T> {
    /// One that begins at a record.
    pub fn new(at: usize, to: usize, on: T) -> Stretch<T> {
        Stretch {
            at,
            to,
            on,
            halted: false,
            found: [0; AT_ONCE],
            n_found: 0,
        }
    }

    /// Finds the next record. False where there is none. No more is done here than has to be: the processor
    /// is to come to the next stretch while it waits for this one's bytes.
    #[inline(always)]
    fn step<const BIG: bool>(&mut self, head: Head, bytes: &[u8], touched: &mut u8) -> bool {
        let Some(found) = self
            .found
            .get_mut(self.n_found)
            .filter(|_| self.at < self.to)
        else {
            return false;
        };
        let at = self.at;
        let usual = bytes.get(at..).and_then(|rest| rest.first_chunk::<LINES>());
        let len = match usual {
            Some(begin) => {
                // The headers behind lie in the next lines of the cache, which are to come at the same time.
                *touched ^= begin[64] ^ begin[LINES - 1];
                Record::len::<BIG>(head.kind, begin)
            }
            None => 0,
        };
        let is_usual = len > head.kind.record_bytes && len <= bytes.len() - at;
        let len = match is_usual && len <= PACKET_MAX_BYTES {
            true => len,
            false => match Record::whole::<BIG>(head.kind, bytes.get(at..).unwrap_or_default()) {
                Some((_, _, len)) => len,
                None => {
                    (self.halted, self.to) = (true, self.at);
                    return false;
                }
            },
        };
        *found = at as u32;
        self.n_found += 1;
        self.at += len;
        true
    }

    /// Hands on what was found.
    fn hand_on<'b, const BIG: bool>(&mut self, head: Head, bytes: &'b [u8])
    where
        T: Take<'b>,
    {
        for at in &self.found[..std::mem::take(&mut self.n_found)] {
            let at = *at as usize;
            if let Some((record, data, _)) = Record::whole::<BIG>(head.kind, &bytes[at..]) {
                let at = at + head.kind.record_bytes;
                self.on.packet(head.captured(0, &record, data, at));
            }
        }
    }
}

impl Records {
    /// Offset of the first record.
    pub const FIRST: usize = HEAD_BYTES;

    /// Those of the file with these first bytes; nothing where it is no pcap with a packet in it.
    pub fn of(bytes: &[u8]) -> Option<Records> {
        let kind = kind(*bytes.first_chunk()?)?;
        let head = Head::read(kind, bytes.first_chunk()?);
        let first = Record::read(kind, bytes.get(HEAD_BYTES..)?.first_chunk()?);
        Some(Records {
            head,
            near_s: u64::from(first.seconds),
        })
    }

    /// Where a record probably begins, from `at` on and before `to`.
    pub fn guess(&self, bytes: &[u8], at: usize, to: usize) -> Option<usize> {
        // Of both lengths, the highest byte is 0: that is told first, for hardly any place is one.
        let highest = match self.head.kind.big_endian {
            true => [8, 12],
            false => [11, 15],
        };
        let heads = bytes.get(at..bytes.len().min(to + 15))?.windows(16);
        let is_one = |i: usize| believed_records(self.head, bytes, at + i, Some(self.near_s));
        heads
            .enumerate()
            .find(|(i, head)| head[highest[0]] == 0 && head[highest[1]] == 0 && is_one(*i))
            .map(|(i, _)| at + i)
    }

    /// Finds the next few records of each stretch, one by turns, up to its end or to what is none, and hands
    /// them on. They begin in the first 4 GiB of the bytes. False where there were none any more.
    pub fn walk<'b, T: Take<'b>>(&self, bytes: &'b [u8], stretches: &mut [Stretch<T>]) -> bool {
        match self.head.kind.big_endian {
            true => self.walk_of::<T, true>(bytes, stretches),
            false => self.walk_of::<T, false>(bytes, stretches),
        }
    }

    fn walk_of<'b, T: Take<'b>, const BIG: bool>(
        &self,
        bytes: &'b [u8],
        stretches: &mut [Stretch<T>],
    ) -> bool {
        let head = self.head;
        let mut touched = 0;
        let mut any = false;
        for _ in 0..AT_ONCE {
            let step = |stretch: &mut Stretch<T>| stretch.step::<BIG>(head, bytes, &mut touched);
            let now = stretches
                .iter_mut()
                .map(step)
                .fold(false, |any, one| any | one);
            any |= now;
            if !now {
                break;
            }
        }
        std::hint::black_box(touched);
        for stretch in stretches {
            stretch.hand_on::<BIG>(head, bytes);
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Captured;

    /// Numbers of bytes of frames.
    struct Lens(Vec<usize>);

    impl<'b> Take<'b> for Lens {
        fn packet(&mut self, packet: Captured<'b>) {
            self.0.push(packet.data.len());
        }
    }

    /// A pcap whose frames have these lengths, and where its records begin.
    fn pcap(lens: &[usize], big_endian: bool) -> (Vec<u8>, Vec<usize>) {
        let word = |n: u32| match big_endian {
            true => n.to_be_bytes(),
            false => n.to_le_bytes(),
        };
        let head = [0xA1B2_C3D4, 0x0002_0004, 0, 0, 65_535, 1];
        let mut file: Vec<u8> = head.into_iter().flat_map(word).collect();
        let mut begins = Vec::new();
        for (i, len) in lens.iter().enumerate() {
            begins.push(file.len());
            for n in [1_700_000_000 + i as u32, 7, *len as u32, *len as u32] {
                file.extend(word(n));
            }
            file.extend((0..*len).map(|byte| (byte * 31 + i) as u8));
        }
        (file, begins)
    }

    #[test]
    fn the_next_record_is_guessed_from_everywhere() {
        for big_endian in [false, true] {
            let (file, begins) = pcap(&[60, 1, 200, 74, 1_500, 60], big_endian);
            let records = Records::of(&file).unwrap();
            for at in Records::FIRST..file.len() {
                let next = begins.iter().copied().find(|begin| *begin >= at);
                assert_eq!(records.guess(&file, at, file.len()), next, "from {at}");
            }
            assert_eq!(records.guess(&file, 25, begins[1]), None);
        }
    }

    #[test]
    fn each_stretch_has_its_own_and_ends_where_the_next_begins() {
        let lens: Vec<usize> = (0..500).map(|i| 1 + i * 37 % 300).collect();
        let (mut file, begins) = pcap(&lens, false);
        // The last one is not whole.
        file.pop();
        let records = Records::of(&file).unwrap();
        let ends = [24, begins[100], begins[420], file.len()];
        let mut stretches: Vec<_> = ends
            .windows(2)
            .map(|ends| Stretch::new(ends[0], ends[1], Lens(Vec::new())))
            .collect();
        while records.walk(&file, &mut stretches) {}
        let at: Vec<_> = stretches.iter().map(|s| (s.at, s.halted)).collect();
        let expected = [
            (begins[100], false),
            (begins[420], false),
            (begins[499], true),
        ];
        assert_eq!(at, expected);
        let found: Vec<usize> = stretches.into_iter().flat_map(|s| s.on.0).collect();
        assert_eq!(found, lens[..499]);
    }
}
