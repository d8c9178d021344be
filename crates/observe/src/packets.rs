//! Packets at the peer's end of the veth, by an AF_PACKET ring (packet(7), TPACKET_V3).
//!
//! At the peer's end, because the audited app cannot see a capture there, and because what it
//! sends has left by then. A packet that the ring had no room for is a [`Body::Gap`].

use std::io;

use record::{Body, MonotonicNs, Source, Span};
use stage::net::INTERFACE;

use crate::ring::{Ring, RingSize};
use crate::{Observer, Sink, Target, Unavailable};

/// Bytes of a packet that are kept: a jumbo frame whole.
pub const SNAPLEN: u32 = 65_535;

/// Captures packets.
#[derive(Default)]
pub struct Packets {
    ring: Option<Ring>,
    size: RingSize,
    last_drain: Option<MonotonicNs>,
}

impl Packets {
    /// With a ring of another size than the usual 16 MiB.
    pub fn with_ring(size: RingSize) -> Packets {
        Packets {
            size,
            ..Packets::default()
        }
    }

    fn count_losses(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        let Some(ring) = &mut self.ring else { return };
        let from = self.last_drain.unwrap_or(now);
        match ring.drops() {
            Ok(0) => {}
            Ok(lost) => {
                let span = Span { from, to: now };
                let why = "the packet ring was full".to_owned();
                let lost = Some(u64::from(lost));
                out.record(now, Source::Packets, Body::Gap { span, lost, why });
            }
            Err(e) => {
                let why = format!("the capture's own counters cannot be read: {e}");
                let span = Span { from, to: now };
                out.record(
                    now,
                    Source::Packets,
                    Body::Gap {
                        span,
                        lost: None,
                        why,
                    },
                );
            }
        }
        self.last_drain = Some(now);
    }
}

impl Observer for Packets {
    fn source(&self) -> Source {
        Source::Packets
    }

    fn attach(&mut self, target: &Target<'_>, out: &mut dyn Sink) -> Result<(), Unavailable> {
        let size = self.size;
        let open = || Ring::open(INTERFACE, size);
        let ring = target
            .peer
            .in_net(open)
            .and_then(|opened: io::Result<Ring>| opened);
        let ring = ring.map_err(|e| Unavailable(format!("packets cannot be captured: {e}")))?;
        self.ring = Some(ring);
        let now = stage::clock::now();
        self.last_drain = Some(now);
        let note = "every packet at the peer's end of the veth; not the app's own loopback";
        out.record(now, Source::Packets, Body::Attached { note: note.into() });
        Ok(())
    }

    fn drain(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        if let Some(ring) = &mut self.ring {
            ring.drain(|realtime_ns, orig_len, data| out.packet(realtime_ns, orig_len, data));
        }
        self.count_losses(now, out);
    }

    fn detach(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        self.drain(now, out);
        if self.ring.take().is_some() {
            out.record(now, Source::Packets, Body::Detached { why: None });
        }
    }
}
