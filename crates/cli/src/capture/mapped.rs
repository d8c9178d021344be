//! A pcap that lies in the page cache, inspected where it lies.
//!
//! Of a packet of a call only the headers are looked at, a tenth of its bytes; to copy all of them out of the
//! page cache would take longer than all the rest. So the file is mapped, window by window. Whoever takes a
//! window guesses where records begin in it, and walks through several stretches of it at once. When its
//! turn comes, it is known where the window before has ended, and so whether the guess was right.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use inspect::{Part, Whole};
use memmap2::{Advice, Mmap, UncheckedAdvice};
use wire::capture::{Records, Stretch};

use super::source::Front;
use super::turns::Turns;

/// What is mapped and looked at at once. Larger ones would keep more memory, and let the cores wait for each
/// other at the end; smaller ones would let them hand over the flows' counters more often.
const WINDOW: usize = 2 << 20;
/// Stretches of a window that are walked through at once: about as many as a core waits for at a time.
const STRETCHES: usize = 8;
/// Windows that are given back at once: all cores have to hear of it.
const KEPT: usize = 8;
/// Files of fewer bytes are not worth it.
const LEAST: u64 = 16 << 20;

/// Places at which it is tried how long mapping takes, and how much is mapped there: the page cache may have
/// some of a file in large pages and some in small ones.
const TRIALS: usize = 16;
const TRIAL_BYTES: usize = 128 << 10;
/// How long that may take in all. Large pages take 50 to 100 microseconds, small ones 200 or more: those have
/// to be mapped one by one, and where half of them are small, copying is a little faster already. What is not
/// in the page cache at all is to be read.
const TRIALS_MAX: Duration = Duration::from_micros(130);

/// What is known up to the window whose turn it is.
struct Told {
    whole: Whole,
    /// Where the next record begins.
    at: usize,
    /// Nothing is to be read behind it here.
    halted: bool,
}

struct Desk<'m> {
    bytes: &'m [u8],
    /// What they are mapped by.
    map: Option<&'m Mmap>,
    window: usize,
    records: Records,
    /// The window that is to be taken next.
    next: AtomicU64,
    told: Turns<Told>,
}

/// A window's records.
#[derive(Default)]
struct Window {
    /// One for each stretch.
    parts: Vec<Part>,
    /// Those of the parts that hold something, in their order.
    order: Vec<usize>,
    /// Where the first record begins, and where the next window's does.
    begins: usize,
    ends: usize,
    halted: bool,
}

/// Inspects the whole records at the beginning of a pcap, with `helpers` threads besides this one. What is
/// behind them is left to others: damage, or the file's end. Nothing is done where mapping is not worth it.
pub fn inspect(file: &File, helpers: usize, front: &mut Front, whole: Whole) -> Whole {
    let mut head = [0; Records::FIRST + 64];
    let is_long = file
        .metadata()
        .is_ok_and(|m| m.is_file() && m.len() >= LEAST);
    if !is_long || file.read_exact_at(&mut head, 0).is_err() {
        return whole;
    }
    let Some(records) = Records::of(&head) else {
        return whole;
    };
    // SAFETY: the file may be written to while it is read. What is read is taken for what it says only once,
    // and is checked like all that a file may hold; and where it has become shorter, that is said.
    let Ok(map) = (unsafe { Mmap::map(file) }) else {
        return whole;
    };
    if !is_worth_it(&map) || super::shorter::tell().is_err() {
        return whole;
    }
    let (whole, at) = read(&map, Some(&map), WINDOW, records, helpers, whole);
    front.pass(&head[..Records::FIRST], at as u64, &whole.walker);
    whole
}

