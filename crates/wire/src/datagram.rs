use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ops::Range;

/// One IP datagram: who sent it to whom, and where its payload lies in the frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Datagram {
    /// Sender; port 0 where the transport has no ports.
    pub src: SocketAddr,
    /// Receiver; port 0 where the transport has no ports.
    pub dst: SocketAddr,
    /// What the IP header says comes next.
    pub transport: Transport,
    /// Length on the network layer, bytes: IP header and all that follows, link layer excluded.
    pub ip_len: u32,
    /// Where the transport header begins in the frame.
    pub header: usize,
    /// Payload behind the transport header, as far as the frame was captured.
    pub payload: Range<usize>,
}

/// Transport protocol.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
pub enum Transport {
    /// UDP (RFC 768).
    Udp,
    /// TCP (RFC 9293).
    Tcp,
    /// ICMP for IPv4 or IPv6.
    Icmp,
    /// Another IP protocol number.
    Other(u8),
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Transport::Udp => f.write_str("udp"),
            Transport::Tcp => f.write_str("tcp"),
            Transport::Icmp => f.write_str("icmp"),
            Transport::Other(number) => write!(f, "ip-protocol-{number}"),
        }
    }
}

/// Why a frame gives no datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoDatagram {
    /// A sound frame that carries something else (ARP, LLDP …).
    #[error("not IP: Ethernet type {ether_type:#06x}")]
    NotIp {
        /// The Ethernet type, or the length where IEEE 802.3 puts one.
        ether_type: u16,
    },
    /// A link layer that is not read here.
    #[error(
        "frames of link type {link_type} are not read: those of Ethernet (1), BSD loopback (0, 108), PPP (9), \
         raw IP (12, 14, 101, 228, 229), Linux cooked captures (113, 276) and PKTAP (149, 258) are"
    )]
    LinkType {
        /// Its number (<https://www.tcpdump.org/linktypes.html>).
        link_type: u16,
    },
    /// The headers contradict themselves or end too early.
    #[error("malformed at byte {offset}: {why}")]
    Malformed {
        /// Offset in the frame, bytes.
        offset: usize,
        /// What is wrong there.
        why: &'static str,
    },
}

/// Reads an Ethernet frame down to its transport header. VLAN tags are passed over. Of a fragment
/// that is not the first, the ports are unknown (0) and the payload is all that follows.
pub fn datagram(frame: &[u8]) -> Result<Datagram, NoDatagram> {
    datagram_at(frame, crate::link::ip_at(crate::link::ETHERNET, frame)?)
}

/// Reads the IP packet that begins at `at` in the frame, likewise.
pub fn datagram_at(frame: &[u8], at: usize) -> Result<Datagram, NoDatagram> {
    match frame.get(at).map(|first| first >> 4) {
        Some(6) => ipv6(frame, at),
        Some(4) => ipv4(frame, at),
        Some(_) => malformed(at, "an IP header of a version other than 4 and 6"),
        None => malformed(frame.len(), "a frame that ends inside a header"),
    }
}

fn ipv4(frame: &[u8], at: usize) -> Result<Datagram, NoDatagram> {
    let fixed: [u8; 20] = array(frame, at)?;
    let header_len = usize::from(fixed[0] & 15) * 4;
    if fixed[0] >> 4 != 4 || header_len < 20 {
        return malformed(
            at,
            "an IPv4 header with another version or too short a length",
        );
    }
    let total = usize::from(u16::from_be_bytes([fixed[2], fixed[3]]));
    // Segmentation offload leaves 0 here: then the frame's own length is the best that is known.
    let ip_len = if total == 0 { frame.len() - at } else { total };
    if ip_len < header_len {
        return malformed(at + 2, "an IPv4 total length below its header's");
    }
    let end = frame.len().min(at + ip_len);
    let fragment_offset = u16::from_be_bytes([fixed[6], fixed[7]]) & 0x1FFF;
    let ip = |a: usize| {
        IpAddr::V4(Ipv4Addr::new(
            fixed[a],
            fixed[a + 1],
            fixed[a + 2],
            fixed[a + 3],
        ))
    };
    let body = at + header_len..end;
    finish(
        frame,
        body,
        fixed[9],
        fragment_offset != 0,
        (ip(12), ip(16)),
        ip_len,
    )
}

