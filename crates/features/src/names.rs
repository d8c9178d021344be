//! Names of remote ends, as they stand in the open: answers of DNS, the server name in hellos of TLS and
//! QUIC, HTTP's host. What goes by DNS over TLS or HTTPS, or by an encrypted hello (RFC 9849), stays
//! without a name, or with the one that the hello pretends.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, SocketAddr};

use wire::{ServerName, Transport, dns};

use crate::Session;
use crate::flows::{App, Direction};

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
        let mut waiting: HashMap<(SocketAddr, SocketAddr), ServerName> = HashMap::new();
        for packet in session.packets {
            let Ok(datagram) = wire::datagram(&packet.data) else {
                continue;
            };
            let Some((direction, remote)) = app.direction(datagram.src, datagram.dst) else {
                continue;
            };
            let payload = &packet.data[datagram.payload.clone()];
            match (datagram.transport, direction) {
                (Transport::Udp, Direction::In) if remote.port() == dns::PORT => {
                    for (address, name) in dns::answers(payload) {
                        add(address, name);
                    }
                }
                (Transport::Tcp | Transport::Udp, Direction::Out) if !payload.is_empty() => {
                    let flow = (datagram.src, datagram.dst);
                    let mut server_name = waiting.remove(&flow).unwrap_or_default();
                    let segment = wire::tcp::segment(&packet.data, packet.orig_len, &datagram);
                    let name = match segment {
                        Some(segment) => server_name.segment(segment.seq, payload),
                        None => server_name.datagram(payload),
                    };
                    if server_name.waits() && waiting.len() < WAITING_MAX {
                        waiting.insert(flow, server_name);
                    }
                    if let Some(name) = name {
                        add(remote.ip(), name);
                    }
                }
                _ => {}
            }
        }
        names
    }
}
