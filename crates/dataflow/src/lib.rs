//! Who receives what: from packets and logs to contacts, and from these to receivers.
//!
//! Pure. [`facts`](Facts) are what a source shows of who was spoken to; [`receivers`] puts the contacts of one
//! organisation together and says which party it is. Whom a name belongs to is asked of [`Knowledge`].
#![forbid(unsafe_code)]

pub mod canary;
mod facts;
mod found;
pub mod logs;
mod packets;
mod receivers;
mod seeker;
mod session;
mod told;

pub use facts::{Channel, Contact, Facts, LeftOut, Moment, Name, NamedBy, Origin, Request};
pub use found::{Escaped, Finds, in_requests, in_session, planted};
pub use packets::{FLOWS_MAX, Frame, Watcher};
pub use receivers::{Knowledge, Known, Own, Party, Receiver, receivers};
pub use seeker::Seeker;
pub use session::of_session;
pub use told::{Told, told};
