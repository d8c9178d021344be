//! Pseudonyms: the same name has the same one in every copy that is made with the same key, and without the
//! key nobody can try names out.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::key::{self, KeyError};

/// Makes pseudonyms by HMAC-SHA-256.
#[derive(Clone)]
pub struct Names {
    key: [u8; 32],
}

impl std::fmt::Debug for Names {
    /// The key is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Names").finish_non_exhaustive()
    }
}

impl Names {
    /// By the key in a file, which is drawn and written if it is not there.
    pub fn of_file(path: &Path) -> Result<Names, KeyError> {
        Ok(Names {
            key: key::of(path)?,
        })
    }

    /// By the key that lies beside the bundle in `dir`: `NAME.names-key` beside the folder `NAME`.
    pub fn beside(dir: &Path) -> Result<Names, KeyError> {
        let path = key::place(dir).map_err(|source| KeyError::Read {
            path: dir.to_owned(),
            source,
        })?;
        Names::of_file(&path)
    }

    /// `name-` and 16 hexadecimal digits (64 bits). Nothing stays nothing.
    pub fn name(&self, text: &str) -> String {
        match text.is_empty() {
            true => String::new(),
            false => format!(
                "name-{}",
                hex::encode(&self.mac("name", text.as_bytes())[..8])
            ),
        }
    }

    /// A word of a list as it is, anything else as a pseudonym.
    pub(super) fn known(&self, text: &str, words: &[&str]) -> String {
        match words.contains(&text) {
            true => text.to_owned(),
            false => self.name(text),
        }
    }

    /// In the place of a hash that anybody could compute of what they suspect: 64 hexadecimal digits.
    pub(super) fn hash(&self, hash: &str) -> String {
        match hash.is_empty() {
            true => String::new(),
            false => hex::encode(self.mac("hash", hash.as_bytes())),
        }
    }

    /// An address, alone, with a port, or with the length of its network's prefix.
    pub(super) fn address(&self, text: &str) -> String {
        if let Ok(end) = text.parse::<SocketAddr>() {
            return self.end(end).to_string();
        }
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, prefix.parse::<u8>().ok()),
            None => (text, None),
        };
        match (address.parse::<IpAddr>(), prefix) {
            (Ok(address), Some(prefix)) => format!("{}/{prefix}", self.ip(address)),
            (Ok(address), None) => self.ip(address).to_string(),
            (Err(_), _) => self.name(text),
        }
    }

    /// The other address, and the same port.
    pub(super) fn end(&self, end: SocketAddr) -> SocketAddr {
        SocketAddr::new(self.ip(end.ip()), end.port())
    }

    /// Another address of the same kind: private, shared, of the link, of the internet. Loopback, broadcast and
    /// groups say what they are by their number and stay. Two addresses of one network (IPv4: of 24 bits) stay
    /// in one, and the last of a network stays the last: who is on the same network hears what is sent there.
    pub(super) fn ip(&self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(v4) => IpAddr::V4(self.v4(v4)),
            IpAddr::V6(v6) => IpAddr::V6(match v6.to_ipv4_mapped() {
                Some(v4) => self.v4(v4).to_ipv6_mapped(),
                None => self.v6(v6),
            }),
        }
    }

    fn v4(&self, address: Ipv4Addr) -> Ipv4Addr {
        let network = u32::from(address) >> 8;
        let Some(kind) = Kind::of(network) else {
            return address;
        };
        let mut other = network;
        loop {
            other = kind.first + self.permuted("network", kind.bits, other - kind.first);
            if Kind::of(other) == Some(kind) {
                break;
            }
        }
        let mut last = u32::from(address) & 0xFF;
        if last != 0 && last != 0xFF {
            let tweak = format!("host {network}");
            loop {
                last = self.permuted(&tweak, 8, last);
                if last != 0 && last != 0xFF {
                    break;
                }
            }
        }
        Ipv4Addr::from(other << 8 | last)
    }

    fn v6(&self, address: Ipv6Addr) -> Ipv6Addr {
        if address.is_loopback() || address.is_unspecified() {
            return address;
        }
        let octets = address.octets();
        let network = self.mac("network", &octets[..8]);
        let host = self.mac("host", &octets);
        let mut other = [0; 16];
        other[..8].copy_from_slice(&network[..8]);
        other[8..].copy_from_slice(&host[..8]);
        match octets {
            // A group's scope, and the group where it is a common one; others are made of addresses.
            [0xFF, scope, rest @ ..] => {
                if rest[..12].iter().all(|&byte| byte == 0) {
                    return address;
                }
                (other[0], other[1]) = (0xFF, scope);
            }
            [0xFE, second, ..] if second & 0xC0 == 0x80 => {
                other[..8].copy_from_slice(&[0xFE, 0x80, 0, 0, 0, 0, 0, 0]);
            }
            [0xFC | 0xFD, ..] => other[0] = 0xFD,
            // For examples (RFC 3849): nobody has it.
            _ => other[..4].copy_from_slice(&[0x20, 0x01, 0x0D, 0xB8]),
        }
        Ipv6Addr::from(other)
    }

    /// Another address of an interface, of nobody's make; broadcasts, groups and zeros by their beginnings.
    pub(super) fn mac_address(&self, address: [u8; 6]) -> [u8; 6] {
        let hash = self.mac("interface", &address);
        match address {
            [0, 0, 0, 0, 0, 0] | [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] => address,
            [a, b, c, ..] if a & 1 == 1 => [a, b, c, hash[0], hash[1], hash[2]],
            _ => [2, hash[0], hash[1], hash[2], hash[3], hash[4]],
        }
    }

    /// A permutation of the numbers of so many bits (an even number): a Feistel network of ten rounds.
    fn permuted(&self, tweak: &str, bits: u32, number: u32) -> u32 {
        let half = bits / 2;
        let mask = (1 << half) - 1;
        let (mut left, mut right) = (number >> half & mask, number & mask);
        for round in 0..10u32 {
            let text = [round.to_be_bytes(), right.to_be_bytes()].concat();
            let hash = self.mac(&format!("{tweak} {bits}"), &text);
            let of_round = u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]]);
            (left, right) = (right, left ^ of_round & mask);
        }
        left << half | right
    }

    fn mac(&self, what: &str, bytes: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("keys of any length fit");
        mac.update(what.as_bytes());
        mac.update(&[0]);
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }
}

