//! A network that answers everything, and leads nowhere: what an app asks of it is kept in plaintext.
//!
//! The sink runs in the network of the peer's side. It gives every name an address of its own, ends TLS with
//! certificates of an authority made for one session, answers requests politely, and tells what was asked as
//! lines of JSON ([`Event`]). It opens no connection: there is none to be opened where it stands, and nothing
//! in it that would.
#![forbid(unsafe_code)]

mod answers;
mod authority;
mod connection;
mod dns;
mod event;
mod http;
mod names;
mod ntp;
mod out;
mod serve;
mod udp;

pub use authority::{Authority, AuthorityError};
pub use event::{Event, LINE_MAX, Refusal, Request};
pub use serve::{PORTS, Setup, run};
