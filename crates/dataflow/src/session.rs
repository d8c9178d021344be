//! The bundle of an audit as facts: its packets, cut into the audit's parts, with the programs that sent them.

use std::net::{IpAddr, SocketAddr};

use features::{Owners, Session};
use record::{
    Body, Manifest, MonotonicNs, Phase, Player, Record, RemoteRole, Requested, Source, Word,
};
use wire::link;

use crate::facts::{
    Facts, Moment, Origin, REQUEST_BYTES_MAX, REQUESTS_MAX, Refusal, Refused, Request,
};
use crate::packets::{Frame, Watcher};
use crate::receivers::Own;

/// The recipe's part that ends the app.
const QUIT: &str = "quit";

/// The recipe's parts in which somebody agrees, or logs in, and what is then.
const AGREEING: [(&str, Moment); 2] = [
    ("consent", Moment::AfterConsent),
    ("login", Moment::AfterLogin),
];

/// Whom the app spoke to in a session.
pub fn of_session(session: &Session) -> Facts {
    let manifest = session.manifest;
    let parts = Parts::new(session.records);
    let mut watcher = Watcher::new(manifest.net.app.iter().filter_map(|text| address(text)));
    let owners = Owners::new(session);
    let all = 0..session.packets.len();
    session.packets.each(all, &mut |_, packet| {
        let frame = Frame {
            t_ns: Some(packet.t.0),
            link_type: link::ETHERNET,
            data: &packet.data,
            orig_len: packet.orig_len,
            moment: Some(parts.at(packet.t)),
        };
        watcher.push(&frame, None);
        let Ok(datagram) = wire::datagram(&packet.data) else {
            return;
        };
        let (src, dst, transport) = (datagram.src, datagram.dst, datagram.transport);
        for (from, to) in [(src, dst), (dst, src)] {
            for owner in owners.of(transport, from, to, packet.t) {
                watcher.process(transport, src, dst, &owner.command);
            }
        }
    });
    let on_sink = session.records.iter().any(|r| r.source == Source::Sink);
    let mut facts = watcher.finish(match (on_sink, &manifest.guided) {
        (true, None) => Origin::Sink,
        (true, Some(_)) => Origin::Intercepted,
        (false, _) => Origin::Bundle,
    });
    add_asked(&mut facts, session.records);
    facts
}

/// Adds what a network that answers everything was asked.
fn add_asked(facts: &mut Facts, records: &[Record]) {
    let mut bytes = 0;
    for record in records {
        match &record.body {
            Body::NameAsked { name, .. } => {
                facts
                    .asked
                    .insert(name.trim_end_matches('.').to_ascii_lowercase());
            }
            Body::Requested(requested) => {
                bytes += requested.data.0.len() + requested.path_and_query.len();
                let contact = requested
                    .remote
                    .parse()
                    .ok()
                    .and_then(|remote: SocketAddr| {
                        let called = (Some(remote.ip()), Some(remote.port()));
                        let mut contacts = facts.contacts.iter();
                        contacts.position(|contact| (contact.address, contact.port) == called)
                    });
                // A request without packets is one that fell into a hole of the capture.
                let Some(contact) = contact
                    .filter(|_| facts.requests.len() < REQUESTS_MAX && bytes <= REQUEST_BYTES_MAX)
                else {
                    facts.left_out.requests += 1;
                    continue;
                };
                facts.requests.push(request(contact, requested));
            }
            Body::Refused {
                remote,
                server_name,
                how,
                ..
            } if facts.refused.len() < REQUESTS_MAX => facts.refused.push(Refused {
                host: server_name.as_ref().unwrap_or(remote).clone(),
                how: match how {
                    record::Refusal::Alert => Refusal::Certificate,
                    record::Refusal::Closed => Refusal::Closed,
                    record::Refusal::Silent => Refusal::Silent,
                    record::Refusal::Failed | record::Refusal::Unknown => Refusal::Failed,
                },
            }),
            _ => {}
        }
    }
}

fn request(contact: usize, requested: &Requested) -> Request {
    Request {
        contact,
        method: requested.method.clone(),
        scheme: requested.scheme.clone(),
        host: requested.host.clone(),
        path_and_query: requested.path_and_query.clone(),
        headers: requested.headers.clone(),
        body: requested.data.0.clone(),
    }
}

impl Own {
    /// Whom a bundle's manifest says to be the operator and the other participants: the recipe said so, or
    /// the person, before the app ran.
    pub fn of(manifest: &Manifest) -> Own {
        let of = |role: RemoteRole| {
            let remotes = manifest.net.remotes.iter().filter(move |r| r.role == role);
            remotes
                .filter_map(|remote| address(&remote.address))
                .collect()
        };
        let guided = manifest.guided.iter().flat_map(|guided| &guided.domains);
        Own {
            domains: guided.chain(&manifest.net.domains).cloned().collect(),
            addresses: of(RemoteRole::Server),
            participants: of(RemoteRole::Participant),
        }
    }
}

/// An address, with or without the length of its network.
fn address(text: &str) -> Option<IpAddr> {
    text.split('/').next()?.parse().ok()
}

/// When each part of an audit begins, in the order of time, and what is before all of them.
struct Parts {
    begun: Vec<(MonotonicNs, Moment)>,
    first: Moment,
}

impl Parts {
    fn new(records: &[Record]) -> Parts {
        let mut begun: Vec<(MonotonicNs, Moment)> = Vec::new();
        let mut begin = |t, moment| {
            // Each begins once, and none before the one in front of it.
            if begun.last().is_none_or(|(_, last)| *last < moment) {
                begun.push((t, moment));
            }
        };
        let agreeing = |part: &str| AGREEING.iter().find(|(name, _)| *name == part);
        let mut asked = None;
        for record in records {
            match &record.body {
                Body::Asked { part, .. } => asked = agreeing(part),
                // A person says it just before they do it.
                Body::PersonSaid { word: Word::Done } => {
                    if let Some((_, moment)) = asked.take() {
                        begin(record.t, *moment);
                    }
                }
                Body::PersonSaid { word: Word::Left } => asked = None,
                Body::Step {
                    part,
                    took_ns,
                    failed: None,
                    ..
                } if part != QUIT => {
                    if let Some((_, moment)) = agreeing(part) {
                        begin(record.t.offset(-(*took_ns as i64)), *moment);
                    }
                }
                Body::PhaseBegin {
                    phase: Phase::Control,
                    player: Player::Mic,
                    ..
                } => begin(record.t, Moment::Control),
                Body::MuteAsked { muted: true } => begin(record.t, Moment::Muted),
                Body::PhaseEnd {
                    phase: Phase::Muted,
                    player: Player::Mic,
                } => begin(record.t, Moment::End),
                // It is written down when it is done.
                Body::Step { part, took_ns, .. } if part == QUIT => {
                    begin(record.t.offset(-(*took_ns as i64)), Moment::Quit);
                }
                _ => {}
            }
        }
        let agreed = |(_, moment): &(_, Moment)| *moment == Moment::AfterConsent;
        let first = match begun.iter().any(agreed) {
            true => Moment::BeforeConsent,
            false => Moment::Start,
        };
        Parts { begun, first }
    }

    fn at(&self, t: MonotonicNs) -> Moment {
        let n = self.begun.partition_point(|(since, _)| *since <= t);
        match n.checked_sub(1) {
            Some(last) => self.begun[last].1,
            None => self.first,
        }
    }
}
