//! Names of addresses, from answers of DNS that were seen.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::open::text;

/// Addresses whose names are kept.
const NAMES_MAX: usize = 8_192;

/// Names by address.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: HashMap<IpAddr, String>,
    pub n_left_out: u64,
}

impl Names {
    pub(crate) fn add(&mut self, address: IpAddr, name: String) {
        if self.names.len() >= NAMES_MAX && !self.names.contains_key(&address) {
            self.n_left_out += 1;
            return;
        }
        self.names.entry(address).or_insert(name);
    }

    pub(crate) fn get(&self, address: &IpAddr) -> Option<&String> {
        self.names.get(address)
    }

    /// Takes a message of DNS; those that are no answers say nothing.
    pub(crate) fn answer(&mut self, bytes: &[u8]) {
        for (address, name) in wire::dns::answers(bytes) {
            self.add(address, text(&name));
        }
    }
}
