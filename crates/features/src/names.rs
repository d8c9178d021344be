//! Names of remote ends, as they stand in the open: answers of DNS, the server name in hellos of TLS and
//! QUIC, HTTP's host. What goes by DNS over TLS or HTTPS, or by an encrypted hello (RFC 9849), stays
//! without a name, or with the one that the hello pretends.
//!
//! A hello and a host are the client's own words, and an app can send whatever it likes to whomever it
//! likes under the operator's name. So they name an address, and never make it the operator's: that only an
//! answer of the resolver does.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use wire::{ServerName, Transport, dns};

use crate::trace::{Direction, Trace};

/// Addresses whose names are kept.
const NAMES_MAX: usize = 4_096;
/// Flows whose hello has begun and is waited for.
const WAITING_MAX: usize = 1_024;

/// What is known of addresses by their names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// The first name that each was seen with.
    pub name: HashMap<IpAddr, String>,
    /// Addresses of any name within the operator's own domains.
    pub own: HashSet<IpAddr>,
}

impl Names {
    pub(crate) fn new(trace: &Trace) -> Names {
        let session = trace.session();
        let guided = session.manifest.guided.iter();
        let domains = guided.flat_map(|guided| &guided.domains);
        let domains: Vec<&String> = domains.chain(&session.manifest.net.domains).collect();
        let mut names = Names::default();
        let resolver = Resolver::of(trace);
        let mut add = |address: IpAddr, name: String, answered: bool| {
            if answered && domains.iter().any(|domain| dns::is_within(&name, domain)) {
                names.own.insert(address);
            }
            if names.name.len() < NAMES_MAX {
                names.name.entry(address).or_insert(name);
            }
        };
        let mut waiting: HashMap<(SocketAddr, SocketAddr), ServerName> = HashMap::new();
        trace.datagrams(&mut |datagram| {
            let (remote, payload) = (datagram.remote, datagram.payload);
            match (datagram.transport, datagram.direction) {
                (Transport::Udp, Direction::In) if remote.port() == dns::PORT => {
                    for (address, name) in dns::answers(payload) {
                        add(address, name, resolver.is(remote.ip()));
                    }
                }
                (Transport::Tcp | Transport::Udp, Direction::Out) if !payload.is_empty() => {
                    let flow = (datagram.local, remote);
                    let mut server_name = waiting.remove(&flow).unwrap_or_default();
                    let name = match datagram.segment {
                        Some(segment) => server_name.segment(segment.seq, payload),
                        None => server_name.datagram(payload),
                    };
                    if server_name.waits() && waiting.len() < WAITING_MAX {
                        waiting.insert(flow, server_name);
                    }
                    if let Some(name) = name {
                        add(remote.ip(), name, false);
                    }
                }
                _ => {}
            }
        });
        names
    }
}

/// Whom the device asks for names. An app can ask others, and have them answer what it likes.
enum Resolver {
    /// The router, or the stage: nobody on the internet has such an address.
    Near,
    /// A public one: whoever answered first, before there was a call.
    At(Option<IpAddr>),
}

impl Resolver {
    fn of(trace: &Trace) -> Resolver {
        // On a stage there is one resolver, and it is near.
        if trace.session().manifest.guided.is_some() {
            return Resolver::Near;
        }
        let (mut first, mut any_near) = (None, false);
        trace.datagrams(&mut |datagram| {
            let way = (datagram.transport, datagram.direction);
            let (remote, port) = (datagram.remote.ip(), datagram.remote.port());
            if way == (Transport::Udp, Direction::In) && port == dns::PORT {
                first.get_or_insert(remote);
                any_near |= is_near(remote);
            }
        });
        match any_near {
            true => Resolver::Near,
            false => Resolver::At(first),
        }
    }

    fn is(&self, address: IpAddr) -> bool {
        match self {
            Resolver::Near => is_near(address),
            Resolver::At(known) => *known == Some(address),
        }
    }
}

/// Whether an address is of the own network.
fn is_near(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64;
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared
        }
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}
