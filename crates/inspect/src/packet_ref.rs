/// A packet, as far as it is counted whatever it is.
pub(crate) struct PacketRef {
    pub number: u64,
    pub t: u64,
    /// From the higher end to the lower one.
    pub up: bool,
    /// Network layer.
    pub ip_len: u32,
}
