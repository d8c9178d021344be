//! The lines that TLS libraries write to the file that `SSLKEYLOGFILE` names
//! (draft-ietf-tls-keylogfile).

use std::collections::BTreeMap;
use std::fmt;

/// Connections whose secrets are kept; later ones are counted and left out.
pub const CONNECTIONS_MAX: usize = 4_096;
/// Longest line that can be one: the longest label, random and secret.
pub const LINE_MAX: usize = 256;

/// A client's random: names the connection.
pub type Random = [u8; 32];

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// The master secret of TLS 1.2 and before (`CLIENT_RANDOM`).
    Master,
    /// What the client sends before the handshake is done (TLS 1.3, "0-RTT").
    ClientEarly,
    /// The client's part of the handshake.
    ClientHandshake,
    /// The server's part of the handshake.
    ServerHandshake,
    /// What the client sends; how many key updates came before.
    ClientTraffic(u32),
    /// What the server sends; how many key updates came before.
    ServerTraffic(u32),
}

/// A secret: 32 or 48 bytes, as long as the hash that it is used with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    bytes: [u8; 48],
    len: usize,
}

impl Secret {
    /// `None` if it is of another length.
    pub fn new(bytes: &[u8]) -> Option<Secret> {
        let len = bytes.len();
        let mut secret = Secret {
            bytes: [0; 48],
            len,
        };
        if !matches!(len, 32 | 48) {
            return None;
        }
        secret.bytes.get_mut(..len)?.copy_from_slice(bytes);
        Some(secret)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len)
    }
}

/// A line that was understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// What the secret is for.
    pub label: Label,
    /// Whose it is.
    pub random: Random,
    /// The secret.
    pub secret: Secret,
}

/// Reads one line, without its end. `None` for comments, labels that nothing here needs (exporters,
/// encrypted hellos), and what is no such line.
pub fn line(text: &str) -> Option<Line> {
    if text.len() > LINE_MAX {
        return None;
    }
    let mut words = text.trim_end_matches('\r').split(' ');
    let (label, random, secret) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let secret = Secret::new(&hex::decode(secret).ok()?)?;
    let label = label_of(label)?;
    if label == Label::Master && secret.len != 48 {
        return None;
    }
    let random = hex::decode(random).ok()?.try_into().ok()?;
    Some(Line {
        label,
        random,
        secret,
    })
}

fn label_of(label: &str) -> Option<Label> {
    let numbered = |prefix: &str| label.strip_prefix(prefix)?.parse().ok();
    Some(match label {
        "CLIENT_RANDOM" => Label::Master,
        "CLIENT_EARLY_TRAFFIC_SECRET" => Label::ClientEarly,
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Label::ClientHandshake,
        "SERVER_HANDSHAKE_TRAFFIC_SECRET" => Label::ServerHandshake,
        _ => match numbered("CLIENT_TRAFFIC_SECRET_") {
            Some(n) => Label::ClientTraffic(n),
            None => Label::ServerTraffic(numbered("SERVER_TRAFFIC_SECRET_")?),
        },
    })
}

/// What is kept of a connection: enough to read what its client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Secrets {
    pub master: Option<Secret>,
    pub client_handshake: Option<Secret>,
    /// The first one; later ones follow from it.
    pub client_traffic: Option<Secret>,
}

/// The secrets of many connections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keys {
    connections: BTreeMap<Random, Secrets>,
    n_left_out: u64,
}

impl Keys {
    /// Reads a whole file; what is no line of its kind is passed over.
    pub fn parse(bytes: &[u8]) -> Keys {
        let mut keys = Keys::default();
        keys.add_lines(bytes);
        keys
    }

    /// Adds the lines of a file.
    pub fn add_lines(&mut self, bytes: &[u8]) {
        for raw in bytes.split(|&b| b == b'\n') {
            if let Some(line) = std::str::from_utf8(raw).ok().and_then(line) {
                self.add(&line);
            }
        }
    }

    /// Adds a line. Of two secrets for the same purpose the later one counts.
    pub fn add(&mut self, line: &Line) {
        let full = self.connections.len() >= CONNECTIONS_MAX;
        if full && !self.connections.contains_key(&line.random) {
            self.n_left_out += 1;
            return;
        }
        // What the server sends and what is sent early are not read; later secrets are derived.
        let read = [
            Label::Master,
            Label::ClientHandshake,
            Label::ClientTraffic(0),
        ];
        if !read.contains(&line.label) {
            return;
        }
        let secrets = self.connections.entry(line.random).or_default();
        let place = match line.label {
            Label::Master => &mut secrets.master,
            Label::ClientHandshake => &mut secrets.client_handshake,
            _ => &mut secrets.client_traffic,
        };
        *place = Some(line.secret);
    }

    /// Nothing is known of any connection.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Connections of which something is known.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Lines for connections beyond [`CONNECTIONS_MAX`].
    pub fn n_left_out(&self) -> u64 {
        self.n_left_out
    }

    pub(super) fn of(&self, random: &Random) -> Option<&Secrets> {
        self.connections.get(random)
    }
}
