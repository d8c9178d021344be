//! Which datagrams hold nothing new: the bytes of the one before, but for counters that go on as they did.
//!
//! Such a datagram can be told beforehand from those before it, so nothing of the sound is in its contents,
//! encrypted or not; when it comes, and that it does, is counted elsewhere. A datagram is compared with
//! the one before it of the same flow and length. What differs between the two may be a few whole numbers
//! of up to eight bytes, of either byte order, each of which has grown by as much as the time before. A
//! number that grows into a byte that was still before has that byte from then on.

use std::collections::HashMap;
use std::ops::Range;

use crate::trace::FlowKey;

/// Most numbers in one datagram, and most bytes of one: what differs in more is no counter.
const COUNTERS_MAX: usize = 4;
const WIDTH_MAX: usize = 8;

/// Flows and lengths that are followed at most; of others nothing is known.
const FOLLOWED_MAX: usize = 4_096;
/// Bytes of all that is followed, together.
const BYTES_MAX: usize = 16 << 20;

/// The datagrams that came last, by flow and length.
#[derive(Default)]
pub(crate) struct SameAgain {
    last: HashMap<(FlowKey, usize), Last>,
    bytes: usize,
}

struct Last {
    payload: Vec<u8>,
    /// Nothing where more differed than counters would.
    counters: Option<Vec<Counter>>,
}

/// A number that grows.
struct Counter {
    at: Range<usize>,
    /// By how much, if its first byte is the largest, and if it is the smallest. Nothing where that has
    /// not held.
    big_endian: Option<u64>,
    little_endian: Option<u64>,
}

impl SameAgain {
    /// Whether a datagram could be told from those before it.
    pub(crate) fn push(&mut self, flow: FlowKey, payload: &[u8]) -> bool {
        let key = (flow, payload.len());
        let Some(last) = self.last.get_mut(&key) else {
            if self.last.len() < FOLLOWED_MAX && self.bytes + payload.len() <= BYTES_MAX {
                self.bytes += payload.len();
                let (payload, counters) = (payload.to_vec(), None);
                self.last.insert(key, Last { payload, counters });
            }
            return false;
        };
        let before = &last.payload;
        let known = last.counters.take();
        let places = differing(before, payload, known.as_deref().unwrap_or(&[]));
        let grown = |at: Range<usize>| Counter::grown(at, before, payload);
        let mut now: Option<Vec<Counter>> =
            places.map(|places| places.into_iter().map(grown).collect());
        let go_on = match (&known, &mut now) {
            (Some(known), Some(now)) => {
                let all = now.iter_mut().map(|counter| counter.goes_on(known));
                let all = all.fold(true, |all, one| all & one);
                // One that stood still did not go on either.
                let moved = |known: &Counter| now.iter().any(|counter| counter.has(known));
                all && known.iter().all(moved)
            }
            _ => false,
        };
        last.counters = now;
        last.payload.copy_from_slice(payload);
        go_on
    }
}

impl Counter {
    fn grown(at: Range<usize>, before: &[u8], now: &[u8]) -> Counter {
        let (before, now) = (&before[at.clone()], &now[at.clone()]);
        let mask = u64::MAX >> (64 - 8 * at.len() as u32);
        let push = |n: u64, byte: &u8| n << 8 | u64::from(*byte);
        let big = |bytes: &[u8]| bytes.iter().fold(0, push);
        let little = |bytes: &[u8]| bytes.iter().rev().fold(0, push);
        Counter {
            at,
            big_endian: Some(big(now).wrapping_sub(big(before)) & mask),
            little_endian: Some(little(now).wrapping_sub(little(before)) & mask),
        }
    }

    fn has(&self, known: &Counter) -> bool {
        self.at.start <= known.at.start && known.at.end <= self.at.end
    }

    /// Whether it grew by as much as those that it is made of, by either order of its bytes; forgets the
    /// order by which it did not.
    fn goes_on(&mut self, known: &[Counter]) -> bool {
        let inside = || known.iter().filter(|known| self.has(known));
        let sum = |step: fn(&Counter) -> Option<u64>, place: &dyn Fn(&Counter) -> usize| {
            let mut steps = inside().map(|c| Some(step(c)? << (8 * place(c))));
            steps.try_fold(0u64, |sum, step| Some(sum.wrapping_add(step?)))
        };
        let big = sum(|c| c.big_endian, &|c| self.at.end - c.at.end);
        let little = sum(|c| c.little_endian, &|c| c.at.start - self.at.start);
        let big = self.big_endian.filter(|_| self.big_endian == big);
        let little = self.little_endian.filter(|_| self.little_endian == little);
        let goes_on = big.is_some() || little.is_some();
        if goes_on {
            (self.big_endian, self.little_endian) = (big, little);
        }
        goes_on
    }
}

