//! Entries of a log to contacts.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use wire::Transport;

use crate::facts::{
    Channel, Contact, Facts, LeftOut, Name, NamedBy, Origin, REQUEST_BYTES_MAX, REQUESTS_MAX,
    Request,
};

/// What one entry says.
#[derive(Debug, Clone, Default)]
pub(super) struct Entry {
    pub device: Option<IpAddr>,
    pub address: Option<IpAddr>,
    pub port: Option<u16>,
    pub transport: Option<Transport>,
    pub name: Option<String>,
    /// Whether the name is what the app called it, and nobody else said so.
    pub claimed: bool,
    pub channel: Option<Channel>,
    pub bytes: Option<[u64; 2]>,
    /// Requests, or what the log counts instead; 1 where it counts nothing.
    pub requests: u64,
    /// Wall time of the first and the last word, seconds since 1970.
    pub t_s: Option<[f64; 2]>,
    pub process: Option<String>,
    pub request: Option<Request>,
    /// What was sent over a WebSocket: bodies of messages to where the request went.
    pub messages: Vec<Vec<u8>>,
}

/// Takes entries, in the log's order.
#[derive(Debug, Default)]
pub(super) struct Entries {
    at: BTreeMap<(Option<IpAddr>, String, Option<u16>), usize>,
    contacts: Vec<Contact>,
    requests: Vec<Request>,
    messages: Vec<Request>,
    request_bytes: usize,
    requests_left_out: u64,
    pub unread: u64,
}

impl Entries {
    pub(super) fn push(&mut self, entry: Entry) {
        let name = entry.name.as_deref().map(|name| {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            name.trim_matches(['[', ']']).to_owned()
        });
        // A host may be an address.
        let literal: Option<IpAddr> = name.as_deref().and_then(|name| name.parse().ok());
        let address = entry.address.or(literal);
        let name = name.filter(|name| literal.is_none() && !name.is_empty());
        let called = name.clone().or(address.map(|a| a.to_string()));
        let Some(called) = called else {
            self.unread += 1;
            return;
        };
        let index = *self
            .at
            .entry((entry.device, called, entry.port))
            .or_insert_with(|| {
                self.contacts.push(Contact {
                    device: entry.device,
                    address,
                    port: entry.port,
                    transport: entry.transport,
                    names: BTreeSet::new(),
                    channels: BTreeSet::new(),
                    bytes: None,
                    messages: [0; 2],
                    seconds: None,
                    moments: BTreeSet::new(),
                    processes: BTreeSet::new(),
                });
                self.contacts.len() - 1
            });
        let contact = &mut self.contacts[index];
        contact.address = contact.address.or(address);
        contact.names.extend(name.map(|name| Name {
            by: match entry.claimed {
                true => NamedBy::ServerName,
                false => NamedBy::Log,
            },
            name,
        }));
        contact.channels.extend(entry.channel);
        if let Some([to, from]) = entry.bytes {
            let [a, b] = contact.bytes.unwrap_or_default();
            contact.bytes = Some([a.saturating_add(to), b.saturating_add(from)]);
        }
        contact.messages[0] = contact.messages[0].saturating_add(entry.requests.max(1));
        if let Some([a, b]) = entry.t_s {
            let [from, to] = contact.seconds.unwrap_or([a, b]);
            contact.seconds = Some([from.min(a), to.max(b)]);
        }
        contact.processes.extend(entry.process);
        let Some(request) = entry.request else {
            return;
        };
        for body in entry.messages {
            let message = Request {
                method: String::new(),
                headers: Vec::new(),
                body,
                ..request.clone()
            };
            if let Some(message) = self.fits(index, message) {
                self.messages.push(message);
            }
        }
        if let Some(request) = self.fits(index, request) {
            self.requests.push(request);
        }
    }

    /// One more of a contact's, where there is room for it.
    fn fits(&mut self, contact: usize, request: Request) -> Option<Request> {
        let headers = request.headers.iter();
        let bytes = headers.map(|(name, value)| name.len() + value.len());
        let bytes = bytes.sum::<usize>() + request.path_and_query.len() + request.body.len();
        let kept = self.requests.len() + self.messages.len();
        if kept >= REQUESTS_MAX || self.request_bytes + bytes > REQUEST_BYTES_MAX {
            self.requests_left_out += 1;
            return None;
        }
        self.request_bytes += bytes;
        Some(Request { contact, ..request })
    }

    pub(super) fn finish(mut self, origin: Origin) -> Facts {
        let times = self.contacts.iter().flat_map(|contact| contact.seconds);
        let first = times.map(|[from, _]| from).fold(f64::INFINITY, f64::min);
        for contact in &mut self.contacts {
            contact.seconds = contact.seconds.map(|times| times.map(|t| t - first));
        }
        Facts {
            origin,
            contacts: self.contacts,
            requests: self.requests,
            messages: self.messages,
            refused: Vec::new(),
            asked: BTreeSet::new(),
            left_out: LeftOut {
                entries: self.unread,
                requests: self.requests_left_out,
                ..LeftOut::default()
            },
        }
    }
}

/// Wall time of RFC 3339, seconds since 1970.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let t: jiff::Timestamp = text.trim().parse().ok()?;
    Some(t.as_millisecond() as f64 / 1e3)
}
