//! Contacts to receivers: what belongs to one party stands together, with what is known of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::{Channel, Contact, Facts, Moment, NamedBy};
use crate::packets::{is_group, is_near};

/// What is known of names and addresses.
pub trait Knowledge {
    /// The part of a host's name that somebody registered: `example.org` of `www.example.org`.
    fn registrable(&self, host: &str) -> Option<String>;
    /// Whose a host is.
    fn organisation(&self, host: &str) -> Option<Known>;
    /// The country that an address is registered in (ISO 3166-1, two letters).
    fn country(&self, address: IpAddr) -> Option<String>;
    /// The network that an address is announced by: `AS64500 Example Networks`.
    fn network(&self, address: IpAddr) -> Option<String>;
}

/// What is known of a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Known {
    /// Who runs it.
    pub organisation: String,
    /// What it is for, by names of the catalogue: `analytics`, `advertising`, ...
    pub purposes: Vec<&'static str>,
    /// Who says so: a list's name, version and date.
    pub source: String,
}

/// Who the operator is, as somebody says whom the app cannot speak for.
#[derive(Debug, Clone, Default)]
pub struct Own {
    /// Domains that are the operator's.
    pub domains: Vec<String>,
    /// Addresses that are the operator's.
    pub addresses: Vec<IpAddr>,
    /// Addresses of other participants' devices.
    pub participants: Vec<IpAddr>,
}

/// Which party a receiver is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// Somebody else.
    Third,
    /// It is called by the operator's name by the app or by itself, and by nobody else.
    Claimed,
    /// Nobody said who the operator is.
    Unknown,
    /// The operator.
    First,
    /// Another participant's device.
    Participant,
    /// A device on the same network, or all of them.
    LocalNetwork,
}

/// One receiver: all remote ends under one registered name, or one address that has none.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Receiver {
    /// The registered name, or the address.
    pub name: String,
    /// Which party it is.
    pub party: Party,
    /// Whether somebody whom the app cannot speak for gives it that name.
    pub name_is_independent: bool,
    /// Who runs it, what for, and who says so.
    pub known: Vec<Known>,
    /// Hosts by name.
    pub hosts: BTreeSet<String>,
    /// Their addresses.
    pub addresses: BTreeSet<IpAddr>,
    /// Countries that the addresses are registered in.
    pub countries: BTreeSet<String>,
    /// Networks that announce the addresses.
    pub networks: BTreeSet<String>,
    /// How what was said could be read.
    pub channels: BTreeSet<Channel>,
    /// See [`Contact::bytes`].
    pub bytes: Option<[u64; 2]>,
    /// See [`Contact::messages`].
    pub messages: [u64; 2],
    /// See [`Contact::seconds`].
    pub seconds: Option<[f64; 2]>,
    /// In which parts of an audit.
    pub moments: BTreeSet<Moment>,
    /// Programs that spoke to it.
    pub processes: BTreeSet<String>,
}

/// All receivers: third parties first, and of one party those that were told most.
pub fn receivers(facts: &Facts, own: &Own, knowledge: &dyn Knowledge) -> Vec<Receiver> {
    let mut by_name: BTreeMap<(Party, String), Receiver> = BTreeMap::new();
    for contact in &facts.contacts {
        let called = Called::of(contact, &own.domains);
        let party = party(contact, &called, own);
        let address = contact.address.map(|address| address.to_string());
        // Whose an address is, somebody else said already: what the app calls it is one of its hosts.
        let by_address = matches!(
            party,
            Party::First | Party::Participant | Party::LocalNetwork
        ) && !called.independent;
        let registered = called.hosts.iter().next().filter(|_| !by_address);
        let registered =
            registered.map(|host| knowledge.registrable(host).unwrap_or_else(|| host.clone()));
        let name = registered.or(address).unwrap_or_default();
        let receiver = by_name
            .entry((party, name.clone()))
            .or_insert_with(|| Receiver {
                name,
                party,
                name_is_independent: true,
                known: Vec::new(),
                hosts: BTreeSet::new(),
                addresses: BTreeSet::new(),
                countries: BTreeSet::new(),
                networks: BTreeSet::new(),
                channels: BTreeSet::new(),
                bytes: None,
                messages: [0; 2],
                seconds: None,
                moments: BTreeSet::new(),
                processes: BTreeSet::new(),
            });
        receiver.name_is_independent &= called.independent || by_address;
        receiver.add(contact, called.hosts, knowledge);
    }
    let mut all: Vec<Receiver> = by_name.into_values().collect();
    let told = |receiver: &Receiver| match receiver.bytes {
        Some([to, _]) => to,
        None => receiver.messages[0],
    };
    all.sort_by(|a, b| {
        let order = |r: &Receiver| (r.party, std::cmp::Reverse(told(r)));
        order(a).cmp(&order(b)).then_with(|| a.name.cmp(&b.name))
    });
    all
}

