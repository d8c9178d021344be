//! Names of remote ends, as they stand in the open: answers of DNS, TLS' server name, HTTP's host. What
//! goes by DNS over TLS or HTTPS, by QUIC, or by an encrypted hello stays without a name.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use wire::{Transport, dns};

use crate::Session;
use crate::flows::{App, Direction};

/// Addresses whose names are kept.
const NAMES_MAX: usize = 4_096;

/// What is known of addresses by their names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// The first name that each was seen with.
    pub name: HashMap<IpAddr, String>,
    /// Addresses of any name within the operator's own domains.
    pub own: HashSet<IpAddr>,
}

impl Names {
    pub(crate) fn new(session: &Session) -> Names {
        let app = App::new(&session.manifest.net);
        let guided = session.manifest.guided.iter();
        let domains = guided.flat_map(|guided| &guided.domains);
        let domains: Vec<&String> = domains.chain(&session.manifest.net.domains).collect();
        let mut names = Names::default();
        let mut add = |address: IpAddr, name: String| {
            if domains.iter().any(|domain| dns::is_within(&name, domain)) {
                names.own.insert(address);
            }
            if names.name.len() < NAMES_MAX {
                names.name.entry(address).or_insert(name);
            }
        };
        for packet in session.packets {
            let Ok(datagram) = wire::datagram(&packet.data) else {
                continue;
            };
            let Some((direction, remote)) = app.direction(datagram.src, datagram.dst) else {
                continue;
            };
            let payload = &packet.data[datagram.payload];
            match (datagram.transport, direction) {
                (Transport::Udp, Direction::In) if remote.port() == dns::PORT => {
                    for (address, name) in dns::answers(payload) {
                        add(address, name);
                    }
                }
                (Transport::Tcp, Direction::Out) => {
                    if let Some(name) = wire::called(payload) {
                        add(remote.ip(), name);
                    }
                }
                _ => {}
            }
        }
        names
    }
}
