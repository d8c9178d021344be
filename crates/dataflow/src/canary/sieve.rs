//! Many needles in one pass.
//!
//! An automaton of all forms of a hundred canaries has millions of states, and one step of it, a walk through
//! memory, is taken for every byte. Here every needle is entered under `STRIDE` of its windows of `W` bytes, at
//! neighbouring offsets, and the text is looked at every `STRIDE` bytes alone: wherever a needle lies, one of
//! these looks falls on one of its windows. Nearly all looks end at one word of a filter; the others are compared
//! in full. (Sampled fingerprints, as in the search by Karp and Rabin.)

/// Finds needles of at least `W + STRIDE - 1` bytes; `W` is 8 at most.
#[derive(Debug, Clone)]
pub(super) struct Sieve<const W: usize, const STRIDE: usize> {
    /// Two bits in one word for each window.
    filter: Vec<u64>,
    filter_shift: u32,
    /// Where each bucket of `windows` begins, and where the last one ends.
    buckets: Vec<u32>,
    bucket_shift: u32,
    windows: Vec<Window>,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    key: u64,
    needle: u32,
    /// Where in the needle.
    at: u32,
}

/// Bits of the filter for each window.
const FILTER_BITS: usize = 16;

/// 2^64 divided by the golden ratio: multiplied by it, neighbouring numbers lie far apart in the upper bits
/// (Knuth, volume 3, section 6.4).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

impl<const W: usize, const STRIDE: usize> Sieve<W, STRIDE> {
    /// Shortest needle, bytes.
    pub(super) const LEN_MIN: usize = W + STRIDE - 1;

    /// Enters needles under their numbers; those that are too short are left out.
    pub(super) fn new<'n>(needles: impl Iterator<Item = (u32, &'n [u8])>) -> Self {
        let mut windows = Vec::new();
        for (number, needle) in needles.filter(|(_, needle)| needle.len() >= Self::LEN_MIN) {
            let from = most_varied(needle, Self::LEN_MIN);
            for at in from..from + STRIDE {
                windows.push(Window {
                    key: key::<W>(&needle[at..]),
                    needle: number,
                    at: at as u32,
                });
            }
        }
        let bucket_bits = windows.len().next_power_of_two().trailing_zeros().max(1);
        let words = (windows.len() * FILTER_BITS / 64)
            .next_power_of_two()
            .max(2);
        let (bucket_shift, filter_shift) = (64 - bucket_bits, 64 - words.trailing_zeros());
        windows.sort_by_key(|window| spread(window.key) >> bucket_shift);
        let mut filter = vec![0; words];
        let mut buckets = vec![0; (1 << bucket_bits) + 1];
        for window in &windows {
            let hash = spread(window.key);
            filter[(hash >> filter_shift) as usize] |= two_bits(hash);
            buckets[(hash >> bucket_shift) as usize + 1] += 1;
        }
        for i in 1..buckets.len() {
            buckets[i] += buckets[i - 1];
        }
        Sieve {
            filter,
            filter_shift,
            buckets,
            bucket_shift,
            windows,
        }
    }

    /// Calls `on` with the number of a needle and where it would begin, for each that shares a window with the
    /// text there. Each place where it really lies is among them, once.
    pub(super) fn candidates(&self, text: &[u8], mut on: impl FnMut(u32, usize)) {
        if self.windows.is_empty() {
            return;
        }
        let mut at = 0;
        while let Some(window) = text.get(at..at + W) {
            let key = key::<W>(window);
            let hash = spread(key);
            let bits = two_bits(hash);
            if self.filter[(hash >> self.filter_shift) as usize] & bits == bits {
                self.looked_at(key, hash, at, &mut on);
            }
            at += STRIDE;
        }
    }

    #[cold]
    fn looked_at(&self, key: u64, hash: u64, at: usize, on: &mut impl FnMut(u32, usize)) {
        let bucket = (hash >> self.bucket_shift) as usize;
        let (from, to) = (self.buckets[bucket], self.buckets[bucket + 1]);
        let same = |window: &&Window| window.key == key;
        let windows = self.windows[from as usize..to as usize].iter();
        for window in windows.filter(same) {
            if let Some(start) = at.checked_sub(window.at as usize) {
                on(window.needle, start);
            }
        }
    }
}

/// Which bits of its word in the filter, by bits of the hash that do not say which word.
fn two_bits(hash: u64) -> u64 {
    1 << (hash >> 24 & 63) | 1 << (hash >> 30 & 63)
}

fn spread(key: u64) -> u64 {
    key.wrapping_mul(SPREAD)
}

fn key<const W: usize>(bytes: &[u8]) -> u64 {
    let mut key = [0; 8];
    key[..W].copy_from_slice(&bytes[..W]);
    u64::from_le_bytes(key)
}

/// Where the stretch of so many bytes begins that has the most different bytes: zeros and what stands at the
/// beginning of every address are in every text.
fn most_varied(needle: &[u8], len: usize) -> usize {
    let varied = |stretch: &[u8]| {
        let mut seen = [false; 256];
        stretch.iter().for_each(|&b| seen[usize::from(b)] = true);
        seen.into_iter().filter(|&seen| seen).count()
    };
    let stretches = needle.windows(len).enumerate();
    let best = stretches.max_by_key(|(at, stretch)| (varied(stretch), std::cmp::Reverse(*at)));
    best.map_or(0, |(at, _)| at)
}