impl Receiver {
    fn add(&mut self, contact: &Contact, hosts: BTreeSet<String>, knowledge: &dyn Knowledge) {
        for host in hosts {
            if let Some(known) = knowledge.organisation(&host)
                && !self.known.contains(&known)
            {
                self.known.push(known);
            }
            self.hosts.insert(host);
        }
        if let Some(address) = contact.address
            && self.addresses.insert(address)
        {
            self.countries.extend(knowledge.country(address));
            self.networks.extend(knowledge.network(address));
        }
        self.channels.extend(&contact.channels);
        if let Some([to, from]) = contact.bytes {
            let [a, b] = self.bytes.unwrap_or_default();
            self.bytes = Some([a + to, b + from]);
        }
        for (sum, n) in self.messages.iter_mut().zip(contact.messages) {
            *sum += n;
        }
        if let Some([a, b]) = contact.seconds {
            let [from, to] = self.seconds.unwrap_or([a, b]);
            self.seconds = Some([from.min(a), to.max(b)]);
        }
        self.moments.extend(&contact.moments);
        self.processes.extend(contact.processes.iter().cloned());
    }

    /// Whether anybody on the way could read something of what was sent there.
    pub fn is_clear(&self) -> bool {
        self.channels.iter().any(|channel| channel.is_clear())
    }
}

/// What a contact is called.
struct Called {
    hosts: BTreeSet<String>,
    independent: bool,
    /// A name within the operator's domains, given by somebody independent.
    own: bool,
    /// Likewise, given by anybody.
    claims_own: bool,
}

impl Called {
    fn of(contact: &Contact, domains: &[String]) -> Called {
        let of = |wanted: &dyn Fn(NamedBy) -> bool| -> BTreeSet<String> {
            let names = contact.names.iter().filter(|name| wanted(name.by));
            names.map(|name| name.name.clone()).collect()
        };
        let independent = of(&NamedBy::is_independent);
        let claimed = of(&|by| matches!(by, NamedBy::ServerName | NamedBy::HttpHost));
        let rest = of(&|by| matches!(by, NamedBy::OtherResolver | NamedBy::Certificate));
        // An address may have many names: the one that was called is among those that the resolver gave.
        let both: BTreeSet<String> = claimed.intersection(&independent).cloned().collect();
        let (hosts, is_independent) = match (both.is_empty(), independent.is_empty()) {
            (false, _) => (both, true),
            (true, false) => (independent.clone(), true),
            (true, true) if !claimed.is_empty() => (claimed.clone(), false),
            (true, true) => (rest.clone(), rest.is_empty()),
        };
        let within = |name: &String| domains.iter().any(|own| wire::dns::is_within(name, own));
        Called {
            own: is_independent && hosts.iter().any(within),
            claims_own: claimed.iter().chain(&rest).any(within),
            independent: is_independent,
            hosts,
        }
    }
}

