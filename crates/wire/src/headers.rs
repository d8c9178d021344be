//! A frame's innermost datagram as plain numbers: what is asked of millions of packets a second.
//!
//! Nearly all packets are Ethernet, IP without options, UDP or TCP, whole. Those are read by fixed
//! offsets; everything else goes by [`link::datagram_on`], which says the same of the usual ones (a
//! property test compares the two).

use std::net::IpAddr;

use crate::link::{self, ETHERNET};
use crate::{Datagram, NoDatagram, Transport};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// A datagram's ends, and its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PacketHeaders<'f> {
    /// Sender's address; of IPv4 the low 32 bits.
    pub src: u128,
    /// Receiver's address likewise.
    pub dst: u128,
    /// Whether the addresses are IPv4.
    pub is_v4: bool,
    /// Sender's port, 0 where there is none.
    pub src_port: u16,
    /// Receiver's port likewise.
    pub dst_port: u16,
    /// IP protocol number; 1 for ICMP of either kind.
    pub protocol: u8,
    /// Tunnels around it that were looked through.
    pub tunnels: u8,
    /// Network layer, bytes.
    pub ip_len: u32,
    /// Sequence number of TCP; 0 of others.
    pub seq: u32,
    /// Where the payload begins in the frame.
    pub at: usize,
    /// Payload behind the transport header, as far as the frame was captured.
    pub payload: &'f [u8],
    /// Its whole length, bytes, as far as that is known.
    pub len: usize,
}

impl<'f> PacketHeaders<'f> {
    /// Whether it is the later part of a fragmented packet, which has no ports.
    #[inline]
    pub fn is_later_fragment(&self) -> bool {
        self.src_port == 0 && matches!(self.protocol, UDP | TCP)
    }

    /// Whether a datagram of UDP to this port may be a tunnel.
    #[inline]
    pub fn is_tunnel(port: u16) -> bool {
        matches!(port, link::VXLAN | link::GTP_U)
    }

    /// A frame's innermost datagram, whatever it is.
    pub fn of(link_type: u16, frame: &'f [u8]) -> Result<PacketHeaders<'f>, NoDatagram> {
        if link_type == ETHERNET
            && let Some(headers) =
                PacketHeaders::usual_v4(frame).or_else(|| PacketHeaders::usual_v6(frame))
        {
            return Ok(headers);
        }
        PacketHeaders::unusual(link_type, frame)
    }

    #[cold]
    fn unusual(link_type: u16, frame: &'f [u8]) -> Result<PacketHeaders<'f>, NoDatagram> {
        let (datagram, tunnels) = link::datagram_on(link_type, frame)?;
        let number = |address| match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => v6.into(),
        };
        let Datagram { src, dst, .. } = datagram;
        // The range was made from the frame.
        let payload = &frame[datagram.payload.clone()];
        let word = frame
            .get(datagram.header + 4..)
            .and_then(<[u8]>::first_chunk::<4>);
        let word = word.copied().unwrap_or_default();
        let (mut seq, mut len) = (0, payload.len());
        let protocol = match datagram.transport {
            Transport::Udp => {
                let [high, low, ..] = word;
                len = len.max(usize::from(u16::from_be_bytes([high, low])).saturating_sub(8));
                UDP
            }
            Transport::Tcp => {
                seq = u32::from_be_bytes(word);
                TCP
            }
            Transport::Icmp => 1,
            Transport::Other(number) => number,
        };
        Ok(PacketHeaders {
            src: number(src.ip()),
            dst: number(dst.ip()),
            is_v4: src.is_ipv4(),
            src_port: src.port(),
            dst_port: dst.port(),
            protocol,
            tunnels,
            ip_len: datagram.ip_len,
            seq,
            at: datagram.payload.start,
            payload,
            len,
        })
    }

    /// That of a frame of Ethernet which holds a whole packet of IPv4 without options with UDP or TCP in it,
    /// and no tunnel; nothing of another.
    #[inline]
    pub fn usual_v4(frame: &'f [u8]) -> Option<PacketHeaders<'f>> {
        const HEADER: usize = 34;
        let head: &[u8; HEADER + 8] = frame.first_chunk()?;
        let more_or_later = u16_of(head, 20) & 0x3FFF != 0;
        if u16_of(head, 12) != 0x0800 || head[14] != 0x45 || more_or_later {
            return None;
        }
        let ip_len = u16_of(head, 16);
        let headers = PacketHeaders {
            src: u128::from(u32_of(head, 26)),
            dst: u128::from(u32_of(head, 30)),
            is_v4: true,
            src_port: u16_of(head, HEADER),
            dst_port: u16_of(head, HEADER + 2),
            protocol: head[23],
            tunnels: 0,
            ip_len: u32::from(ip_len),
            seq: 0,
            at: 0,
            payload: &[],
            len: usize::from(u16_of(head, HEADER + 4)),
        };
        headers.with_payload(frame, HEADER, 14 + usize::from(ip_len))
    }

    /// The same for IPv6 without extension headers.
    #[inline]
    fn usual_v6(frame: &'f [u8]) -> Option<PacketHeaders<'f>> {
        const HEADER: usize = 54;
        let head: &[u8; HEADER + 8] = frame.first_chunk()?;
        let body_len = u16_of(head, 18);
        if u16_of(head, 12) != 0x86DD || head[14] >> 4 != 6 || body_len == 0 {
            return None;
        }
        let address = |at: usize| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&head[at..at + 16]);
            u128::from_be_bytes(bytes)
        };
        let headers = PacketHeaders {
            src: address(22),
            dst: address(38),
            is_v4: false,
            src_port: u16_of(head, HEADER),
            dst_port: u16_of(head, HEADER + 2),
            protocol: head[20],
            tunnels: 0,
            ip_len: 40 + u32::from(body_len),
            seq: 0,
            at: 0,
            payload: &[],
            len: usize::from(u16_of(head, HEADER + 4)),
        };
        headers.with_payload(frame, HEADER, HEADER + usize::from(body_len))
    }

    /// With the payload of a whole packet of UDP or TCP that is no tunnel. Its transport header begins at
    /// `header`, its IP packet ends at `end`; UDP's length stands in the place of the payload's.
    #[inline(always)]
    fn with_payload(
        mut self,
        frame: &'f [u8],
        header: usize,
        end: usize,
    ) -> Option<PacketHeaders<'f>> {
        match self.protocol {
            UDP => {
                let len = self.len.checked_sub(8)?;
                if end > frame.len() || PacketHeaders::is_tunnel(self.dst_port) {
                    return None;
                }
                self.at = header + 8;
                self.payload = frame.get(self.at..end.min(self.at + len))?;
                self.len = len;
            }
            TCP => {
                let head: &[u8; 20] = frame.get(header..)?.first_chunk()?;
                let offset = usize::from(head[12] >> 4) * 4;
                if offset < 20 {
                    return None;
                }
                self.seq = u32_of(head, 4);
                self.at = header + offset;
                self.payload = frame.get(self.at..end)?;
                self.len = self.payload.len();
            }
            _ => return None,
        }
        Some(self)
    }
}

