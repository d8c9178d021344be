//! Whose packets a capture is judged by: those of all addresses that one device has.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr};

use wire::datagram_at;
use wire::link::Mac;

use crate::error::ImportError;
use crate::packets::{ETHERNET, Packets};

/// Addresses that a device may have. Who sends from more of them passes on what others send.
const ADDRESSES_MAX: usize = 32;

/// What a network interface was seen to do.
#[derive(Default)]
struct Interface {
    from: BTreeSet<IpAddr>,
    to: HashSet<IpAddr>,
}

/// All addresses of the device that these are of, these first. A phone sends by IPv6 what it does not send by
/// IPv4, and from another address every day: all that its network interface sends is its own. Where captures
/// show no interface, or one that passes on what others send (a router's), there are no more than these.
pub(crate) fn addresses(packets: &Packets, named: &[IpAddr]) -> Vec<IpAddr> {
    let mut interfaces: HashMap<Mac, Interface> = HashMap::new();
    for (sender, [src, _]) in sent(packets) {
        if named.contains(&src) {
            interfaces.entry(sender).or_default();
        }
    }
    for (sender, [src, dst]) in sent(packets) {
        if let Some(interface) = interfaces.get_mut(&sender) {
            if interface.from.len() <= ADDRESSES_MAX {
                interface.from.insert(src);
            }
            interface.to.insert(dst);
        }
    }
    let own =
        |i: &&Interface| i.from.len() <= ADDRESSES_MAX && i.from.iter().all(|a| !i.to.contains(a));
    let others: BTreeSet<IpAddr> = interfaces
        .values()
        .filter(own)
        .flat_map(|interface| interface.from.iter().copied())
        .filter(|address| !named.contains(address) && !address.is_unspecified())
        .collect();
    named.iter().copied().chain(others).collect()
}

/// What was seen with the network interface that sent it: from whom, to whom.
fn sent(packets: &Packets) -> impl Iterator<Item = (Mac, [IpAddr; 2])> {
    packets.all.iter().filter_map(|seen| {
        let datagram = datagram_at(packets.frame(seen), ETHERNET).ok()?;
        Some((seen.sender?, [datagram.src.ip(), datagram.dst.ip()]))
    })
}

