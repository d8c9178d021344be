//! Which device behind an interface is meant: learned from what devices send, not asked of anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, ToSocketAddrs};

use wire::link::{self, ETHERNET, Mac};

/// Devices that are told apart: a network may have many, and a hostile one makes up more.
const DEVICES_MAX: usize = 1_024;
/// Addresses of one device that are kept.
const ADDRESSES_MAX: usize = 32;

/// Which device was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// The only one that there is.
    Only,
    /// By the address of its network interface.
    Mac(Mac),
    /// By one of these addresses.
    Addresses(Vec<IpAddr>),
}

impl Asked {
    /// What was typed: an interface's address, an IP address, or a name that this machine can look up. The name
    /// itself where nobody knows it.
    pub fn parse(text: &str) -> Result<Asked, String> {
        if let Some(mac) = mac(text) {
            return Ok(Asked::Mac(mac));
        }
        if let Ok(address) = text.parse() {
            return Ok(Asked::Addresses(vec![address]));
        }
        let found = (text, 0).to_socket_addrs();
        let addresses: Vec<IpAddr> = found.into_iter().flatten().map(|a| a.ip()).collect();
        match addresses.is_empty() {
            true => Err(text.to_owned()),
            false => Ok(Asked::Addresses(addresses)),
        }
    }
}

/// Six bytes in hexadecimal digits, with colons or hyphens between them.
fn mac(text: &str) -> Option<Mac> {
    let mut bytes = text.split([':', '-']).map(|byte| match byte.len() {
        1 | 2 => u8::from_str_radix(byte, 16).ok(),
        _ => None,
    });
    let mut mac = [0; 6];
    for byte in &mut mac {
        *byte = bytes.next()??;
    }
    bytes.next().is_none().then_some(mac)
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Of its network interface.
    pub mac: Mac,
    /// Those that it was seen to send from.
    pub addresses: Vec<IpAddr>,
}

/// Why it is not known which device is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nobody {
    /// None that it could be has sent anything yet.
    Silent,
    /// It could be any of these.
    Several(Vec<Device>),
}

/// Devices that were seen to send.
#[derive(Debug, Default)]
pub struct Seen(BTreeMap<Mac, BTreeSet<IpAddr>>);

impl Seen {
    /// Takes a frame of an interface with the address `own`: what this machine itself sends is nobody's.
    pub fn add(&mut self, own: Mac, frame: &[u8]) {
        let Some(mac) = link::sender(ETHERNET, frame).filter(|mac| *mac != own) else {
            return;
        };
        let Ok(datagram) = wire::datagram(frame) else {
            return;
        };
        let address = datagram.src.ip();
        let room = self.0.len() < DEVICES_MAX;
        if address.is_unspecified() || (!room && !self.0.contains_key(&mac)) {
            return;
        }
        let addresses = self.0.entry(mac).or_default();
        if addresses.len() < ADDRESSES_MAX {
            addresses.insert(address);
        }
    }

    /// The device that was asked for.
    pub fn device(&self, asked: &Asked) -> Result<Device, Nobody> {
        let is = |mac: &Mac, addresses: &BTreeSet<IpAddr>| match asked {
            // Who passes on what comes from elsewhere is a router.
            Asked::Only => addresses.iter().all(is_local),
            Asked::Mac(asked) => asked == mac,
            Asked::Addresses(asked) => asked.iter().any(|address| addresses.contains(address)),
        };
        let all = self.0.iter().filter(|(mac, addresses)| is(mac, addresses));
        let mut all: Vec<Device> = all
            .map(|(mac, addresses)| Device {
                mac: *mac,
                addresses: addresses.iter().copied().collect(),
            })
            .collect();
        match all.len() {
            0 => Err(Nobody::Silent),
            1 => Ok(all.remove(0)),
            _ => Err(Nobody::Several(all)),
        }
    }
}

/// Whether an address is one of a local network.
fn is_local(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_link_local() || v4.octets()[0] == 100,
        // What a provider gives to each device is worldwide; the router's own is told by its other addresses.
        IpAddr::V6(_) => true,
    }
}

/// As it is written everywhere.
impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mac: Vec<String> = self.mac.iter().map(|byte| format!("{byte:02x}")).collect();
        let addresses: Vec<String> = self.addresses.iter().map(IpAddr::to_string).collect();
        write!(f, "{} ({})", mac.join(":"), addresses.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Mac = [2, 0, 0, 0, 0, 1];

    fn frame(from: u8, src: [u8; 4]) -> Vec<u8> {
        let mut frame = Vec::new();
        etherparse::PacketBuilder::ethernet2([2, 0, 0, 0, 0, from], [9; 6])
            .ipv4(src, [198, 51, 100, 7], 64)
            .udp(5_000, 6_000)
            .write(&mut frame, b"payload")
            .unwrap();
        frame
    }

    #[test]
    fn the_device_that_was_asked_for_is_found() {
        let mut seen = Seen::default();
        seen.add(OWN, &frame(1, [10, 0, 0, 1]));
        assert_eq!(seen.device(&Asked::Only), Err(Nobody::Silent));
        // A router behind a mirror, and a phone.
        seen.add(OWN, &frame(7, [198, 51, 100, 9]));
        seen.add(OWN, &frame(5, [10, 0, 0, 5]));
        let phone = seen.device(&Asked::Only).unwrap();
        assert_eq!(phone.to_string(), "02:00:00:00:00:05 (10.0.0.5)");
        for asked in ["02:00:00:00:00:05", "2-0-0-0-0-5", "10.0.0.5"] {
            assert_eq!(
                seen.device(&Asked::parse(asked).unwrap()),
                Ok(phone.clone())
            );
        }
        seen.add(OWN, &frame(6, [10, 0, 0, 6]));
        let both = Asked::Addresses(vec![
            "10.0.0.5".parse().unwrap(),
            "10.0.0.6".parse().unwrap(),
        ]);
        for asked in [Asked::Only, both] {
            let Err(Nobody::Several(all)) = seen.device(&asked) else {
                panic!("{asked:?}")
            };
            assert_eq!(all.len(), 2);
        }
        assert_eq!(
            seen.device(&Asked::parse("10.0.0.9").unwrap()),
            Err(Nobody::Silent)
        );
    }

    #[test]
    fn what_is_no_device_has_no_name() {
        for text in [
            "02:00:00:00:00",
            "02:00:00:00:00:05:06",
            "gg:0:0:0:0:0",
            "no such name",
        ] {
            assert_eq!(Asked::parse(text), Err(text.to_owned()));
        }
    }

    #[test]
    fn many_devices_fill_no_memory() {
        let mut seen = Seen::default();
        for n in 0..3_000u32 {
            let mut one = frame(0, [10, 1, (n >> 8) as u8, n as u8]);
            one[8..12].copy_from_slice(&n.to_be_bytes());
            seen.add(OWN, &one);
            seen.add(OWN, &frame(0xFF, [10, 2, (n >> 8) as u8, n as u8]));
        }
        assert_eq!(seen.0.len(), DEVICES_MAX);
        assert!(
            seen.0
                .values()
                .all(|addresses| addresses.len() <= ADDRESSES_MAX)
        );
    }
}
