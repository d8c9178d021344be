//! Sockets and listeners in the app's network namespace, from `/proc` (proc_pid_net(5)).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use procfs::process::{FDTarget, Process};
use record::{Body, MonotonicNs, Socket, Source};

use crate::{Observer, Sink, Target, Unavailable};

/// Looks at the sockets at every drain and records changes.
#[derive(Default)]
pub struct Sockets {
    /// A process of the side, by whose `/proc` entry its network is read.
    pid: Option<i32>,
    last: Option<Vec<(Socket, u64)>>,
}

impl Observer for Sockets {
    fn source(&self) -> Source {
        Source::Sockets
    }

    fn attach(&mut self, target: &Target<'_>, out: &mut dyn Sink) -> Result<(), Unavailable> {
        self.pid = Some(target.app.pid());
        let note = "sockets of the app's network namespace, looked at many times a second";
        out.record(
            stage::clock::now(),
            Source::Sockets,
            Body::Attached { note: note.into() },
        );
        Ok(())
    }

    fn drain(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        let Some(pid) = self.pid else { return };
        match sockets(pid) {
            Ok(found) if self.last.as_ref() == Some(&found) => {}
            Ok(found) => {
                // Who holds them is looked up only when there is something new: it costs a walk
                // over all descriptors of the stage.
                let owners = owners();
                let named = found.iter().map(|(socket, inode)| Socket {
                    command: owners.get(inode).cloned(),
                    ..socket.clone()
                });
                let sockets = named.collect();
                self.last = Some(found);
                out.record(now, Source::Sockets, Body::Sockets { sockets });
            }
            Err(e) => {
                self.pid = None;
                let why = Some(format!("the app's sockets cannot be read: {e}"));
                out.record(now, Source::Sockets, Body::Detached { why });
            }
        }
    }

    fn detach(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        if self.pid.take().is_some() {
            out.record(now, Source::Sockets, Body::Detached { why: None });
        }
    }
}

/// The sockets with their inodes, in a fixed order; without owners.
fn sockets(pid: i32) -> procfs::ProcResult<Vec<(Socket, u64)>> {
    let process = Process::new(pid)?;
    let mut found = Vec::new();
    let mut push = |protocol: &str, local: SocketAddr, remote: SocketAddr, state: String, inode| {
        let (protocol, local) = (protocol.to_owned(), local.to_string());
        let remote = remote.to_string();
        found.push((
            Socket {
                protocol,
                local,
                remote,
                state,
                command: None,
            },
            inode,
        ));
    };
    // A kernel without IPv6 has no such files.
    for (protocol, entries) in [
        ("tcp", process.tcp()?),
        ("tcp6", process.tcp6().unwrap_or_default()),
    ] {
        for e in entries {
            push(
                protocol,
                e.local_address,
                e.remote_address,
                format!("{:?}", e.state),
                e.inode,
            );
        }
    }
    for (protocol, entries) in [
        ("udp", process.udp()?),
        ("udp6", process.udp6().unwrap_or_default()),
    ] {
        for e in entries {
            push(
                protocol,
                e.local_address,
                e.remote_address,
                format!("{:?}", e.state),
                e.inode,
            );
        }
    }
    // Connections that nobody holds any more come and go with TCP's own timers.
    found.retain(|(socket, _)| socket.state != "TimeWait");
    found.sort();
    Ok(found)
}

/// Where programs wait for connections by TCP in the network namespace of a process of the side.
pub fn listeners(pid: i32) -> Result<Vec<SocketAddr>, Unavailable> {
    let found = sockets(pid).map_err(|e| Unavailable(format!("listeners cannot be read: {e}")))?;
    let listening = found.iter().filter(|(socket, _)| socket.state == "Listen");
    Ok(listening
        .filter_map(|(socket, _)| socket.local.parse().ok())
        .collect())
}

/// Socket inode → command of a process that holds it, over all processes of the stage.
fn owners() -> BTreeMap<u64, String> {
    let mut owners = BTreeMap::new();
    for process in procfs::process::all_processes()
        .into_iter()
        .flatten()
        .flatten()
    {
        let (Ok(stat), Ok(fds)) = (process.stat(), process.fd()) else {
            continue;
        };
        for fd in fds.flatten() {
            if let FDTarget::Socket(inode) = fd.target {
                owners.insert(inode, stat.comm.clone());
            }
        }
    }
    owners
}

/// Whether a socket can be reached from other machines: it listens (TCP) or is bound without a
/// remote end (UDP), on an address that is not loopback.
pub fn is_reachable(socket: &Socket) -> bool {
    let Ok(local) = socket.local.parse::<SocketAddr>() else {
        return false;
    };
    let waits = match socket.protocol.starts_with("tcp") {
        true => socket.state == "Listen",
        false => socket.remote.parse::<SocketAddr>().is_ok_and(|r| {
            r.port() == 0 && (r.ip() == Ipv4Addr::UNSPECIFIED || r.ip() == Ipv6Addr::UNSPECIFIED)
        }),
    };
    waits && !local.ip().is_loopback()
}
