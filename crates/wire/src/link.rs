//! Link layers below IP, and tunnels above it: where the packet of the app begins in a frame.

use crate::datagram::{array, u16_at};
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

/// Port of VXLAN (RFC 7348, section 8).
const VXLAN: u16 = 4_789;
/// Port of GTP-U (3GPP TS 29.281, section 4.4.2).
const GTP_U: u16 = 2_152;

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86DD;

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
            behind(family, 20)
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
        link_type => Err(NoDatagram::LinkType { link_type }),
    }
}

/// The Ethernet type at `at`, behind VLAN tags.
#[inline]
fn ethertype(frame: &[u8], mut at: usize) -> Result<usize, NoDatagram> {
    let mut ether_type = u16_at(frame, at)?;
    // 802.1Q, 802.1ad and the older double-tagging type.
    while matches!(ether_type, 0x8100 | 0x88A8 | 0x9100) {
        at += 4;
        ether_type = u16_at(frame, at)?;
    }
    behind(ether_type, at + 2)
}

#[inline]
fn behind(ether_type: u16, at: usize) -> Result<usize, NoDatagram> {
    match ether_type {
        IPV4 | IPV6 => Ok(at),
        _ => Err(NoDatagram::NotIp { ether_type }),
    }
}

/// The innermost packet of a datagram that is a tunnel (IP in IP, GRE, VXLAN, GTP-U), with the
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
            VXLAN => match frame.get(at..at + 8)? {
                [flags, ..] if flags & 0x08 != 0 => {
                    let inside = frame.get(at + 8..)?;
                    Some(at + 8 + ip_at(ETHERNET, inside).ok()?)
                }
                _ => None,
            },
            GTP_U => gtp(frame, at),
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
    match u16_at(frame, at + 2).ok()? {
        IPV4 | IPV6 => Some(body),
        // Ethernet bridged.
        0x6558 => Some(body + ip_at(ETHERNET, frame.get(body..)?).ok()?),
        _ => None,
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
    matches!(port, VXLAN | GTP_U)
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
