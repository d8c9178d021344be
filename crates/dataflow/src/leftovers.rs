//! What listens and runs before, during and after an app, from a session's records.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use record::{AppMoment, Body, MonotonicNs, Record, Socket};
use schemars::JsonSchema;
use serde::Serialize;

use crate::listeners::{Commandable, commandable};
use crate::removal::{Removal, removal};

/// What an app had listen, and what of it stayed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Leftovers {
    /// Whether was looked after the app quit: not where its recipe does not quit it, or the run ended before.
    pub looked_after_quit: bool,
    /// Who waited for connections (TCP) while the app ran or after it quit, and was not there before; and what
    /// waited for datagrams (UDP) after it quit. In the order of addresses.
    pub listeners: Vec<Listener>,
    /// Commands of the app's programs that still ran after it quit, one entry a process.
    pub stayed: Vec<String>,
    /// What of its package stays when it was removed; nothing where it was not installed for this session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub removal: Option<Removal>,
}

/// A socket that waits for others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Listener {
    /// `tcp`, `tcp6`, `udp`, `udp6`.
    pub protocol: String,
    /// Address and port.
    pub address: String,
    /// Who can reach it.
    pub reach: Reach,
    /// Commands of programs that held it.
    pub commands: BTreeSet<String>,
    /// Whether it waited while the app ran.
    pub running: bool,
    /// Whether it waited some seconds after the app was asked to quit.
    pub after_quit: bool,
    /// Whether any website could command it: asked while the app ran, and after it quit. Nothing where it was
    /// not there to be asked.
    pub website: [Option<Commandable>; 2],
}

/// Who can reach a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Programs of this machine, and so what a browser on it is told to send.
    Machine,
    /// Others on the network as well, as far as nothing stands between.
    Network,
}

impl Listener {
    /// Whether it is known that any website can command it.
    pub fn is_commandable(&self) -> bool {
        let yes = |of: &Option<Commandable>| matches!(of, Some(Commandable::Yes { .. }));
        self.website.iter().any(yes)
    }
}

impl Leftovers {
    /// Whether there is anything to tell.
    pub fn is_empty(&self) -> bool {
        self.listeners.is_empty() && self.stayed.is_empty()
    }
}

/// What a session's records say; nothing where they are of a version that did not look.
pub fn leftovers(records: &[Record]) -> Option<Leftovers> {
    let moment = |wanted: AppMoment| {
        records.iter().find_map(|record| match &record.body {
            Body::Programs { at, commands } if *at == wanted => Some((record.t, commands)),
            _ => None,
        })
    };
    let (launched, _) = moment(AppMoment::BeforeLaunch)?;
    let quit = moment(AppMoment::AfterQuit);
    let asked_to_quit = moment(AppMoment::Running).map_or(MonotonicNs(u64::MAX), |(t, _)| t);
    let mut before: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut found: Vec<Listener> = Vec::new();
    let mut last: &[Socket] = &[];
    let mut put = |sockets: &[Socket], after_quit: bool, not: &BTreeSet<(&str, &str)>| {
        for socket in sockets.iter().filter(|socket| waits(socket)) {
            let key = (socket.protocol.as_str(), socket.local.as_str());
            let is_tcp = socket.protocol.starts_with("tcp");
            if not.contains(&key) || !(is_tcp || after_quit) {
                continue;
            }
            let at = found
                .iter()
                .position(|one| (one.protocol.as_str(), one.address.as_str()) == key);
            let at = at.unwrap_or_else(|| {
                found.push(Listener {
                    protocol: socket.protocol.clone(),
                    address: socket.local.clone(),
                    reach: reach(&socket.local),
                    commands: BTreeSet::new(),
                    running: false,
                    after_quit: false,
                    website: [None, None],
                });
                found.len() - 1
            });
            found[at].commands.extend(socket.command.clone());
            found[at].running |= !after_quit;
            found[at].after_quit |= after_quit;
        }
    };
    for record in records {
        let Body::Sockets { sockets } = &record.body else {
            continue;
        };
        if record.t <= launched {
            let waiting = sockets.iter().filter(|socket| waits(socket));
            before = waiting.map(|s| (&s.protocol[..], &s.local[..])).collect();
        } else if record.t <= asked_to_quit {
            put(sockets, false, &before);
        }
        // What waited when it was looked after quit is what the last look before showed.
        if quit.is_some_and(|(t, _)| record.t <= t) {
            last = sockets;
        }
    }
    put(last, true, &before);
    found.sort_by(|a, b| (order(a), &a.protocol).cmp(&(order(b), &b.protocol)));
    for record in records {
        let Body::WebAsked {
            at,
            listener,
            answers,
            ..
        } = &record.body
        else {
            continue;
        };
        let place = match at {
            AppMoment::Running => 0,
            AppMoment::AfterQuit => 1,
            AppMoment::BeforeLaunch | AppMoment::Unknown => continue,
        };
        let of = |one: &&mut Listener| one.address == *listener && one.protocol.starts_with("tcp");
        if let Some(one) = found.iter_mut().find(of) {
            one.website[place] = Some(commandable(answers));
        }
    }
    Some(Leftovers {
        looked_after_quit: quit.is_some(),
        listeners: found,
        stayed: quit
            .map(|(_, commands)| commands.clone())
            .unwrap_or_default(),
        removal: removal(records),
    })
}

