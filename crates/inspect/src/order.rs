use wire::capture::Captured;

use crate::findings::Inspection;

/// A packet so much older than the one before is told, nanoseconds.
const BACK_NS: u64 = 1_000_000_000;

/// Counts what only the packets' order tells.
#[derive(Debug, Default)]
pub(crate) struct Order {
    n: u64,
    bytes: u64,
    /// The earliest and the latest.
    times: Option<[u64; 2]>,
    /// Of the last packet.
    before_ns: u64,
    cut: u64,
    without_time: u64,
    back_in_time: u64,
    /// Number of the first of them, from 1.
    back_first: u64,
}

impl Order {
    /// Packets so far.
    pub(crate) fn n_packets(&self) -> u64 {
        self.n
    }

    /// Counts a packet, and says when it was captured.
    #[inline(always)]
    pub(crate) fn add(&mut self, packet: &Captured) -> u64 {
        self.n += 1;
        self.bytes += u64::from(packet.orig_len);
        self.cut += u64::from((packet.data.len() as u64) < u64::from(packet.orig_len));
        let t = packet.realtime_ns.unwrap_or(self.before_ns);
        self.without_time += u64::from(packet.realtime_ns.is_none());
        if t.saturating_add(BACK_NS) < self.before_ns {
            self.went_back();
        }
        self.before_ns = t;
        let [first, last] = self.times.unwrap_or([t, t]);
        self.times = Some([first.min(t), last.max(t)]);
        t
    }

    /// Counts a packet that is older than the one before.
    #[cold]
    fn went_back(&mut self) {
        self.back_in_time += 1;
        if self.back_in_time == 1 {
            self.back_first = self.n;
        }
    }

    /// The earliest time, nanoseconds since 1970.
    pub(crate) fn first_ns(&self) -> u64 {
        self.times.unwrap_or_default()[0]
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
