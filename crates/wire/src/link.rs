//! Link layers below IP, and tunnels above it: where the packet of the app begins in a frame.

use crate::datagram::{array, malformed, u16_at};
use crate::{Datagram, NoDatagram, Transport, datagram_at};

/// Ethernet.
pub const ETHERNET: u16 = 1;
/// BSD loopback: an address family in the byte order of who captured.
pub const NULL: u16 = 0;
/// PPP, with or without HDLC's two bytes in front.
pub const PPP: u16 = 9;
/// OpenBSD loopback: the same in network byte order.
pub const LOOP: u16 = 108;
/// Raw IP, as the numbers of several systems have it.
pub const RAW: [u16; 5] = [101, 12, 14, 228, 229];
/// Linux cooked capture.
pub const LINUX_SLL: u16 = 113;
/// Linux cooked capture, version 2.
pub const LINUX_SLL2: u16 = 276;

/// Packets of Apple's systems with the interface and the process in front (`rvictl`, `tcpdump -k`).
pub const PKTAP: u16 = 258;
/// The same, as older programs write it: a number that anybody may use for anything.
pub const USER_2: u16 = 149;

/// Port of VXLAN (RFC 7348, section 8), and the one that Linux takes where none is named.
const VXLAN: u16 = 4_789;
const VXLAN_LINUX: u16 = 8_472;
/// Port of GENEVE (RFC 8926, section 3.3).
const GENEVE: u16 = 6_081;
/// Port of GTP-U (3GPP TS 29.281, section 4.4.2).
const GTP_U: u16 = 2_152;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;
/// MPLS (RFC 3032, RFC 5332).
const MPLS: [u16; 2] = [0x8847, 0x8848];
/// A session of PPP over Ethernet (RFC 2516).
const PPPOE: u16 = 0x8864;
/// Cisco's metadata: a group's tag in front of the packet.
const CISCO_METADATA: u16 = 0x8909;
/// Ethernet in GRE; mirrored frames in GRE, versions II and III (ERSPAN).
const BRIDGED: u16 = 0x6558;
const ERSPAN: [u16; 2] = [0x88BE, 0x22EB];

/// Ethernet types that carry no packet of anybody's: lengths of IEEE 802.3, ARP and RARP, LLDP, keys of
/// Wi-Fi, what switches and power lines say to each other.
const CARRIES_NOTHING: [u16; 8] = [
    0x0806, 0x8035, 0x88CC, 0x888E, 0x8899, 0x88E1, 0x8912, 0x9000,
];

/// Whether a frame of an Ethernet type that is not read may have carried a packet.
pub fn may_carry(ether_type: u16) -> bool {
    ether_type > 1_500 && !CARRIES_NOTHING.contains(&ether_type)
}

/// Tunnels in tunnels that are looked through.
const DEPTH_MAX: u8 = 4;

/// A network interface's address.
pub type Mac = [u8; 6];

/// The interface that sent a frame, where the link layer says so: nothing for others, and for the loopback's zeros.
pub fn sender(link_type: u16, frame: &[u8]) -> Option<Mac> {
    let mac = |at: usize| frame.get(at..)?.first_chunk::<6>().copied();
    let sender = match link_type {
        ETHERNET => mac(6),
        // The length of the address stands in front of it.
        LINUX_SLL => mac(6).filter(|_| frame[4..6] == [0, 6]),
        LINUX_SLL2 => mac(12).filter(|_| frame[11] == 6),
        PKTAP | USER_2 => {
            let (at, below) = pktap(link_type, frame).ok()?;
            return sender(below, frame.get(at..)?);
        }
        _ => None,
    };
    sender.filter(|mac| *mac != [0; 6])
}

/// Where the IP header begins in a frame of link type `link_type`. VLAN tags are passed over.
#[inline]
pub fn ip_at(link_type: u16, frame: &[u8]) -> Result<usize, NoDatagram> {
    match link_type {
        ETHERNET => ethertype(frame, 12),
        LINUX_SLL => ethertype(frame, 14),
        LINUX_SLL2 => {
            let family = u16_at(frame, 0)?;
            behind(frame, family, 20)
        }
        NULL | LOOP => {
            let family: [u8; 4] = array(frame, 0)?;
            // The systems agree on 2 for IPv4, and on nothing for IPv6.
            match u32::from_be_bytes(family).min(u32::from_le_bytes(family)) {
                2 | 10 | 24 | 28 | 30 => Ok(4),
                other => Err(NoDatagram::NotIp {
                    ether_type: other as u16,
                }),
            }
        }
        PPP => {
            let at = match frame {
                [0xFF, 0x03, ..] => 2,
                _ => 0,
            };
            match u16_at(frame, at)? {
                0x0021 | 0x0057 => Ok(at + 2),
                other => Err(NoDatagram::NotIp { ether_type: other }),
            }
        }
        link_type if RAW.contains(&link_type) => Ok(0),
        PKTAP | USER_2 => {
            let (at, below) = pktap(link_type, frame)?;
            match ip_at(below, frame.get(at..).unwrap_or(&[])) {
                Ok(inside) => Ok(at + inside),
                Err(NoDatagram::Malformed { offset, why }) => malformed(at + offset, why),
                Err(other) => Err(other),
            }
        }
        link_type => Err(NoDatagram::LinkType { link_type }),
    }
}

