//! Parts of a capture that are looked at by themselves, and all of it.

use wire::capture::{Captured, Take};

use crate::{Batch, Dissector, Inspection, Inspector, Walker};

/// What one part of a capture shows before it is known what lies before it.
#[derive(Debug, Default)]
pub struct Part {
    walker: Walker,
    dissector: Dissector,
    batch: Batch,
}

impl Part {
    /// Says of the packets that it took since the last time, which lie in `bytes`, what they are.
    pub fn dissect(&mut self, bytes: &[u8]) {
        self.dissector.dissect(&mut self.batch, bytes);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.walker = Walker::default();
        self.dissector.clear();
        self.batch.clear();
    }
}

impl<'b> Take<'b> for &mut Part {
    #[inline(always)]
    fn packet(&mut self, packet: Captured<'b>) {
        self.walker.walk(&mut self.batch).packet(packet);
    }
}

/// What a capture shows up to a place.
#[derive(Default)]
pub struct Whole {
    /// Where its packets lie.
    pub walker: Walker,
    /// What they are.
    pub dissector: Dissector,
    /// Whose they are.
    pub inspector: Inspector,
}

impl Whole {
    /// Adds the part that lies right behind, and clears it. All its packets have times.
    pub fn add(&mut self, part: &mut Part, bytes: &[u8]) {
        let before = self.walker.n_packets();
        part.batch.go_on(before);
        self.inspector.add(&mut part.batch, bytes);
        self.dissector.merge(&part.dissector, before);
        self.walker.append(&part.walker);
        part.clear();
    }

    /// What was found.
    pub fn finish(self) -> Inspection {
        self.inspector.finish(&self.walker, &self.dissector)
    }
}