/// Inspects the records at the beginning of these bytes, and says where they end.
fn read(
    bytes: &[u8],
    map: Option<&Mmap>,
    window: usize,
    records: Records,
    helpers: usize,
    whole: Whole,
) -> (Whole, usize) {
    let desk = Desk {
        bytes,
        map,
        window,
        records,
        next: AtomicU64::new(0),
        told: Turns::new(Told {
            whole,
            at: Records::FIRST,
            halted: false,
        }),
    };
    thread::scope(|scope| {
        let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(|| desk.work())).collect();
        desk.work();
        for helper in helpers {
            // One that has panicked has said why; what it has left out must not be left out in silence.
            helper.join().expect("a helper has ended by itself");
        }
    });
    let Told { whole, at, .. } = desk.told.into_inner();
    (whole, at)
}

/// Whether the page cache has most of the file in large pages.
fn is_worth_it(map: &Mmap) -> bool {
    let mut took = Duration::ZERO;
    (0..TRIALS).all(|i| {
        let from = map.len() / TRIALS * i / TRIAL_BYTES * TRIAL_BYTES;
        let began = Instant::now();
        let done = map.advise_range(Advice::PopulateRead, from, TRIAL_BYTES);
        took += began.elapsed();
        give_back(map, from, from + TRIAL_BYTES);
        done.is_ok() && took < TRIALS_MAX
    })
}

/// What was mapped counts as this program's memory until it is given back.
fn give_back(map: &Mmap, from: usize, to: usize) {
    // SAFETY: the mapping is shared and of a file: whoever still reads there gets the same bytes again.
    let _ = unsafe { map.unchecked_advise_range(UncheckedAdvice::DontNeed, from, to - from) };
}

impl Desk<'_> {
    /// Takes one window after the other until the file has ended.
    fn work(&self) {
        let _guard = self.told.guard();
        let mut window = Window::default();
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let from = index as usize * self.window;
            if from >= self.bytes.len() {
                return;
            }
            let to = self.bytes.len().min(from + self.window);
            if let Some(map) = self.map {
                // Where it fails, they are mapped as they are read.
                let _ = map.advise_range(Advice::PopulateRead, from, to - from);
            }
            let bytes = &self.bytes[from..];
            let first = match index {
                0 => Some(Records::FIRST),
                _ => self.records.guess(bytes, 0, to - from),
            };
            // A window without a beginning lies within a record.
            window.read(&self.records, bytes, first.unwrap_or(to - from), to - from);
            let halted = self.told.take(index, |told| {
                if !told.halted && told.at < to {
                    // The guess was wrong.
                    if told.at != from + window.begins {
                        window.read(&self.records, bytes, told.at - from, to - from);
                    }
                    for part in &window.order {
                        told.whole.add(&mut window.parts[*part], bytes);
                    }
                    told.at = from + window.ends;
                    told.halted = window.halted;
                }
                told.halted
            });
            // All windows up to this one have been told.
            if let Some(map) = self
                .map
                .filter(|_| (index as usize + 1).is_multiple_of(KEPT))
            {
                give_back(map, to - (KEPT * self.window).min(to), to);
            }
            if halted != Some(false) {
                return;
            }
        }
    }
}

impl Window {
    /// Finds and dissects all records that begin from `from` on, where one does, and before `to`.
    fn read(&mut self, records: &Records, bytes: &[u8], from: usize, to: usize) {
        self.parts.resize_with(STRETCHES, Part::default);
        for part in &mut self.parts {
            part.clear();
        }
        let mut begins = vec![from];
        for i in 1..STRETCHES {
            let (at, until) = (to / STRETCHES * i, to / STRETCHES * (i + 1));
            if at > from {
                begins.extend(records.guess(bytes, at, until));
            }
        }
        begins.push(to);
        let takers = self.parts.iter_mut();
        let mut stretches: Vec<_> = begins
            .windows(2)
            .zip(takers)
            .map(|(ends, on)| Stretch::new(ends[0], ends[1], on))
            .collect();
        while records.walk(bytes, &mut stretches) {
            for stretch in &mut stretches {
                stretch.on.dissect(bytes);
            }
        }
        self.order.clear();
        self.order.push(0);
        let mut current = 0;
        for next in 1..stretches.len() {
            let stretch = &mut stretches[current];
            if stretch.halted {
                break;
            }
            if stretch.at == begins[next] {
                self.order.push(next);
                current = next;
            } else {
                // The next one was no beginning: this one goes on through it.
                stretch.to = begins[next + 1];
                while records.walk(bytes, std::slice::from_mut(stretch)) {}
                stretch.on.dissect(bytes);
            }
        }
        (self.begins, self.ends) = (from, stretches[current].at);
        self.halted = stretches[current].halted;
    }
}

