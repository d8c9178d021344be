//! Where the packets lie in a piece of a capture: the one step that has to be done from front to end.

use wire::capture::{Captured, Take};

use crate::dissect::Dissected;
use crate::findings::Inspection;
use crate::table::Key;

/// A packet so much older than the one before is told, nanoseconds.
const BACK_NS: u64 = 1_000_000_000;

/// A piece of a capture on its way: a [`Walker`] says where its packets lie, a [`crate::Dissector`] what
/// they are, and an [`crate::Inspector`] tells their flows. It is empty again after that.
#[derive(Debug, Default)]
pub struct Batch {
    /// Number of the first packet.
    pub(crate) first: u64,
    pub(crate) places: Vec<Place>,
    /// How many of them were dissected.
    pub(crate) n_dissected: usize,
    /// Places of packets, of which the first `n` are taken: they are never given back.
    pub(crate) packets: Vec<Dissected>,
    pub(crate) n: usize,
    /// Keys that have no room in a packet.
    pub(crate) keys: Vec<Key>,
}

/// A packet in the bytes that were handed in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub t: u64,
    pub at: u32,
    pub len: u32,
    pub link_type: u16,
}

/// Counts what only the packets' order tells.
#[derive(Debug, Default)]
pub struct Walker {
    n: u64,
    bytes: u64,
    /// The earliest and the latest.
    times: Option<[u64; 2]>,
    /// Of the first packet, and of the last.
    begun_ns: u64,
    before_ns: u64,
    cut: u64,
    without_time: u64,
    back_in_time: u64,
    /// Number of the first of them, from 1.
    back_first: u64,
}

impl Batch {
    /// Its first packet comes behind so many.
    pub(crate) fn go_on(&mut self, before: u64) {
        self.first = before + 1;
    }

    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.keys.clear();
        (self.n, self.n_dissected) = (0, 0);
    }
}

/// Takes packets one by one, and puts their places in a batch.
#[derive(Debug)]
pub struct Walk<'w> {
    walker: &'w mut Walker,
    places: &'w mut Vec<Place>,
}

impl<'b> Take<'b> for Walk<'_> {
    #[inline(always)]
    fn packet(&mut self, packet: Captured<'b>) {
        let walker = &mut *self.walker;
        walker.n += 1;
        walker.bytes += u64::from(packet.orig_len);
        walker.cut += u64::from((packet.data.len() as u64) < u64::from(packet.orig_len));
        let t = packet.realtime_ns.unwrap_or(walker.before_ns);
        walker.without_time += u64::from(packet.realtime_ns.is_none());
        if t.saturating_add(BACK_NS) < walker.before_ns {
            walker.went_back(walker.n);
        }
        walker.before_ns = t;
        let [first, last] = walker.times.unwrap_or_else(|| {
            walker.begun_ns = t;
            [t, t]
        });
        walker.times = Some([first.min(t), last.max(t)]);
        self.places.push(Place {
            t,
            at: packet.at as u32,
            len: packet.data.len() as u32,
            link_type: packet.link_type,
        });
    }
}

impl Walker {
    /// Packets so far.
    pub fn n_packets(&self) -> u64 {
        self.n
    }

    /// The last packet's time, nanoseconds since 1970.
    pub fn last_ns(&self) -> u64 {
        self.before_ns
    }

    /// Counts a packet that is older than the one before.
    #[cold]
    fn went_back(&mut self, number: u64) {
        self.back_in_time += 1;
        if self.back_in_time == 1 {
            self.back_first = number;
        }
    }

    /// Adds what was counted right behind, where all packets have times.
    pub(crate) fn append(&mut self, next: &Walker) {
        let Some([first, last]) = next.times else {
            return;
        };
        let is_back = next.begun_ns.saturating_add(BACK_NS) < self.before_ns;
        if is_back {
            self.went_back(self.n + 1);
        }
        if next.back_in_time > 0 {
            self.went_back(self.n + next.back_first);
            self.back_in_time += next.back_in_time - 1;
        }
        self.n += next.n;
        self.bytes += next.bytes;
        self.cut += next.cut;
        self.without_time += next.without_time;
        self.before_ns = next.before_ns;
        let times = self.times.unwrap_or([first, last]);
        self.times = Some([times[0].min(first), times[1].max(last)]);
    }

    /// What puts packets in a batch. The bytes in which they lie are at most 4 GiB.
    #[inline(always)]
    pub fn walk<'w>(&'w mut self, batch: &'w mut Batch) -> Walk<'w> {
        if batch.places.is_empty() {
            batch.first = self.n + 1;
        }
        Walk {
            walker: self,
            places: &mut batch.places,
        }
    }

    /// Adds what was counted here to what was found.
    pub(crate) fn tell(&self, out: &mut Inspection) {
        out.packets = self.n;
        out.bytes = self.bytes;
        [out.first_ns, out.last_ns] = self.times.unwrap_or_default();
        out.left_out.cut = self.cut;
        out.left_out.without_time = self.without_time;
        out.left_out.back_in_time = self.back_in_time;
        out.left_out.back_in_time_first = self.back_first;
    }
}
