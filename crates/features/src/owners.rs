//! Which process sends by a flow: packets to sockets by port, sockets to processes by what the
//! kernel said at their first send.

use std::collections::HashMap;
use std::net::SocketAddr;

use record::{Body, MonotonicNs};
use wire::Transport;

use crate::model::Owner;
use crate::session::Session;

/// Processes of one flow that are told apart; nobody reads more.
pub(crate) const OWNERS_MAX: usize = 8;

/// The kernel's word comes after the protocol took the bytes, so after the packet; how much later is
/// up to the scheduler.
const LATER_NS: i64 = 200_000_000;

/// A socket in the hands of a process, from then on.
struct Held {
    since: MonotonicNs,
    socket: u64,
    local: SocketAddr,
    remote: Option<SocketAddr>,
    owner: Owner,
}

/// All sockets of a session by protocol and port, in the order of time.
pub struct Owners {
    held: HashMap<(Transport, u16), Vec<Held>>,
}

impl Owners {
    /// The sockets that the kernel told of.
    pub fn new(session: &Session) -> Owners {
        let mut held: HashMap<(Transport, u16), Vec<Held>> = HashMap::new();
        for record in session.records {
            let Body::Owner {
                socket,
                command,
                pid,
                protocol,
                local,
                remote,
            } = &record.body
            else {
                continue;
            };
            let (Some(transport), Ok(local)) = (transport(protocol), local.parse::<SocketAddr>())
            else {
                continue;
            };
            let here = held.entry((transport, local.port())).or_default();
            here.push(Held {
                since: record.t,
                socket: *socket,
                local,
                remote: remote.as_ref().and_then(|remote| remote.parse().ok()),
                owner: Owner {
                    command: command.clone(),
                    pid: *pid,
                },
            });
        }
        for held in held.values_mut() {
            held.sort_by_key(|held| held.since);
        }
        Owners { held }
    }

    /// Who may have sent a packet: all processes that held the socket which last came by those ends.
    /// Before the first word of any (a handshake is sent by the kernel), the first that came.
    pub fn of(
        &self,
        transport: Transport,
        from: SocketAddr,
        to: SocketAddr,
        t: MonotonicNs,
    ) -> impl Iterator<Item = &Owner> {
        let here = self.held.get(&(transport, from.port()));
        let here = here.map_or(&[][..], Vec::as_slice);
        let fits = move |held: &&Held| {
            (held.local.ip().is_unspecified() || held.local.ip() == from.ip())
                && held.remote.is_none_or(|remote| remote == to)
        };
        let by_then = here.partition_point(|held| held.since <= t.offset(LATER_NS));
        let last = here[..by_then].iter().rev().find(fits);
        let socket = last.or_else(|| here.iter().find(fits)).map(|h| h.socket);
        let of_it = here.iter().filter(move |h| Some(h.socket) == socket);
        of_it.filter(fits).map(|held| &held.owner)
    }
}

pub(crate) fn transport(name: &str) -> Option<Transport> {
    match name {
        "tcp" => Some(Transport::Tcp),
        "udp" => Some(Transport::Udp),
        _ => None,
    }
}
