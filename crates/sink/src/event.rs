//! What the sink tells of what it was asked.

use record::Bytes;
use serde::{Deserialize, Serialize};

/// Bytes of a line at most: a body in base64, and headers.
pub const LINE_MAX: u64 = 4 << 20;

/// Something that was asked of the sink. `t` is of `CLOCK_MONOTONIC`, nanoseconds; `local` is the app's end of
/// the connection and `remote` the one that it called, as `ADDRESS:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Event {
    /// Everything answers from here on.
    Ready {
        /// Ports on which nobody could listen, as somebody else does.
        taken: Vec<u16>,
    },
    /// A name was asked for.
    Name {
        /// When.
        t: u64,
        /// The name.
        name: String,
        /// The kind of record (RFC 1035, section 3.2.2): 1 is an address.
        kind: u16,
    },
    /// A request of HTTP.
    Request(Box<Request>),
    /// Bytes that are no HTTP.
    Bytes {
        /// When the connection was opened; where a proxy tells of one message, when it was sent.
        t: u64,
        /// The app's end.
        local: String,
        /// The other one.
        remote: String,
        /// The version of TLS that they came by; absent where they came in the open.
        tls: Option<u16>,
        /// How many there were.
        bytes: u64,
        /// The first of them.
        data: Bytes,
    },
    /// A connection by TLS over which nothing was said.
    Refused {
        /// When the connection was opened.
        t: u64,
        /// The app's end.
        local: String,
        /// The other one.
        remote: String,
        /// The name in the hello.
        server_name: Option<String>,
        /// How it ended.
        how: Refusal,
    },
    /// So much could not be told, as it came faster than it was read.
    Lost {
        /// When that was noticed.
        t: u64,
        /// How many events.
        events: u64,
    },
}

/// How a connection by TLS ended over which nothing was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", content = "why", rename_all = "snake_case")]
pub enum Refusal {
    /// The app sent an alert: it does not trust the certificate, as a rule. The alert's name.
    Alert(String),
    /// The app closed the connection in the middle of the handshake.
    Closed,
    /// The handshake was made to its end, and nothing was asked: an app may hold the certificate against a
    /// list of its own, or have opened the connection for later.
    Silent,
    /// The handshake failed otherwise; what was wrong with it.
    Failed(String),
}

/// A request of HTTP, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// When its head was there.
    pub t: u64,
    /// The app's end.
    pub local: String,
    /// The other one.
    pub remote: String,
    /// The version of TLS (0x0303 is 1.2); absent where it came in the open.
    pub tls: Option<u16>,
    /// `POST`
    pub method: String,
    /// `https` or `http`
    pub scheme: String,
    /// The host that was asked, with its port where that was given.
    pub host: String,
    /// From the first slash on, with what is behind a question mark.
    pub path_and_query: String,
    /// Names and values, in their order.
    pub headers: Vec<(String, String)>,
    /// Bytes of the body.
    pub bytes: u64,
    /// The first of them.
    pub body: Bytes,
}
