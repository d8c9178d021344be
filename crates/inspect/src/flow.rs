//! One flow: counters both ways, and what stood in the open.

use crate::packet_ref::PacketRef;
use crate::stream::{Mark, Stream};
use wire::udp::Kind;

/// Sources of RTP in one flow that are told apart.
pub(crate) const STREAMS: usize = 8;

/// What went one way.
#[derive(Debug, Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Side {
    pub packets: u64,
    /// Network layer.
    pub bytes: u64,
    pub stun: u64,
    pub dtls: u64,
    pub quic: u64,
    pub rtcp: u64,
}

/// A flow. What most packets change comes first. Packets of a source are counted there, and added when
/// source or flow ends.
#[derive(Debug, Clone, Default)]
#[repr(C)]
pub(crate) struct Flow {
    pub last: u64,
    /// Indices of sources, + 1.
    pub streams: [u32; STREAMS],
    pub last_ns: u64,
    pub first: u64,
    pub first_ns: u64,
    /// Sources that had no room.
    pub n_streams_left_out: u64,
    pub quic_version: u32,
    /// As the server chose, else as the records have it: 0xFEFD is 1.2, 0xFEFC is 1.3.
    pub dtls_version: u16,
    /// The lower end's, then the higher end's.
    pub sides: [Side; 2],
    pub quic: Mark,
    pub dtls: Mark,
    pub open: Option<Box<crate::open::Open>>,
}

impl Flow {
    /// Counts a packet.
    #[inline(always)]
    pub(crate) fn count(&mut self, seen: &PacketRef) {
        self.last = seen.number;
        self.last_ns = seen.t;
        let side = &mut self.sides[usize::from(seen.up)];
        side.packets += 1;
        side.bytes += u64::from(seen.ip_len);
    }

    /// Adds what was counted at one of its sources.
    pub(crate) fn add(&mut self, stream: &Stream) {
        let side = &mut self.sides[usize::from(stream.up)];
        side.packets += stream.n;
        side.bytes += stream.ip_bytes;
        if stream.last > self.last {
            (self.last, self.last_ns) = (stream.last, stream.last_ns);
        }
    }

    /// Indices of its sources.
    pub(crate) fn sources(&self) -> impl Iterator<Item = usize> {
        let places = self.streams.iter();
        places.filter_map(|place| (*place as usize).checked_sub(1))
    }

    /// Whether all of a flow's packets are QUIC's but those that cannot be: both ends may agree to send the
    /// bit that tells QUIC apart at random (RFC 9287).
    #[inline]
    pub(crate) fn is_quic(&self) -> bool {
        self.streams[0] == 0 && self.quic.n > 0
    }

    /// What a UDP payload is that looks like `kind`, once what the flow has shown before is taken into
    /// account. `bytes` gives the payload.
    #[inline]
    pub(crate) fn udp<'b>(
        &mut self,
        number: u64,
        up: bool,
        mut kind: Kind,
        bytes: impl Fn() -> &'b [u8],
    ) -> Kind {
        if self.is_quic() && !matches!(kind, Kind::QuicLong | Kind::Stun) {
            kind = Kind::MaybeQuic;
        }
        let side = &mut self.sides[usize::from(up)];
        match kind {
            Kind::Stun => side.stun += 1,
            Kind::Rtcp => side.rtcp += 1,
            Kind::MaybeQuic if self.quic.n > 0 => {
                side.quic += 1;
                self.quic.add(number);
            }
            Kind::QuicLong => {
                side.quic += 1;
                self.quic.add(number);
                let mut version = [0; 4];
                version.copy_from_slice(&bytes()[1..5]);
                self.quic_version = u32::from_be_bytes(version);
            }
            Kind::MaybeDtls if self.dtls.n > 0 => {
                side.dtls += 1;
                self.dtls.add(number);
            }
            Kind::Dtls => {
                side.dtls += 1;
                self.dtls.add(number);
                self.dtls_record(bytes());
            }
            _ => {}
        }
        kind
    }

    #[cold]
    fn dtls_record(&mut self, bytes: &[u8]) {
        if self.dtls_version == 0 {
            self.dtls_version = u16::from_be_bytes([bytes[1], bytes[2]]);
        }
        // A handshake record of the first epoch with a server's hello at its beginning: behind the
        // record's header lie type, length, number and a fragment's place (RFC 6347, section 4.2.2).
        if let ([22, ..], [0, 0], Some([2, ..])) = (bytes, &bytes[3..5], bytes.get(13..))
            && let Some(hello) = bytes.get(25..)
            && let Some(hello) = wire::tls::server_hello(hello)
        {
            self.dtls_version = hello;
        }
    }
}
