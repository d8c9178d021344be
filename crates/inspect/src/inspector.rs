use wire::capture::{Captured, Take};

use crate::batch::Batch;
use crate::dissect::Dissector;
use crate::findings::Inspection;
use crate::order::Order;
use crate::tracker::Tracker;

/// Takes the packets of a capture, in the file's order, and says in the end what they show.
#[derive(Default)]
pub struct Inspector {
    order: Order,
    dissector: Dissector,
    batch: Batch,
    tracker: Tracker,
}

impl<'b> Take<'b> for Inspector {
    #[inline]
    fn packet(&mut self, packet: Captured<'b>) {
        let t = self.order.add(&packet);
        self.dissector
            .dissect(self.order.n_packets(), t, &packet, &mut self.batch);
    }
}

impl Inspector {
    /// Tells flows of the packets that were taken since the last time. They lie in `bytes`, whose beginning is
    /// where [`Captured::at`] counts from, and which are at most 4 GiB. To be called before those are gone.
    pub fn flush(&mut self, bytes: &[u8]) {
        self.tracker.tell(&mut self.batch, bytes);
    }

    /// What was found.
    pub fn finish(mut self) -> Inspection {
        self.dissector.finish(&mut self.batch);
        self.flush(&[]);
        let mut out = self.tracker.finish(self.order.first_ns());
        self.order.tell(&mut out);
        self.dissector.tell(&mut out);
        out
    }
}