/// The Ethernet type at `at`, behind VLAN tags.
#[inline]
fn ethertype(frame: &[u8], mut at: usize) -> Result<usize, NoDatagram> {
    let mut ether_type = u16_at(frame, at)?;
    loop {
        at += match ether_type {
            // 802.1Q, 802.1ad and the older double-tagging type.
            0x8100 | 0x88A8 | 0x9100 => 4,
            // Version, length in words of four bytes, and so many words.
            CISCO_METADATA => match frame.get(at + 3) {
                Some(words) => 4 + 4 * usize::from(*words),
                None => return malformed(frame.len(), "a frame that ends inside a header"),
            },
            _ => return behind(frame, ether_type, at + 2),
        };
        ether_type = u16_at(frame, at)?;
    }
}

#[inline]
fn behind(frame: &[u8], ether_type: u16, at: usize) -> Result<usize, NoDatagram> {
    match ether_type {
        IPV4 | IPV6 => Ok(at),
        _ => encapsulated(frame, ether_type, at),
    }
}

/// What lies between Ethernet and IP at a provider.
#[cold]
fn encapsulated(frame: &[u8], ether_type: u16, mut at: usize) -> Result<usize, NoDatagram> {
    let not_ip = Err(NoDatagram::NotIp { ether_type });
    match ether_type {
        PPPOE => match u16_at(frame, at + 6)? {
            0x0021 | 0x0057 => Ok(at + 8),
            _ => not_ip,
        },
        _ if MPLS.contains(&ether_type) => {
            // The last label of the stack says that it is.
            while array::<4>(frame, at)?[2] & 1 == 0 {
                at += 4;
            }
            at += 4;
            // Labels do not say what they carry (RFC 4385, section 1): IP's version says it, and Ethernet has
            // a word of zeros in front (RFC 4448, section 4.6).
            match frame.get(at..at + 4) {
                Some([first, ..]) if matches!(first >> 4, 4 | 6) => Ok(at),
                Some([first, ..]) if first >> 4 == 0 => ethertype(frame, at + 16),
                _ => not_ip,
            }
        }
        _ => not_ip,
    }
}

/// Where the frame begins behind the header of Apple's systems, and its link type. The header is written in
/// the byte order of the machine; all of them are little-endian.
fn pktap(link_type: u16, frame: &[u8]) -> Result<(usize, u16), NoDatagram> {
    /// Its shortest form, and a length that none has.
    const LENGTHS: std::ops::Range<u32> = 108..1_024;
    let word = |at: usize| Ok(u32::from_le_bytes(array(frame, at)?));
    let unknown = NoDatagram::LinkType { link_type };
    // A length that cannot be one: another use of a number that is anybody's.
    let len = match word(0) {
        Ok(len) if LENGTHS.contains(&len) => len as usize,
        _ if link_type == USER_2 => return Err(unknown),
        Ok(_) => return malformed(0, "a length that no header of PKTAP has"),
        Err(e) => return Err(e),
    };
    match u16::try_from(word(8)?) {
        Ok(PKTAP | USER_2) | Err(_) => Err(unknown),
        Ok(below) => Ok((len, below)),
    }
}

/// The innermost packet of a datagram that is a tunnel (IP in IP, GRE, VXLAN, GENEVE, GTP-U), with the
/// number of tunnels around it; the datagram itself, and 0, if it is none.
#[inline]
pub fn innermost(frame: &[u8], outer: Datagram) -> (Datagram, u8) {
    let mut found = (outer, 0);
    while found.1 < DEPTH_MAX
        && let Some(at) = inner(frame, &found.0)
        && let Ok(datagram) = datagram_at(frame, at)
    {
        found = (datagram, found.1 + 1);
    }
    found
}

/// Where the innermost IP packet of a frame begins.
pub fn innermost_at(link_type: u16, frame: &[u8]) -> Result<usize, NoDatagram> {
    let mut at = ip_at(link_type, frame)?;
    for _ in 0..DEPTH_MAX {
        match inner(frame, &datagram_at(frame, at)?) {
            Some(inside) if datagram_at(frame, inside).is_ok() => at = inside,
            _ => break,
        }
    }
    Ok(at)
}

