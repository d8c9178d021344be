//! A session: what a bundle holds, and nothing that was computed from it.

/// A session, or a prefix of one.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// What the bundle says of itself.
    pub manifest: &'a record::Manifest,
    /// The log, in its order.
    pub records: &'a [record::Record],
    /// The packets in time order, on the session's clock.
    pub packets: &'a [wire::Packet<'a>],
    /// Keys of TLS connections among them, where the app's library wrote them down.
    pub keys: Option<&'a wire::tls::Keys>,
}
