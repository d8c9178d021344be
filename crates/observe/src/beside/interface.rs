//! A network interface of this machine, by its name.

use std::fs;

use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use wire::link::Mac;

/// ARPHRD_ETHER of `linux/if_arp.h`: frames of Ethernet, as Wi-Fi gives them as well.
const ETHERNET: &str = "1";

/// An interface that can be captured on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its own address, which no device behind it has.
    pub mac: Mac,
}

/// Why nothing can be captured there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoInterface {
    /// There is none of that name.
    #[error("there is no interface `{name}`; there are {there}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names of those that there are.
        there: String,
    },
    /// It is switched off, or nothing is connected to it.
    #[error("the interface `{name}` is down")]
    Down {
        /// Its name.
        name: String,
    },
    /// It has no frames of Ethernet, by which devices are told apart.
    #[error("the interface `{name}` does not carry Ethernet frames")]
    NotEthernet {
        /// Its name.
        name: String,
    },
}

impl Interface {
    /// The interface of that name.
    pub fn find(name: &str) -> Result<Interface, NoInterface> {
        let all: Vec<_> = getifaddrs().into_iter().flatten().collect();
        let own = all.iter().filter(|one| one.interface_name == name);
        let named = || name.to_owned();
        let flags = own.clone().map(|one| one.flags).next();
        let Some(flags) = flags else {
            let mut there: Vec<&str> = all.iter().map(|one| one.interface_name.as_str()).collect();
            there.sort_unstable();
            there.dedup();
            return Err(NoInterface::Unknown {
                name: named(),
                there: there.join(", "),
            });
        };
        // `lo` is of a type of its own, and so are tunnels.
        let kind = fs::read_to_string(format!("/sys/class/net/{name}/type"));
        let links = own.filter_map(|one| one.address.as_ref()?.as_link_addr()?.addr());
        let mac = links.into_iter().find(|mac| *mac != [0; 6]);
        match mac {
            Some(mac) if kind.map_or(true, |kind| kind.trim() == ETHERNET) => {
                let up = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING;
                match flags.contains(up) {
                    true => Ok(Interface { name: named(), mac }),
                    false => Err(NoInterface::Down { name: named() }),
                }
            }
            _ => Err(NoInterface::NotEthernet { name: named() }),
        }
    }

    /// Whether it is there and up now.
    pub fn is_up(&self) -> bool {
        Interface::find(&self.name).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_interface_of_a_device_is_told() {
        let unknown = Interface::find("muteproof-none").unwrap_err();
        let text = unknown.to_string();
        assert!(text.contains("`muteproof-none`"), "{text}");
        // A namespace without any way out has it, too.
        if text.contains("lo") {
            let loopback = Interface::find("lo").unwrap_err();
            assert_eq!(loopback, NoInterface::NotEthernet { name: "lo".into() });
        }
    }
}
