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

/// Takes packets one by one, and counts what only their order tells.
#[derive(Debug, Default)]
pub struct Walker {
    places: Vec<Place>,
    n: u64,
    bytes: u64,
    /// The earliest and the latest.
    times: Option<[u64; 2]>,
    before_ns: u64,
    cut: u64,
    without_time: u64,
    back_in_time: u64,
}

impl<'b> Take<'b> for Walker {
    #[inline(always)]
    fn packet(&mut self, packet: Captured<'b>) {
        self.n += 1;
        self.bytes += u64::from(packet.orig_len);
        self.cut += u64::from((packet.data.len() as u64) < u64::from(packet.orig_len));
        let t = packet.realtime_ns.unwrap_or(self.before_ns);
        self.without_time += u64::from(packet.realtime_ns.is_none());
        self.back_in_time += u64::from(t.saturating_add(BACK_NS) < self.before_ns);
        self.before_ns = t;
        let [first, last] = self.times.unwrap_or([t, t]);
        self.times = Some([first.min(t), last.max(t)]);
        self.places.push(Place {
            t,
            at: packet.at as u32,
            len: packet.data.len() as u32,
            link_type: packet.link_type,
        });
    }
}

impl Walker {
    /// Moves what was found since the last time to an empty batch. The bytes in which it lies are at most
    /// 4 GiB.
    pub fn give(&mut self, batch: &mut Batch) {
        batch.first = self.n + 1 - self.places.len() as u64;
        std::mem::swap(&mut self.places, &mut batch.places);
        self.places.clear();
    }

    /// Adds what was counted here to what was found.
    pub(crate) fn tell(&self, out: &mut Inspection) {
        out.packets = self.n;
        out.bytes = self.bytes;
        [out.first_ns, out.last_ns] = self.times.unwrap_or_default();
        out.left_out.cut = self.cut;
        out.left_out.without_time = self.without_time;
        out.left_out.back_in_time = self.back_in_time;
    }
}
