//! Who receives what: from packets and logs to contacts, and from these to receivers. And who waits for others:
//! what an app has listen, whether any website can command it, and what of it stays.
//!
//! Pure. [`facts`](Facts) are what a source shows of who was spoken to; [`receivers`] puts the contacts of one
//! organisation together and says which party it is. Whom a name belongs to is asked of [`Knowledge`].
#![forbid(unsafe_code)]

pub mod canary;
mod facts;
mod found;
mod leftovers;
mod listeners;
pub mod logs;
mod packets;
mod receivers;
mod removal;
mod seeker;
mod sent;
mod session;
mod told;

pub use facts::{
    Channel, Contact, Facts, LeftOut, Moment, Name, NamedBy, Origin, Refusal, Refused, Request,
};
pub use found::{Escaped, Finds, in_requests, in_session, planted};
pub use leftovers::{Leftovers, Listener, Reach, leftovers};
pub use listeners::{By, Commandable, commandable};
pub use packets::{FLOWS_MAX, Frame, Watcher};
pub use receivers::{Knowledge, Known, Own, Party, Receiver, receivers};
pub use removal::{Purpose, Removal, Stays, removal};
pub use seeker::Seeker;
pub use sent::{Opaque, Sent, opaque, sent};
pub use session::of_session;
pub use told::{Told, told};