/// Whether it waits for others: it listens, or is a datagram socket without another end.
fn waits(socket: &Socket) -> bool {
    match socket.protocol.starts_with("tcp") {
        true => socket.state.eq_ignore_ascii_case("listen"),
        false => {
            let remote = socket.remote.parse::<SocketAddr>();
            remote.is_ok_and(|end| end.port() == 0 && end.ip().is_unspecified())
        }
    }
}

fn reach(address: &str) -> Reach {
    let end = address.parse::<SocketAddr>();
    match end.is_ok_and(|end| end.ip().to_canonical().is_loopback()) {
        true => Reach::Machine,
        false => Reach::Network,
    }
}

fn order(listener: &Listener) -> (Option<SocketAddr>, &str) {
    (listener.address.parse().ok(), &listener.address)
}

#[cfg(test)]
mod tests {
    use record::{Bytes, Source, WebAnswer, WebReply, WebRequest};

    use super::*;
    use crate::listeners::By;

    fn log(bodies: Vec<Body>) -> Vec<Record> {
        let record = |(i, body): (usize, Body)| Record {
            t: MonotonicNs(i as u64),
            source: Source::Stage,
            seq: i as u64,
            body,
        };
        bodies.into_iter().enumerate().map(record).collect()
    }

    fn socket(protocol: &str, local: &str, state: &str, command: &str) -> Socket {
        Socket {
            protocol: protocol.into(),
            local: local.into(),
            remote: "0.0.0.0:0".into(),
            state: state.into(),
            command: Some(command.into()),
        }
    }

    fn programs(at: AppMoment, commands: &[&str]) -> Body {
        let commands = commands.iter().map(|c| (*c).to_owned()).collect();
        Body::Programs { at, commands }
    }

    fn asked(at: AppMoment, listener: &str, status: u16) -> Body {
        Body::WebAsked {
            at,
            listener: listener.into(),
            tls: false,
            answers: vec![WebAnswer {
                request: WebRequest::Simple,
                reply: WebReply::Http {
                    status,
                    allow_origin: None,
                    allow_private_network: false,
                    web_socket: false,
                    bytes: 0,
                    first: Bytes::default(),
                },
            }],
        }
    }

    #[test]
    fn what_was_there_before_is_not_the_app_s_and_what_is_there_after_stayed() {
        let before = socket("tcp", "127.0.0.1:631", "Listen", "other");
        let own = socket("tcp", "127.0.0.1:4711", "Listen", "app");
        let left = socket("tcp", "0.0.0.0:4712", "Listen", "helper");
        let call = socket("udp", "0.0.0.0:5004", "Close", "app");
        let stays = socket("udp", "0.0.0.0:5353", "Close", "helper");
        let records = log(vec![
            Body::Sockets {
                sockets: vec![before.clone()],
            },
            programs(AppMoment::BeforeLaunch, &[]),
            Body::Sockets {
                sockets: vec![before.clone(), own, left.clone(), call],
            },
            programs(AppMoment::Running, &["app", "helper"]),
            asked(AppMoment::Running, "127.0.0.1:4711", 403),
            asked(AppMoment::Running, "0.0.0.0:4712", 200),
            Body::Sockets {
                sockets: vec![before.clone(), left, stays],
            },
            programs(AppMoment::AfterQuit, &["helper"]),
            asked(AppMoment::AfterQuit, "0.0.0.0:4712", 200),
            // The stage is taken down.
            Body::Sockets { sockets: vec![] },
        ]);
        let found = leftovers(&records).unwrap();
        assert_eq!(found.stayed, ["helper"]);
        let told: Vec<_> = found
            .listeners
            .iter()
            .map(|l| (&l.address[..], l.running, l.after_quit, l.reach))
            .collect();
        assert_eq!(
            told,
            [
                ("0.0.0.0:4712", true, true, Reach::Network),
                ("0.0.0.0:5353", false, true, Reach::Network),
                ("127.0.0.1:4711", true, false, Reach::Machine),
            ]
        );
        let yes = Commandable::Yes {
            by: [By::SimpleRequest].into(),
        };
        let website: Vec<_> = found.listeners.iter().map(|l| l.website.clone()).collect();
        assert_eq!(
            website,
            [
                [Some(yes.clone()), Some(yes)],
                [None, None],
                [Some(Commandable::No), None]
            ]
        );
        assert!(found.listeners[0].is_commandable() && !found.listeners[2].is_commandable());
    }

    #[test]
    fn where_nobody_looked_nothing_is_said() {
        assert_eq!(leftovers(&log(vec![Body::Finished])), None);
        let records = log(vec![programs(AppMoment::BeforeLaunch, &[])]);
        let found = leftovers(&records).unwrap();
        assert!(found.is_empty() && !found.looked_after_quit);
    }
}
