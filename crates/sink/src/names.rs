//! Names and the addresses that they are given, both ways.

use std::collections::HashMap;
use std::net::Ipv4Addr;

/// The first address that is given: 198.18.0.0/15 is for tests of networks (RFC 2544, RFC 6890), so it is
/// nobody's, and no program takes it for one of the own network.
const FIRST: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// Names that are given an address.
const NAMES_MAX: usize = 1 << 16;

/// Names with their addresses.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_name: HashMap<String, Ipv4Addr>,
    in_order: Vec<String>,
}

impl Names {
    /// The address of a name, the same for ever; nothing once there are too many.
    pub(crate) fn address(&mut self, name: &str) -> Option<Ipv4Addr> {
        let name = name.to_ascii_lowercase();
        if let Some(address) = self.by_name.get(&name) {
            return Some(*address);
        }
        if self.in_order.len() == NAMES_MAX {
            return None;
        }
        let address = Ipv4Addr::from_bits(FIRST.to_bits() + self.in_order.len() as u32);
        self.by_name.insert(name.clone(), address);
        self.in_order.push(name);
        Some(address)
    }

    /// The name whose address this is.
    pub(crate) fn name(&self, address: Ipv4Addr) -> Option<&str> {
        let index = address.to_bits().checked_sub(FIRST.to_bits())?;
        self.in_order.get(index as usize).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_address_and_an_address_its_name() {
        let mut names = Names::default();
        let one = names.address("one.example.org").unwrap();
        let two = names.address("two.example.org").unwrap();
        assert_ne!(one, two);
        assert_eq!(names.address("ONE.example.org"), Some(one));
        assert_eq!(names.name(two), Some("two.example.org"));
        assert_eq!(names.name(Ipv4Addr::new(198, 18, 0, 0)), None);
        assert_eq!(names.name(Ipv4Addr::new(198, 18, 0, 3)), None);
    }

    #[test]
    fn there_is_an_end_of_names_within_the_network_for_tests() {
        let mut names = Names::default();
        let last = (0..NAMES_MAX).filter_map(|n| names.address(&n.to_string()));
        assert!(last.last().unwrap() < Ipv4Addr::new(198, 20, 0, 0));
        assert_eq!(names.address("one more"), None);
        assert!(names.address("7").is_some());
    }
}