/// Where the IP packet in a tunnel begins.
#[inline]
fn inner(frame: &[u8], outer: &Datagram) -> Option<usize> {
    let at = outer.payload.start;
    match outer.transport {
        Transport::Udp => match outer.dst.port() {
            // RFC 7348: a flag that a network is named, then its number, then Ethernet.
            VXLAN | VXLAN_LINUX => match frame.get(at..at + 8)? {
                [flags, ..] if flags & 0x08 != 0 => {
                    let inside = frame.get(at + 8..)?;
                    Some(at + 8 + ip_at(ETHERNET, inside).ok()?)
                }
                _ => None,
            },
            GTP_U => gtp(frame, at),
            GENEVE => geneve(frame, at),
            _ => None,
        },
        // IPv4 or IPv6 in either (RFC 2003, RFC 4213).
        Transport::Other(4 | 41) => Some(at),
        Transport::Other(47) => gre(frame, at),
        _ => None,
    }
}

/// GRE, version 0 (RFC 2784, RFC 2890).
fn gre(frame: &[u8], at: usize) -> Option<usize> {
    let flags = u16_at(frame, at).ok()?;
    if flags & 7 != 0 {
        return None;
    }
    let optional = [0x8000, 0x2000, 0x1000].map(|flag| usize::from(flags & flag != 0));
    let body = at + 4 + 4 * optional.iter().sum::<usize>();
    let protocol = u16_at(frame, at + 2).ok()?;
    let ethernet = match protocol {
        BRIDGED => body,
        // Without a sequence number it is the first version, which has no header of its own.
        _ if protocol == ERSPAN[0] => body + if flags & 0x1000 != 0 { 8 } else { 0 },
        _ if protocol == ERSPAN[1] => body + 12,
        _ => return behind(frame, protocol, body).ok(),
    };
    Some(ethernet + ip_at(ETHERNET, frame.get(ethernet..)?).ok()?)
}

/// GENEVE, version 0 (RFC 8926, section 3.4).
fn geneve(frame: &[u8], at: usize) -> Option<usize> {
    let head: [u8; 8] = array(frame, at).ok()?;
    if head[0] >> 6 != 0 {
        return None;
    }
    let body = at + 8 + 4 * usize::from(head[0] & 0x3F);
    match u16_at(frame, at + 2).ok()? {
        BRIDGED => Some(body + ip_at(ETHERNET, frame.get(body..)?).ok()?),
        protocol => behind(frame, protocol, body).ok(),
    }
}

/// GTP-U, version 1, a user's packet (3GPP TS 29.281, section 5).
fn gtp(frame: &[u8], at: usize) -> Option<usize> {
    let head: [u8; 8] = array(frame, at).ok()?;
    if head[0] >> 5 != 1 || head[0] & 0x10 == 0 || head[1] != 255 {
        return None;
    }
    let mut body = at + 8;
    if head[0] & 7 != 0 {
        let mut next = *frame.get(at + 11)?;
        body += 4;
        // Extension headers: their length in units of four bytes, the next one's type last.
        for _ in 0..DEPTH_MAX {
            if head[0] & 4 == 0 || next == 0 {
                break;
            }
            let len = 4 * usize::from(*frame.get(body)?);
            next = *frame.get((body + len).checked_sub(1)?)?;
            body += len;
        }
    }
    Some(body)
}

/// Whether a datagram of UDP to this port may be a tunnel.
#[inline]
pub fn is_tunnel(port: u16) -> bool {
    matches!(port, VXLAN | VXLAN_LINUX | GTP_U | GENEVE)
}

/// Ports of tunnels that are not read: L2TP, VXLAN with another protocol in it, MPLS in UDP, Teredo.
const UNREAD_PORTS: [u16; 4] = [1_701, 4_790, 6_635, 3_544];
/// Protocols of IP that are tunnels, read or not: IP in IP, GRE, Ethernet in IP, L2TP, MPLS in IP. What is
/// encrypted (ESP) nobody on the path can read.
const TUNNELS: [u8; 6] = [4, 41, 47, 97, 115, 137];

/// Whether an innermost datagram is a tunnel all the same: one that is not read, or not understood.
pub fn is_unread_tunnel(datagram: &Datagram) -> bool {
    match datagram.transport {
        Transport::Udp => {
            let port = datagram.dst.port();
            is_tunnel(port) || UNREAD_PORTS.contains(&port)
        }
        Transport::Other(protocol) => TUNNELS.contains(&protocol),
        _ => false,
    }
}

/// A frame's innermost datagram and the number of tunnels around it.
#[inline]
pub fn datagram_on(link_type: u16, frame: &[u8]) -> Result<(Datagram, u8), NoDatagram> {
    let datagram = datagram_at(frame, ip_at(link_type, frame)?)?;
    Ok(match datagram.transport {
        Transport::Udp if !is_tunnel(datagram.dst.port()) => (datagram, 0),
        Transport::Tcp => (datagram, 0),
        _ => innermost(frame, datagram),
    })
}