fn ipv6(frame: &[u8], at: usize) -> Result<Datagram, NoDatagram> {
    let fixed: [u8; 40] = array(frame, at)?;
    if fixed[0] >> 4 != 6 {
        return malformed(at, "an IPv6 header with another version");
    }
    let payload_len = usize::from(u16::from_be_bytes([fixed[4], fixed[5]]));
    // 0 stands for a jumbogram or for offload, as above.
    let ip_len = if payload_len == 0 {
        frame.len() - at
    } else {
        40 + payload_len
    };
    let end = frame.len().min(at + ip_len);
    let mut next = fixed[6];
    let mut body = at + 40;
    let mut later_fragment = false;
    // Hop-by-hop, routing, fragment, authentication, destination, mobility (RFC 8200, section 4).
    while matches!(next, 0 | 43 | 44 | 51 | 60 | 135) && !later_fragment {
        let head: [u8; 4] = array(frame, body)?;
        let len = match next {
            44 => {
                later_fragment = u16::from_be_bytes([head[2], head[3]]) & 0xFFF8 != 0;
                8
            }
            51 => (usize::from(head[1]) + 2) * 4,
            _ => (usize::from(head[1]) + 1) * 8,
        };
        next = head[0];
        body += len;
        if body > end {
            return malformed(body - len, "an IPv6 extension header beyond the packet");
        }
    }
    let ip = |a: usize| {
        let mut octets = [0; 16];
        octets.copy_from_slice(&fixed[a..a + 16]);
        IpAddr::V6(Ipv6Addr::from(octets))
    };
    finish(
        frame,
        body..end,
        next,
        later_fragment,
        (ip(8), ip(24)),
        ip_len,
    )
}

/// The transport header. `body` is what follows the IP headers, `ends` are sender and receiver.
fn finish(
    frame: &[u8],
    body: Range<usize>,
    protocol: u8,
    later_fragment: bool,
    ends: (IpAddr, IpAddr),
    ip_len: usize,
) -> Result<Datagram, NoDatagram> {
    if body.start > body.end {
        return malformed(frame.len(), "a frame that ends inside its IP header");
    }
    let transport = match protocol {
        17 => Transport::Udp,
        6 => Transport::Tcp,
        1 | 58 => Transport::Icmp,
        other => Transport::Other(other),
    };
    let mut ports = (0, 0);
    let mut payload = body.clone();
    if !later_fragment {
        let at = body.start;
        let header_len = match transport {
            Transport::Udp => {
                // The UDP length may end the payload before the IP packet does.
                let udp_len = usize::from(u16_in(frame, &body, at + 4)?);
                if udp_len >= 8 {
                    payload.end = payload.end.min(at + udp_len);
                }
                8
            }
            Transport::Tcp => usize::from(u16_in(frame, &body, at + 12)? >> 12) * 4,
            Transport::Icmp => 8,
            Transport::Other(_) => 0,
        };
        if transport == Transport::Tcp && header_len < 20 {
            return malformed(at + 12, "a TCP data offset below 20 bytes");
        }
        payload.start += header_len;
        if payload.start > payload.end {
            // ICMP messages and frames that the capture cut may end here; nothing is lost by it.
            if matches!(transport, Transport::Udp) {
                return malformed(at, "a UDP header beyond the packet");
            }
            payload.start = payload.end;
        }
        if matches!(transport, Transport::Udp | Transport::Tcp) {
            ports = (u16_in(frame, &body, at)?, u16_in(frame, &body, at + 2)?);
        }
    }
    Ok(Datagram {
        src: SocketAddr::new(ends.0, ports.0),
        dst: SocketAddr::new(ends.1, ports.1),
        transport,
        ip_len: ip_len as u32,
        header: body.start,
        payload,
    })
}

pub(crate) fn malformed<T>(offset: usize, why: &'static str) -> Result<T, NoDatagram> {
    Err(NoDatagram::Malformed { offset, why })
}

pub(crate) fn array<const N: usize>(frame: &[u8], at: usize) -> Result<[u8; N], NoDatagram> {
    match frame.get(at..at + N) {
        Some(bytes) => {
            let mut out = [0; N];
            out.copy_from_slice(bytes);
            Ok(out)
        }
        None => malformed(frame.len(), "a frame that ends inside a header"),
    }
}

pub(crate) fn u16_at(frame: &[u8], at: usize) -> Result<u16, NoDatagram> {
    Ok(u16::from_be_bytes(array(frame, at)?))
}

fn u16_in(frame: &[u8], body: &Range<usize>, at: usize) -> Result<u16, NoDatagram> {
    if at + 2 > body.end {
        return malformed(body.end, "a packet that ends inside its transport header");
    }
    u16_at(frame, at)
}