/// Networks of 24 bits that are told apart as one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    first: u32,
    bits: u32,
}

impl Kind {
    /// Of a network; nothing for those whose addresses stay.
    fn of(network: u32) -> Option<Kind> {
        let kind = |first, bits| Kind { first, bits };
        // RFC 1918, RFC 3927, RFC 6598.
        let near = [
            kind(10 << 16, 16),
            kind(172 << 16 | 16 << 8, 12),
            kind(192 << 16 | 168 << 8, 8),
            kind(169 << 16 | 254 << 8, 8),
            kind(100 << 16 | 64 << 8, 14),
        ];
        let within = |kind: &Kind| network >> kind.bits == kind.first >> kind.bits;
        match network >> 16 {
            0 | 127 | 224.. => None,
            _ => Some(near.into_iter().find(within).unwrap_or(kind(0, 24))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn names() -> Names {
        Names { key: [7; 32] }
    }

    fn ip(text: &str) -> String {
        names().address(text)
    }

    #[test]
    fn a_name_has_one_pseudonym_with_one_key() {
        let other = Names { key: [8; 32] };
        let name = names().name("rooms.test");
        assert_eq!(name, names().name("rooms.test"));
        assert_ne!(name, other.name("rooms.test"));
        assert_ne!(name, names().name("rooms.tesT"));
        assert_eq!(name.len(), "name-".len() + 16);
        assert_eq!(names().name(""), "");
        assert_eq!(format!("{:?}", names()), "Names { .. }");
    }

    #[test]
    fn addresses_become_others_of_their_kind() {
        for stays in [
            "127.0.0.1",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.251",
            "239.255.255.250",
            "::",
            "::1",
            "ff02::fb",
            "0.0.0.0:0",
            "[::]:5004",
        ] {
            assert_eq!(ip(stays), stays);
        }
        for (one, begins) in [
            ("10.77.0.2", "10."),
            ("192.168.1.20", "192.168."),
            ("169.254.3.4", "169.254."),
            ("fe80::1:2", "fe80::"),
            ("fd00::1", "fd"),
            ("2a00:1450::5", "2001:db8:"),
            ("ff02::1:ff00:1234", "ff02:"),
        ] {
            let other = ip(one);
            assert!(other.starts_with(begins) && other != one, "{one} {other}");
            assert_eq!(ip(one), other);
        }
        let (one, two) = (ip("203.0.113.7"), ip("203.0.113.8:443"));
        let network = one.rsplit_once('.').unwrap().0;
        assert!(
            two.starts_with(network) && two.ends_with(":443"),
            "{one} {two}"
        );
        assert!(ip("203.0.113.255").ends_with(".255"));
        assert!(ip("10.1.2.3/24").ends_with("/24"));
        assert!(ip("no address").starts_with("name-"));
    }

    #[test]
    fn no_two_addresses_become_one() {
        let names = names();
        let all = (0..4_000u32).map(|n| Ipv4Addr::from(0xC000_0200 + n * 97));
        let others: BTreeSet<_> = all.map(|address| names.v4(address)).collect();
        assert_eq!(others.len(), 4_000);
        let numbers: BTreeSet<_> = (0..256).map(|n| names.permuted("t", 8, n)).collect();
        assert_eq!(numbers.len(), 256);
    }
}
