//! Names of addresses, by answers of resolvers.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use wire::dns;

use crate::facts::{Name, NamedBy};

/// Answers that are kept.
const ANSWERS_MAX: usize = 1 << 16;

/// What resolvers answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    names: HashMap<IpAddr, BTreeSet<(IpAddr, String)>>,
    n: usize,
    /// Resolvers in the order in which they answered first.
    resolvers: Vec<IpAddr>,
}

impl Answers {
    /// Takes a message of DNS that `from` sent.
    pub(super) fn add(&mut self, from: IpAddr, message: &[u8]) {
        for (address, name) in dns::answers(message) {
            if self.n == ANSWERS_MAX {
                return;
            }
            if !self.resolvers.contains(&from) && self.resolvers.len() < 64 {
                self.resolvers.push(from);
            }
            let fresh = self.names.entry(address).or_default().insert((from, name));
            self.n += usize::from(fresh);
        }
    }

    /// The names of an address.
    pub(super) fn names(&self, address: IpAddr) -> impl Iterator<Item = Name> {
        let all = self.names.get(&address).into_iter().flatten();
        all.map(|(from, name)| {
            let by = match self.is_the_devices(*from) {
                true => NamedBy::Dns,
                false => NamedBy::OtherResolver,
            };
            Name::new(by, name)
        })
    }

    /// Whether it is the resolver that the device asks: the router, which is near. Where none is near, the first
    /// that answered, before there was a call: an app can ask others, and have them answer what it likes.
    fn is_the_devices(&self, resolver: IpAddr) -> bool {
        match self.resolvers.iter().any(|one| is_near(*one)) {
            true => is_near(resolver),
            false => self.resolvers.first() == Some(&resolver),
        }
    }
}

/// Whether an address is of the own network: private (RFC 1918, RFC 4193), shared by a provider (RFC 6598), of
/// the link or the loopback, or of a group or of all on the link.
pub(crate) fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64;
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || shared
        }
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.is_unspecified()
        }
    }
}

/// Whether an address is of all or of a group: who hears that is on the local network, as a rule.
pub(crate) fn is_group(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_multicast() || v4.is_broadcast(),
        IpAddr::V6(v6) => v6.is_multicast(),
    }
}
