//! A session: what a bundle holds, and nothing that was computed from it.

use std::fmt::Debug;
use std::ops::Range;

use record::MonotonicNs;
use wire::Packet;

/// A session, or a prefix of one.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// What the bundle says of itself.
    pub manifest: &'a record::Manifest,
    /// The log, in its order.
    pub records: &'a [record::Record],
    /// The packets in time order, on the session's clock.
    pub packets: &'a (dyn Packets + 'a),
    /// Keys of TLS connections among them, where the app's library wrote them down.
    pub keys: Option<&'a wire::tls::Keys>,
}

/// Packets in time order, looked at one after the other: they need not all be in memory, and nothing that is
/// made of them holds their bytes.
pub trait Packets: Debug + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// When one of them passed.
    fn t(&self, index: usize) -> MonotonicNs;

    /// Hands on those of a range of indices, with their indices. A packet's bytes are gone after the call.
    fn each(&self, range: Range<usize>, on: &mut dyn FnMut(usize, &Packet));

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Index of the first packet that passed at `t` or later.
    fn first_at(&self, t: MonotonicNs) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.t(middle) < t {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    /// All of them at once, where it is known that they are few.
    fn to_vec(&self) -> Vec<Packet<'static>> {
        let mut all = Vec::with_capacity(self.len());
        self.each(0..self.len(), &mut |_, packet| {
            all.push(Packet {
                t: packet.t,
                data: packet.data.to_vec().into(),
                orig_len: packet.orig_len,
            });
        });
        all
    }
}

impl Packets for &[Packet<'_>] {
    fn len(&self) -> usize {
        <[_]>::len(self)
    }

    fn t(&self, index: usize) -> MonotonicNs {
        self[index].t
    }

    fn each(&self, range: Range<usize>, on: &mut dyn FnMut(usize, &Packet)) {
        for (packet, index) in self[range.clone()].iter().zip(range) {
            on(index, packet);
        }
    }
}

impl Packets for Vec<Packet<'_>> {
    fn len(&self) -> usize {
        Vec::len(self)
    }

    fn t(&self, index: usize) -> MonotonicNs {
        self[index].t
    }

    fn each(&self, range: Range<usize>, on: &mut dyn FnMut(usize, &Packet)) {
        (&self[..]).each(range, on);
    }
}