/// Where two datagrams of one length differ, each place as wide as the counters that it touches; nothing
/// where that is more than counters would.
fn differing(before: &[u8], now: &[u8], known: &[Counter]) -> Option<Vec<Range<usize>>> {
    let mut places: Vec<Range<usize>> = Vec::new();
    for i in (0..now.len()).filter(|&i| before[i] != now[i]) {
        // Most bytes of a counter stand still most of the time.
        let counter = known.iter().find(|counter| counter.at.contains(&i));
        let at = counter.map_or(i..i + 1, |counter| counter.at.clone());
        match places.last_mut() {
            Some(last) if last.end >= at.start => last.end = last.end.max(at.end),
            _ => places.push(at),
        }
        let is_too_wide = places.last().is_some_and(|last| last.len() > WIDTH_MAX);
        if places.len() > COUNTERS_MAX || is_too_wide {
            return None;
        }
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use wire::Transport;

    use super::*;

    /// Which of these datagrams of one flow could be told from those before.
    fn told(datagrams: &[Vec<u8>]) -> Vec<bool> {
        let flow = (SocketAddr::from(([10, 0, 0, 1], 5_004)), Transport::Udp);
        let mut same = SameAgain::default();
        datagrams.iter().map(|d| same.push(flow, d)).collect()
    }

    /// How many of `n` could not be told, after the first three.
    fn new(n: u64, datagram: impl Fn(u64) -> Vec<u8>) -> usize {
        let told = told(&(0..n).map(datagram).collect::<Vec<_>>());
        told[3.min(told.len())..]
            .iter()
            .filter(|told| !**told)
            .count()
    }

    #[test]
    fn the_same_bytes_with_counters_hold_nothing_new() {
        assert_eq!(new(1_000, |_| vec![7; 46]), 0);
        for n in [0u64, 250, 65_000, 16_777_000, u64::from(u32::MAX) - 300] {
            let be = |i| [&[1, 2][..], &((n + i) as u32).to_be_bytes(), &[9; 20]].concat();
            let le = |i| [&[1, 2][..], &((n + i) as u32).to_le_bytes(), &[9; 20]].concat();
            let byte = |i| [&[1, 2][..], &[(n + i) as u8], &[9; 20]].concat();
            assert_eq!(
                (new(700, be), new(700, le), new(700, byte)),
                (0, 0, 0),
                "{n}"
            );
        }
        // As RTP's number and time, which lie beside each other and run into each other's bytes.
        let rtp = |i: u64| {
            let (seq, time) = (i as u16, (i * 960) as u32);
            [
                &[0x80, 111][..],
                &seq.to_be_bytes(),
                &time.to_be_bytes(),
                &[5; 30],
            ]
            .concat()
        };
        assert_eq!(new(80_000, rtp), 0);
    }

    #[test]
    fn whatever_else_changes_is_new() {
        // A byte that tells something, beside a counter.
        let told_by = |i: u64| vec![3, i as u8, u8::from(i.is_multiple_of(10)), 3];
        assert_eq!(new(103, told_by), 30);
        // A counter that leaves numbers out.
        assert_eq!(new(103, |i| vec![3, (i + i / 10) as u8, 3]), 20);
        // One that stands still.
        assert_eq!(new(103, |i| vec![3, (i / 10) as u8, 3]), 20);
        let mixed = |i: u64| {
            i.wrapping_mul(0x9E37_79B9_7F4A_7C15)
                .to_be_bytes()
                .repeat(4)
        };
        assert_eq!(new(103, mixed), 100);
        // Each length by itself; what stands still is known from the third on.
        let two: Vec<_> = (0..6).map(|i| vec![1; 1 + i % 2]).collect();
        let known = [false, false, false, false, true, true];
        assert_eq!(told(&two), known);
    }
}
