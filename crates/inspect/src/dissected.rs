//! One packet by itself, as plain numbers.

use crate::rtp::Rtp;
use crate::table::Key;
use wire::udp::Kind;

/// A packet whose flow is to be told about it: one line of a cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(align(64))]
pub(crate) struct Dissected {
    pub t: u64,
    /// Its number in the file, less that of the batch's first one.
    pub number: u32,
    /// Of the path or the key.
    pub hash: u32,
    pub flow: FlowRef,
    pub body: Body,
}

const _: () = assert!(size_of::<Dissected>() == 64);

/// Whose a packet is, and the bytes of the network layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FlowRef {
    /// A source's by its path, or of a flow by the way it goes.
    Path { ips: u64, ports: u32, ip_len: u16 },
    /// A flow's, by one of the batch's keys, and whether it goes from the higher end to the lower one.
    Key { index: u32, ip_len: u32, up: bool },
}

/// What follows on the network layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Rtp(Rtp),
    NonRtp(NonRtp),
}

/// What is no RTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NonRtp {
    /// Where the payload begins: in the bytes that were handed in, or in the batch's, if it came in fragments.
    pub at: u32,
    /// How much of it was captured.
    pub captured: u32,
    /// Sequence number of TCP.
    pub seq: u32,
    pub kind: Kind,
    /// Whether its first bytes are those of something that stands in the open.
    pub worth_a_look: bool,
    /// Whether it came in fragments.
    pub assembled: bool,
}

impl NonRtp {
    /// Its payload in the bytes that were handed in when it was read, or in those that fragments gave.
    #[inline]
    pub(crate) fn payload<'b>(&self, bytes: &'b [u8], assembled: &'b [u8]) -> &'b [u8] {
        let bytes = if self.assembled { assembled } else { bytes };
        &bytes[self.at as usize..][..self.captured as usize]
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.captured == 0
    }
}

impl Dissected {
    /// Whose it is, whether it goes from the higher end to the lower one, and the bytes of the network layer.
    pub(crate) fn key(&self, keys: &[Key]) -> (Key, bool, u32) {
        match self.flow {
            FlowRef::Path { ips, ports, ip_len } => {
                let (key, up) = Key::of_path(ips, ports);
                (key, up, u32::from(ip_len))
            }
            FlowRef::Key { index, ip_len, up } => (keys[index as usize], up, ip_len),
        }
    }
}
