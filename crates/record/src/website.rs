//! What a listener on the own machine answers to what a website can have a browser send it.

use serde::{Deserialize, Serialize};

use crate::body::Bytes;

/// The origin of the website that is played: under a domain that belongs to nobody (RFC 2606).
pub const WEBSITE_ORIGIN: &str = "https://website.example";

/// One request and what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAnswer {
    /// What was asked.
    pub request: WebRequest,
    /// What came back.
    pub reply: WebReply,
}

/// A request that a browser makes for any website, without asking its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebRequest {
    /// `GET /` with the website's `Origin`: a simple request, which needs no preflight (Fetch, "CORS-safelisted
    /// method").
    Simple,
    /// `GET /` as for a picture in the website's page: no `Origin`, `Sec-Fetch-Dest: image` (Fetch Metadata).
    Image,
    /// May the website `POST`? (Fetch, "CORS-preflight fetch".)
    Preflight,
    /// The same for a machine on the own network (`Access-Control-Request-Private-Network`, WICG's draft
    /// "Private Network Access").
    PrivateNetwork,
    /// A WebSocket with the website's `Origin`, which the server is to look at (RFC 6455, section 10.2).
    WebSocket,
    /// `GET /` by the website's own name, which it has made a name of this machine: DNS rebinding.
    Rebound,
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum WebReply {
    /// No connection.
    NoConnection {
        /// What the system says.
        why: String,
    },
    /// It took the connection, and nothing came in time or before it closed.
    Nothing,
    /// Something that is not HTTP.
    Other {
        /// Bytes that were read; reading is bounded.
        bytes: u64,
        /// The first of them, secrets masked.
        first: Bytes,
    },
    /// An answer by HTTP.
    Http {
        /// Its status.
        status: u16,
        /// `Access-Control-Allow-Origin`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        allow_origin: Option<String>,
        /// Whether `Access-Control-Allow-Private-Network` is `true`.
        #[serde(default)]
        allow_private_network: bool,
        /// Whether it is a valid agreement to speak WebSocket: 101 with the key's answer (RFC 6455, section 4.1).
        #[serde(default)]
        web_socket: bool,
        /// Bytes of its body that were read; reading is bounded.
        bytes: u64,
        /// The first of them, secrets masked.
        first: Bytes,
    },
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}
