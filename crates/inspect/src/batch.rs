use crate::dissected::Dissected;
use crate::table::Key;

/// Packets that were dissected, and whose flows are to be told of them.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// Number of the first packet in the file.
    pub first: u64,
    pub packets: Vec<Dissected>,
    /// Keys that have no room in a packet.
    pub keys: Vec<Key>,
    /// Packets that came in fragments, one after the other.
    pub assembled: Vec<u8>,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.packets.clear();
        self.keys.clear();
        self.assembled.clear();
    }
}