#[inline(always)]
fn u16_of<const N: usize>(head: &[u8; N], at: usize) -> u16 {
    u16::from_be_bytes([head[at], head[at + 1]])
}

#[inline(always)]
fn u32_of<const N: usize>(head: &[u8; N], at: usize) -> u32 {
    u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A frame of the usual kind, and then a few bytes of it changed or its end cut off.
    fn frames() -> impl Strategy<Value = Vec<u8>> {
        let body = prop::collection::vec(any::<u8>(), 0..80);
        let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
        let lens = (any::<bool>(), any::<bool>(), 0..40usize, any::<u16>());
        (body, changes, lens).prop_map(|(body, changes, (v6, tcp, cut, port))| {
            let builder = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6]);
            let builder = match v6 {
                true => builder.ipv6([3; 16], [4; 16], 9),
                false => builder.ipv4([3; 4], [4; 4], 9),
            };
            let mut frame = Vec::new();
            match tcp {
                true => builder.tcp(port, 2, 3, 4).write(&mut frame, &body).unwrap(),
                false => builder.udp(5, port).write(&mut frame, &body).unwrap(),
            }
            for (at, with) in changes {
                let at = at.index(frame.len());
                frame[at] = with;
            }
            frame.truncate(frame.len() - cut.min(frame.len()));
            frame
        })
    }

    proptest! {
        #[test]
        fn the_short_way_says_what_the_long_one_does(frame in frames()) {
            if let Some(headers) = PacketHeaders::usual_v4(&frame).or_else(|| PacketHeaders::usual_v6(&frame)) {
                prop_assert_eq!(Ok(headers), PacketHeaders::unusual(ETHERNET, &frame));
            }
        }
    }

    #[test]
    fn whole_packets_without_options_go_the_short_way() {
        let ether = || etherparse::PacketBuilder::ethernet2([1; 6], [2; 6]);
        let body = [7; 9];
        let mut frames = [(); 4].map(|()| Vec::new());
        let [v4_udp, v4_tcp, v6_udp, v6_tcp] = &mut frames;
        let v4 = || ether().ipv4([3; 4], [4; 4], 9);
        let v6 = || ether().ipv6([3; 16], [4; 16], 9);
        v4().udp(5, 6).write(v4_udp, &body).unwrap();
        v4().tcp(5, 6, 7, 8).write(v4_tcp, &body).unwrap();
        v6().udp(5, 6).write(v6_udp, &body).unwrap();
        v6().tcp(5, 6, 7, 8).write(v6_tcp, &body).unwrap();
        for frame in &frames {
            let headers = PacketHeaders::usual_v4(frame)
                .or_else(|| PacketHeaders::usual_v6(frame))
                .unwrap();
            assert_eq!((headers.payload, headers.len), (&body[..], body.len()));
            assert_eq!(Ok(headers), PacketHeaders::unusual(ETHERNET, frame));
        }
    }
}
