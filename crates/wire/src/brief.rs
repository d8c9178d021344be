//! A frame's innermost datagram as plain numbers: what is asked of millions of packets a second.
//!
//! Nearly all packets are Ethernet, IP without options, UDP or TCP, whole. Those are read by fixed
//! offsets; everything else goes by [`link::datagram_on`], which says the same of the usual ones (a
//! property test compares the two).

use std::net::IpAddr;
use std::ops::Range;

use crate::link;
use crate::{Datagram, NoDatagram, Transport};

const TCP: u8 = 6;
const UDP: u8 = 17;

/// A datagram's ends and where its payload lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Brief {
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
    /// Where the transport header begins in the frame.
    pub header: usize,
    /// Payload behind the transport header, as far as the frame was captured.
    pub payload: Range<usize>,
}

impl Brief {
    /// Whether it is the later part of a fragmented packet, which has no ports.
    #[inline]
    pub fn is_later_fragment(&self) -> bool {
        self.src_port == 0 && matches!(self.protocol, UDP | TCP)
    }
    /// A frame's innermost datagram, whatever it is.
    pub fn of(link_type: u16, frame: &[u8]) -> Result<Brief, NoDatagram> {
        let (datagram, tunnels) = link::datagram_on(link_type, frame)?;
        let number = |address| match address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)),
            IpAddr::V6(v6) => v6.into(),
        };
        let Datagram { src, dst, .. } = datagram;
        Ok(Brief {
            src: number(src.ip()),
            dst: number(dst.ip()),
            is_v4: src.is_ipv4(),
            src_port: src.port(),
            dst_port: dst.port(),
            protocol: match datagram.transport {
                Transport::Udp => UDP,
                Transport::Tcp => TCP,
                Transport::Icmp => 1,
                Transport::Other(number) => number,
            },
            tunnels,
            ip_len: datagram.ip_len,
            header: datagram.header,
            payload: datagram.payload,
        })
    }

    /// That of a frame of Ethernet which holds a whole packet of IPv4 without options with UDP or TCP in it,
    /// and no tunnel; nothing of another.
    #[inline(always)]
    pub fn usual_v4(frame: &[u8]) -> Option<Brief> {
        const HEADER: usize = 34;
        let head: &[u8; HEADER + 8] = frame.first_chunk()?;
        let more_or_later = u16::from_be_bytes([head[20], head[21]]) & 0x3FFF != 0;
        if head[12..15] != [8, 0, 0x45] || more_or_later {
            return None;
        }
        let ip_len = u16::from_be_bytes([head[16], head[17]]);
        let word =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let payload = payload(frame, HEADER, head[23], 14 + usize::from(ip_len))?;
        Some(Brief {
            src: u128::from(word(26)),
            dst: u128::from(word(30)),
            is_v4: true,
            src_port: u16::from_be_bytes([head[34], head[35]]),
            dst_port: u16::from_be_bytes([head[36], head[37]]),
            protocol: head[23],
            tunnels: 0,
            ip_len: u32::from(ip_len),
            header: HEADER,
            payload,
        })
    }

    /// The same for IPv6 without extension headers.
    #[inline(always)]
    pub fn usual_v6(frame: &[u8]) -> Option<Brief> {
        const HEADER: usize = 54;
        let head: &[u8; HEADER + 8] = frame.first_chunk()?;
        let body_len = u16::from_be_bytes([head[18], head[19]]);
        if head[12..14] != [0x86, 0xDD] || head[14] >> 4 != 6 || body_len == 0 {
            return None;
        }
        let payload = payload(frame, HEADER, head[20], HEADER + usize::from(body_len))?;
        let address = |at: usize| {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&head[at..at + 16]);
            u128::from_be_bytes(bytes)
        };
        Some(Brief {
            src: address(22),
            dst: address(38),
            is_v4: false,
            src_port: u16::from_be_bytes([head[54], head[55]]),
            dst_port: u16::from_be_bytes([head[56], head[57]]),
            protocol: head[20],
            tunnels: 0,
            ip_len: 40 + u32::from(body_len),
            header: HEADER,
            payload,
        })
    }
}

/// Where the payload lies of a whole packet of UDP or TCP that is no tunnel; its IP packet ends at
/// `end`.
#[inline(always)]
fn payload(frame: &[u8], header: usize, protocol: u8, end: usize) -> Option<Range<usize>> {
    if end > frame.len() {
        return None;
    }
    let head: &[u8; 8] = frame.get(header..)?.first_chunk()?;
    let payload = match protocol {
        UDP => {
            let len = usize::from(u16::from_be_bytes([head[4], head[5]]));
            if len < 8 || matches!([head[2], head[3]], [0x12, 0xB5] | [0x08, 0x68]) {
                return None;
            }
            header + 8..end.min(header + len)
        }
        TCP => {
            let offset = usize::from(*frame.get(header + 12)? >> 4) * 4;
            if offset < 20 {
                return None;
            }
            header + offset..end
        }
        _ => return None,
    };
    (payload.start <= payload.end).then_some(payload)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::link::ETHERNET;

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
            if let Some(brief) = Brief::usual_v4(&frame).or_else(|| Brief::usual_v6(&frame)) {
                prop_assert_eq!(Ok(brief), Brief::of(ETHERNET, &frame));
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
            let brief = Brief::usual_v4(frame)
                .or_else(|| Brief::usual_v6(frame))
                .unwrap();
            assert_eq!(frame[brief.payload.clone()], body);
            assert_eq!(Ok(brief), Brief::of(ETHERNET, frame));
        }
    }
}
