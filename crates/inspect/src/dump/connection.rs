use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// Connections of a dump; more are counted as not read.
pub(super) const CONNECTIONS_MAX: usize = 1_024;
/// Sources, streams and remote ends of a connection, each.
pub(super) const OF_A_CONNECTION_MAX: usize = 1_024;

/// A connection, and what was told of the sound in it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Connection {
    /// What the dump calls it.
    pub name: String,
    /// The page that made it.
    pub page: Option<String>,
    /// Sound: what the page was given by the microphone, what was sent, what was received.
    pub tracks: Vec<Track>,
    /// Whom it could be sent to.
    pub remotes: Vec<Remote>,
    /// Servers that were to help: STUN and TURN.
    pub servers: Vec<String>,
}

/// What a track is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TrackKind {
    /// What the page was given, before it is encoded.
    Source,
    /// What was sent.
    Sent,
    /// What was received.
    Received,
}

/// A source or a stream of sound over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Track {
    /// What it is.
    pub kind: TrackKind,
    /// What the dump calls it.
    pub name: String,
    /// Level, 1 being full scale.
    pub levels: Vec<Point>,
    /// Bytes of payload until then.
    pub bytes: Vec<Point>,
}

/// A value, and when it was.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Milliseconds since 1970.
    pub t_ms: f64,
    /// The value.
    pub value: f64,
}

/// An end that a connection may have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Remote {
    /// Its address; browsers leave it out, or write a name of their own for it.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// `udp`, or `tcp`.
    pub transport: String,
    /// `host`, `srflx`, `prflx` or `relay`.
    pub candidate: String,
    /// Bytes that were sent there.
    pub sent: u64,
}

/// The last value of each property of one report.
#[derive(Debug, Clone, Default)]
pub(super) struct Report {
    pub kind: String,
    pub properties: BTreeMap<String, serde_json::Value>,
}

impl Report {
    pub(super) fn text(&self, property: &str) -> &str {
        let value = self.properties.get(property);
        value.and_then(|value| value.as_str()).unwrap_or_default()
    }

    pub(super) fn number(&self, property: &str) -> Option<f64> {
        number(self.properties.get(property)?)
    }

    /// What of the sound it tells about; video tells of none.
    pub(super) fn track(&self) -> Option<TrackKind> {
        let kind = match self.kind.as_str() {
            "media-source" => TrackKind::Source,
            "outbound-rtp" => TrackKind::Sent,
            "inbound-rtp" => TrackKind::Received,
            _ => return None,
        };
        let medium = match self.text("kind") {
            "" => self.text("mediaType"),
            medium => medium,
        };
        (medium == "audio").then_some(kind)
    }
}

/// The property that counts bytes of a track.
pub(super) fn counts_bytes(kind: TrackKind) -> Option<&'static str> {
    match kind {
        TrackKind::Source => None,
        TrackKind::Sent => Some("bytesSent"),
        TrackKind::Received => Some("bytesReceived"),
    }
}

/// A number, also as a text.
pub(super) fn number(value: &serde_json::Value) -> Option<f64> {
    let number = match value {
        serde_json::Value::Number(n) => n.as_f64(),
        serde_json::Value::String(text) => text.parse().ok(),
        _ => None,
    };
    number.filter(|n| n.is_finite())
}

/// The remote ends, by the last state of all reports: what was sent to each stands in its pair.
pub(super) fn remotes<'r>(
    reports: impl Iterator<Item = (&'r str, &'r Report)> + Clone,
) -> Vec<Remote> {
    let mut sent: BTreeMap<&str, f64> = BTreeMap::new();
    for (_, pair) in reports.clone().filter(|(_, r)| r.kind == "candidate-pair") {
        let bytes = pair.number("bytesSent").unwrap_or(0.0);
        *sent.entry(pair.text("remoteCandidateId")).or_default() += bytes;
    }
    let ends = reports.filter(|(_, r)| r.kind == "remote-candidate");
    let mut remotes: Vec<Remote> = ends
        .take(OF_A_CONNECTION_MAX)
        .map(|(id, end)| Remote {
            address: match end.text("address") {
                "" => end.text("ip").to_owned(),
                address => address.to_owned(),
            },
            port: end.number("port").map_or(0, |port| port as u16),
            transport: end.text("protocol").to_owned(),
            candidate: end.text("candidateType").to_owned(),
            sent: sent.get(id).map_or(0, |bytes| *bytes as u64),
        })
        .collect();
    remotes.sort_by_key(|end| std::cmp::Reverse(end.sent));
    remotes
}

/// Addresses of STUN and TURN servers in a configuration, whatever form it is written in.
pub(super) fn servers(configuration: &str) -> Vec<String> {
    let ends =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '[' | ']' | '{' | '}' | '\\');
    let words = configuration.split(ends);
    let is = |word: &&str| {
        let schemes = ["stun:", "stuns:", "turn:", "turns:"];
        schemes.iter().any(|scheme| word.starts_with(scheme))
    };
    let mut servers: Vec<String> = words.filter(is).map(str::to_owned).collect();
    servers.sort();
    servers.dedup();
    servers.truncate(OF_A_CONNECTION_MAX);
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_found_in_what_is_no_json_too() {
        let old = "{ iceServers: [stun:stun.example.org:3478, turn:t.example.org?transport=udp], iceTransportPolicy: all }";
        let new = r#"{"iceServers":[{"urls":["turn:t.example.org?transport=udp","stun:stun.example.org:3478"]}]}"#;
        let found = [
            "stun:stun.example.org:3478",
            "turn:t.example.org?transport=udp",
        ];
        assert_eq!(servers(old), found);
        assert_eq!(servers(new), found);
        assert!(servers("{ iceServers: [] }").is_empty());
    }
}