#[cfg(test)]
mod tests {
    use inspect::Inspection;
    use proptest::prelude::*;
    use wire::capture::{Reader, Take};

    use super::*;

    /// Calls' packets, and some that look like records themselves.
    fn capture(sizes: &[(u8, u16)], big_endian: bool) -> Vec<u8> {
        let word = |n: u32| {
            if big_endian {
                n.to_be_bytes()
            } else {
                n.to_le_bytes()
            }
        };
        let mut file: Vec<u8> = [0xA1B2_C3D4, 0x0002_0004, 0, 0, 65_535, 1]
            .into_iter()
            .flat_map(word)
            .collect();
        for (i, (call, size)) in sizes.iter().enumerate() {
            let i = i as u32;
            let mut rtp = vec![0x90, 111, (i >> 8) as u8, i as u8];
            rtp.extend((i * 960).to_be_bytes());
            rtp.extend([0, 0, 0, *call, 0xBE, 0xDE, 0, 1, 0x10, i as u8, 0, 0]);
            // Whoever guesses must be able to err: these look like two records in a row.
            for n in [
                1_700_000_000,
                5,
                16,
                16,
                0,
                0,
                0,
                0,
                1_700_000_001,
                6,
                20,
                20,
            ] {
                rtp.extend(word(n));
            }
            rtp.resize(rtp.len() + usize::from(*size), i as u8);
            let mut frame = Vec::new();
            etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
                .ipv4([10, 0, 0, *call], [10, 0, 1, 1], 9)
                .udp(5_000, 6_000)
                .write(&mut frame, &rtp)
                .unwrap();
            for n in [
                1_700_000_000 + i / 50,
                i % 50,
                frame.len() as u32,
                frame.len() as u32,
            ] {
                file.extend(word(n));
            }
            file.extend(frame);
        }
        file
    }

    /// What is found from front to end, and where it ends.
    fn in_turn(bytes: &[u8]) -> (Inspection, usize) {
        let (mut whole, mut part) = (Whole::default(), Part::default());
        let mut reader = Reader::default();
        let _ = reader.read(bytes, &mut Taker(&mut part));
        part.dissect(bytes);
        whole.add(&mut part, bytes);
        (whole.finish(), reader.offset() as usize)
    }

    struct Taker<'p>(&'p mut Part);

    impl<'b> Take<'b> for Taker<'_> {
        fn packet(&mut self, packet: wire::capture::Captured<'b>) {
            let mut part = &mut *self.0;
            part.packet(packet);
        }
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_is_found_from_front_to_end(
            sizes in prop::collection::vec((0..4u8, 0..900u16), 1..400),
            big_endian in any::<bool>(),
            window in 300..20_000usize,
            helpers in 0..3usize,
            cut in any::<prop::sample::Index>(),
            broken in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let mut bytes = capture(&sizes, big_endian);
            if let Some(at) = broken {
                let at = 24 + at.index(bytes.len() - 24);
                bytes[at..].iter_mut().take(16).for_each(|byte| *byte = 0xFF);
            }
            bytes.truncate(40 + cut.index(bytes.len() - 39));
            let records = Records::of(&bytes).unwrap();
            let (whole, at) = read(&bytes, None, window, records, helpers, Whole::default());
            prop_assert_eq!((whole.finish(), at), in_turn(&bytes));
        }
    }
}
