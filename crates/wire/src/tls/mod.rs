//! What a client sends over TLS, with the secrets that its library wrote down (`SSLKEYLOGFILE`).
//!
//! TLS 1.3 (RFC 8446) and the AEAD cipher suites of TLS 1.2 (RFC 5246): AES-GCM and
//! ChaCha20-Poly1305. A [`Session`] takes both directions of one connection and hands on what the
//! client's records hold. Every byte that the client sent ends up in exactly one [`Piece`].
//!
//! ```
//! use wire::tls::{Keys, line};
//!
//! let text = format!("CLIENT_RANDOM {} {}", "0a".repeat(32), "0b".repeat(48));
//! assert!(line(&text).is_some() && line("not a line").is_none());
//! assert_eq!(Keys::parse(text.as_bytes()).len(), 1);
//! ```

mod cipher;
mod flight;
pub(crate) mod hello;
mod keylog;
mod open;
mod piece;
mod session;

pub use cipher::Aead;
pub use flight::{Flight, flight};
pub use hello::{client_server_name, server_hello};
pub use keylog::{CONNECTIONS_MAX, Keys, LINE_MAX, Label, Line, Random, Secret, line};
pub use piece::{Facts, Piece, Side, Unread};
pub use session::Session;

const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// TLS 1.2 and 1.3 as they stand in a hello.
const TLS_12: u16 = 0x0303;
const TLS_13: u16 = 0x0304;