fn party(contact: &Contact, called: &Called, own: &Own) -> Party {
    let has = |all: &[IpAddr]| {
        contact
            .address
            .is_some_and(|address| all.contains(&address))
    };
    if has(&own.addresses) || called.own {
        Party::First
    } else if has(&own.participants) {
        Party::Participant
    } else if contact.address.is_some_and(|a| is_near(a) || is_group(a)) {
        Party::LocalNetwork
    } else if called.claims_own {
        Party::Claimed
    } else if own.domains.is_empty() && own.addresses.is_empty() {
        Party::Unknown
    } else {
        Party::Third
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{LeftOut, Name, Origin};

    struct Nothing;
    impl Knowledge for Nothing {
        fn registrable(&self, host: &str) -> Option<String> {
            let mut labels: Vec<&str> = host.rsplit('.').take(2).collect();
            labels.reverse();
            Some(labels.join("."))
        }
        fn organisation(&self, _: &str) -> Option<Known> {
            None
        }
        fn country(&self, _: IpAddr) -> Option<String> {
            None
        }
        fn network(&self, _: IpAddr) -> Option<String> {
            None
        }
    }

    fn contact(address: &str, names: &[(NamedBy, &str)]) -> Contact {
        Contact {
            device: None,
            address: address.parse().ok(),
            port: Some(443),
            transport: Some(wire::Transport::Tcp),
            names: names
                .iter()
                .map(|(by, name)| Name {
                    by: *by,
                    name: (*name).to_owned(),
                })
                .collect(),
            channels: BTreeSet::new(),
            bytes: Some([10, 20]),
            messages: [1, 1],
            seconds: Some([0.0, 1.0]),
            moments: BTreeSet::new(),
            processes: BTreeSet::new(),
        }
    }

    fn parties(contacts: Vec<Contact>, own: &Own) -> Vec<(Party, String)> {
        let facts = Facts {
            origin: Origin::Capture,
            contacts,
            requests: Vec::new(),
            messages: Vec::new(),
            refused: Vec::new(),
            asked: BTreeSet::new(),
            left_out: LeftOut::default(),
        };
        let all = receivers(&facts, own, &Nothing);
        all.into_iter().map(|r| (r.party, r.name)).collect()
    }

    #[test]
    fn a_claim_names_and_never_exonerates() {
        let own = Own {
            domains: vec!["example.org".to_owned()],
            ..Own::default()
        };
        let found = parties(
            vec![
                contact("203.0.113.1", &[(NamedBy::Dns, "call.example.org")]),
                contact("203.0.113.2", &[(NamedBy::ServerName, "call.example.org")]),
                contact("203.0.113.3", &[(NamedBy::Certificate, "call.example.org")]),
                contact(
                    "203.0.113.4",
                    &[
                        (NamedBy::Dns, "t.example.net"),
                        (NamedBy::ServerName, "call.example.org"),
                    ],
                ),
                contact("203.0.113.5", &[]),
                contact("192.168.0.9", &[]),
            ],
            &own,
        );
        let expected = [
            (Party::Third, "203.0.113.5"),
            (Party::Claimed, "example.org"),
            (Party::Claimed, "example.net"),
            (Party::First, "example.org"),
            (Party::LocalNetwork, "192.168.0.9"),
        ];
        let expected: Vec<_> = expected.map(|(p, n)| (p, n.to_owned())).to_vec();
        assert_eq!(found, expected);
    }

    #[test]
    fn of_many_names_of_an_address_the_one_that_was_called_counts() {
        let own = Own {
            domains: vec!["example.org".to_owned()],
            ..Own::default()
        };
        let found = parties(
            vec![contact(
                "203.0.113.1",
                &[
                    (NamedBy::Dns, "call.example.org"),
                    (NamedBy::Dns, "ads.example.net"),
                    (NamedBy::ServerName, "ads.example.net"),
                ],
            )],
            &own,
        );
        assert_eq!(found, [(Party::Third, "example.net".to_owned())]);
    }

    #[test]
    fn an_address_of_the_operators_is_one_receiver_whatever_the_app_calls_it() {
        let own = Own {
            addresses: vec!["203.0.113.1".parse().unwrap()],
            ..Own::default()
        };
        let contacts = vec![
            contact("203.0.113.1", &[]),
            contact("203.0.113.1", &[(NamedBy::HttpHost, "peer")]),
        ];
        let found = parties(contacts, &own);
        assert_eq!(found, [(Party::First, "203.0.113.1".to_owned())]);
    }

    #[test]
    fn where_nobody_says_who_the_operator_is_nobody_is_a_third_party() {
        let found = parties(vec![contact("203.0.113.5", &[])], &Own::default());
        assert_eq!(found, [(Party::Unknown, "203.0.113.5".to_owned())]);
    }
}
