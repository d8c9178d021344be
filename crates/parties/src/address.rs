//! Addresses: which belong to nobody in particular, and tables of ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is no place on the internet: private, on this link or machine, for a group, for
/// documentation, or kept back (the special-purpose registries of IANA).
#[must_use]
pub fn is_reserved(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_reserved_v4(address),
        IpAddr::V6(address) => is_reserved_v6(address),
    }
}

fn is_reserved_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && b & 0xc0 == 64)
        || (a == 198 && b & 0xfe == 18)
        || (a, b, c) == (192, 0, 0)
}

fn is_reserved_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    // Only 2000::/3 is given out to anybody.
    a & 0xe000 != 0x2000 || (a, b) == (0x2001, 0x0db8) || (a == 0x3fff && b < 0x1000)
}

/// The last of the sorted starts that is not above `key`.
pub(crate) fn last_not_above<T: Ord>(starts: &[T], key: &T) -> Option<usize> {
    starts.partition_point(|start| start <= key).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_ranges() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "172.31.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.168.1.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:10.0.0.1",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "3fff:fff::1",
            "64:ff9b:1::1",
        ] {
            assert!(is_reserved(address.parse().unwrap()), "{address}");
        }
        for address in [
            "1.1.1.1",
            "100.128.0.1",
            "198.20.0.1",
            "::ffff:8.8.8.8",
            "2a00:1450::1",
        ] {
            assert!(!is_reserved(address.parse().unwrap()), "{address}");
        }
    }
}