/// The private address that sends most bytes.
pub(crate) fn busiest(packets: &Packets) -> Result<IpAddr, ImportError> {
    let mut bytes: HashMap<IpAddr, u64> = HashMap::new();
    for seen in &packets.all {
        if let Ok(datagram) = datagram_at(packets.frame(seen), ETHERNET)
            && is_private(datagram.src.ip())
        {
            *bytes.entry(datagram.src.ip()).or_default() += u64::from(seen.orig_len);
        }
    }
    let mut all: Vec<_> = bytes.into_iter().collect();
    all.sort_by_key(|(address, n)| (std::cmp::Reverse(*n), *address));
    match all.as_slice() {
        [(address, _)] => Ok(*address),
        [(address, most), (_, next), ..] if *most > 2 * next => Ok(*address),
        [] => Err(match packets.unread_links() {
            Some(unread) => ImportError::NothingRead { unread },
            None => ImportError::NoDevice,
        }),
        [(a, _), (b, _), ..] => Err(ImportError::SeveralDevices(*a, *b)),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || is_shared(v4),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// 100.64.0.0/10, which providers give to many customers at once (RFC 6598).
fn is_shared(address: Ipv4Addr) -> bool {
    address.to_bits() >> 22 == 0x6440_0000 >> 22
}

#[cfg(test)]
mod tests {
    use crate::packets::tests::taken;

    use super::*;

    const DEVICE: [u8; 6] = [2, 0, 0, 0, 0, 5];
    const ROUTER: [u8; 6] = [2, 0, 0, 0, 0, 1];

    fn frame(sender: [u8; 6], src: &str, dst: &str) -> Vec<u8> {
        let mut frame = Vec::new();
        let built = etherparse::PacketBuilder::ethernet2(sender, [9; 6]);
        let built = match (src.parse().unwrap(), dst.parse().unwrap()) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => built.ipv4(src.octets(), dst.octets(), 9),
            (IpAddr::V6(src), IpAddr::V6(dst)) => built.ipv6(src.octets(), dst.octets(), 9),
            _ => panic!("one version"),
        };
        built
            .udp(5_000, 6_000)
            .write(&mut frame, b"payload")
            .unwrap();
        frame
    }

    /// The addresses of the device at 10.0.0.5, as `taken` with `of` has them, and how many packets are its own.
    fn found(of: &[IpAddr], frames: &[Vec<u8>]) -> (Vec<String>, usize) {
        let frames: Vec<_> = frames.iter().map(|frame| (110, &frame[..])).collect();
        let mut packets = taken(of, 1, &frames);
        let all = addresses(&packets, &["10.0.0.5".parse().unwrap()]);
        assert!(packets.keep_only(&all).is_ok());
        (
            all.iter().map(IpAddr::to_string).collect(),
            packets.all.len(),
        )
    }

    #[test]
    fn what_the_same_interface_sends_is_the_devices() {
        let frames = [
            // Before anything shows whose interface it is.
            frame(DEVICE, "fe80::5", "ff02::fb"),
            frame(ROUTER, "10.0.0.1", "10.0.0.7"),
            frame(DEVICE, "10.0.0.5", "198.51.100.7"),
            frame(ROUTER, "198.51.100.7", "10.0.0.5"),
            frame(DEVICE, "2001:db8::5", "2001:db8:1::7"),
            frame(ROUTER, "2001:db8:1::7", "2001:db8::5"),
            frame(ROUTER, "2001:db8:1::7", "2001:db8::9"),
            // Not yet an address of its own.
            frame(DEVICE, "::", "ff02::1"),
        ];
        let device = "10.0.0.5".parse().unwrap();
        for of in [&[device][..], &[]] {
            let (all, n) = found(of, &frames);
            assert_eq!(all, ["10.0.0.5", "2001:db8::5", "fe80::5"]);
            assert_eq!(n, 5);
        }
    }

    #[test]
    fn who_passes_on_what_others_send_is_no_device() {
        // As behind a router: the answers to the device come from where its own packets come from.
        let frames = [
            frame(ROUTER, "10.0.0.5", "198.51.100.7"),
            frame(ROUTER, "198.51.100.7", "10.0.0.5"),
            frame(ROUTER, "10.0.0.6", "198.51.100.7"),
        ];
        assert_eq!(found(&[], &frames), (vec!["10.0.0.5".to_owned()], 2));
        // Before it on its way out there is only the number of those who send.
        let mut frames = vec![frame(ROUTER, "10.0.0.5", "198.51.100.7")];
        frames.extend((10..60).map(|i| frame(ROUTER, &format!("10.0.0.{i}"), "198.51.100.7")));
        assert_eq!(found(&[], &frames), (vec!["10.0.0.5".to_owned()], 1));
    }

    #[test]
    fn providers_shared_addresses_are_private_and_their_neighbours_are_not() {
        for (address, expected) in [
            ("100.63.255.255", false),
            ("100.64.0.0", true),
            ("100.127.255.255", true),
            ("100.128.0.0", false),
            ("10.0.0.5", true),
            ("169.254.1.1", true),
            ("198.51.100.7", false),
            ("fd00::5", true),
            ("2001:db8::5", false),
        ] {
            assert_eq!(is_private(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn where_no_interface_is_seen_nothing_is_guessed() {
        let frames = [
            frame([0; 6], "10.0.0.5", "198.51.100.7"),
            frame([0; 6], "10.0.0.6", "198.51.100.7"),
        ];
        assert_eq!(found(&[], &frames), (vec!["10.0.0.5".to_owned()], 1));
    }
}
