//! Bytes to packets and back.
//!
//! Sans-IO: bytes go in as slices, results come out; no file, no socket, no clock. Everything here
//! reads bytes that the audited app or the network chose, so nothing panics on bad input: errors
//! carry the offset of the offending byte.
#![forbid(unsafe_code)]

use std::borrow::Cow;

pub mod capture;
mod datagram;
pub mod decode;
pub mod dns;
pub mod fragments;
pub mod g711;
pub mod headers;
pub mod http2;
pub mod link;
pub mod opus;
pub mod pcapng;
pub mod quic;
pub mod repeat;
pub mod rtp;
pub mod rtp_log;
pub mod secrets;
mod server_name;
pub mod stream;
pub mod tcp;
pub mod tls;
pub mod turn;
pub mod udp;

pub use datagram::{Datagram, NoDatagram, Transport, datagram, datagram_at};
pub use server_name::ServerName;

/// One captured frame on the session's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet<'a> {
    /// When it passed the capture point (converted from wall time by the session's clock pairs).
    pub t: record::MonotonicNs,
    /// The frame from its Ethernet header on, as far as it was captured.
    pub data: Cow<'a, [u8]>,
    /// Length of the frame on the wire, bytes; more than `data` holds if the capture cut it.
    pub orig_len: u32,
}
