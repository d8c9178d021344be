//! Canaries that left: in the messages of a session, and in the requests of a log.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use features::{Provenance, Session, Trace, messages};
use record::{Body, Identifier, Manifest};
use schemars::JsonSchema;
use serde::Serialize;
use wire::Transport;

use crate::canary::{Canary, CanaryKind, Found, Needles, Strength};
use crate::facts::{Contact, Facts, Request};

/// Different finds that are told apart.
const FOUND_MAX: usize = 10_000;

/// A canary that was found on its way out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Escaped {
    /// Its name.
    pub canary: String,
    /// Whom it was sent to, by name or by address; nothing where the socket is not known.
    pub receiver: Option<String>,
    /// The field that it lay in, as `wire::decode` names it; empty for the message itself.
    pub path: String,
    /// How it was written: `plain`, `base64url of lower`, `sha256 of e164 in hex`.
    pub encoding: String,
    /// Whether chance is no explanation; else a second run with another value tells.
    pub sure: bool,
    /// Whether anybody on the way could read it; `None` where the source does not say.
    pub clear: Option<bool>,
}

/// Finds, each with the number of messages that it was in.
pub type Finds = BTreeMap<Escaped, u64>;

/// What was planted for a session, to be looked for.
pub fn planted(manifest: &Manifest) -> Vec<Canary> {
    let canary = |(what, value): &(Identifier, String)| {
        let (name, kind) = match what {
            Identifier::HostName => ("host name", CanaryKind::HostName),
            Identifier::MachineId => ("machine id", CanaryKind::MachineId),
            Identifier::RealName => ("real name", CanaryKind::RealName),
            Identifier::Mac => ("MAC address", CanaryKind::Mac),
            Identifier::TimeZone => ("time zone", CanaryKind::TimeZone),
            Identifier::Position => ("position", CanaryKind::Position),
            // Elsewhere such names are out of a list that everybody has; these were drawn.
            Identifier::Carrier => ("carrier", CanaryKind::Other),
            Identifier::Font => ("font", CanaryKind::Other),
            Identifier::Phone => ("phone", CanaryKind::Phone),
            Identifier::WifiName => ("wifi name", CanaryKind::WifiName),
            Identifier::BluetoothDevice => ("bluetooth device", CanaryKind::BluetoothDevice),
            Identifier::AudioDevice => ("audio device", CanaryKind::AudioDevice),
            Identifier::Battery => ("battery", CanaryKind::Battery),
            Identifier::BatterySerial => ("battery serial", CanaryKind::Serial),
            Identifier::DiskSerial => ("disk serial", CanaryKind::Serial),
            Identifier::Contact => ("contact", CanaryKind::Contact),
            Identifier::Email => ("email", CanaryKind::Email),
            Identifier::Unknown => return None,
        };
        Some(Canary {
            name: name.to_owned(),
            kind,
            value: value.clone(),
        })
    };
    manifest.planted.iter().filter_map(canary).collect()
}

/// Looks through all that left in a session and could be read, through the requests that its facts hold, and through
/// what was sent by TLS that is no request.
pub fn in_session(session: &Session, facts: &Facts, needles: &Needles) -> Finds {
    let mut finds = in_requests(facts, needles);
    messages(&Trace::new(session), &mut |message| {
        let Some(pieces) = &message.decoded.pieces else {
            return;
        };
        let receiver = receiver(facts, message.remote, message.transport);
        let clear = match message.provenance {
            Provenance::Clear => Some(true),
            Provenance::Decrypted | Provenance::Tapped | Provenance::Intercepted => Some(false),
            Provenance::Table => None,
        };
        for found in needles.search_pieces(pieces, &[]) {
            add(&mut finds, found, receiver.clone(), clear, 1);
        }
    });
    // What came in the open is among the packets.
    for record in session.records {
        if let Body::Sent {
            remote,
            tls: Some(_),
            data,
            ..
        } = &record.body
            && let Ok(remote) = remote.parse()
        {
            let receiver = receiver(facts, remote, Transport::Tcp);
            for found in needles.search_message(&data.0) {
                add(&mut finds, found, receiver.clone(), Some(false), 1);
            }
        }
    }
    finds
}

/// Looks through the requests of a log, and the messages of its WebSockets.
pub fn in_requests(facts: &Facts, needles: &Needles) -> Finds {
    let mut finds = Finds::new();
    for request in &facts.requests {
        let clear = match request.scheme.as_str() {
            "http" | "ws" => Some(true),
            "https" | "wss" => Some(false),
            _ => None,
        };
        for found in needles.search_message(&written(request)) {
            add(&mut finds, found, Some(request.host.clone()), clear, 1);
        }
    }
    for message in &facts.messages {
        let clear = Some(message.scheme == "ws" || message.scheme == "http");
        let place = format!("ws {}{}", message.host, message.path_and_query);
        for mut found in needles.search_message(&message.body) {
            found.path = format!("{place} {}", found.path).trim_end().to_owned();
            add(&mut finds, found, Some(message.host.clone()), clear, 1);
        }
    }
    finds
}

/// Adds `n` finds of one kind.
pub(crate) fn add(
    finds: &mut Finds,
    found: Found,
    receiver: Option<String>,
    clear: Option<bool>,
    n: u64,
) {
    let escaped = Escaped {
        canary: found.canary,
        receiver,
        path: found.path,
        encoding: found.encoding.to_string(),
        sure: found.strength == Strength::Sure,
        clear,
    };
    if finds.len() < FOUND_MAX || finds.contains_key(&escaped) {
        *finds.entry(escaped).or_insert(0) += n;
    }
}

/// Who is at a remote end, by the name of its contact.
fn receiver(facts: &Facts, remote: SocketAddr, transport: Transport) -> Option<String> {
    let is = |contact: &&Contact| {
        contact.address == Some(remote.ip())
            && contact.port.unwrap_or(0) == remote.port()
            && contact.transport == Some(transport)
    };
    facts.contacts.iter().find(is).map(Contact::called)
}

/// The request as HTTP/1.1 writes it, with a length that fits: logs keep a body as it was before it was
/// compressed or cut into chunks (RFC 9112).
fn written(request: &Request) -> Vec<u8> {
    let mut out = format!("{} {} HTTP/1.1\r\n", request.method, request.path_and_query);
    let framing = ["content-length", "transfer-encoding", "content-encoding"];
    let mut host = false;
    for (name, value) in &request.headers {
        let lower = name.to_ascii_lowercase();
        // HTTP/2's own fields begin with a colon; a value with a line's end would be two headers.
        if lower.starts_with(':') || framing.contains(&lower.as_str()) {
            continue;
        }
        host |= lower == "host";
        out += &format!("{name}: {}\r\n", value.replace(['\r', '\n'], " "));
    }
    if !host {
        out += &format!("Host: {}\r\n", request.host);
    }
    out += &format!("Content-Length: {}\r\n\r\n", request.body.len());
    let mut out = out.into_bytes();
    out.extend_from_slice(&request.body);
    out
}
