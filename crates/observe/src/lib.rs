//! Observers: they watch and write down, and never judge.
//!
//! | observer | sees | cannot see |
//! |---|---|---|
//! | [`streams`] | record streams at the app's sound server, and sources that are muted there, as the server shows them | whether the data was read |
//! | [`packets`] | every packet that arrives at or leaves the peer's end of the veth | plaintext; loopback of the app |
//! | [`sockets`] | sockets and listeners in the app's network namespace | sockets that live between two looks |
//! | [`bus`] | whom the app's programs ask for something by the session bus, and whether it was refused | what is handed over; other buses |
//! | [`names`] | which names the app's windows show, where the recipe finds elements by name | pictures, what an app draws by itself; what comes and goes between two looks |
//! | [`cameras`] | programs on the app's side that hold a camera | cameras that a server hands on; what lies between two looks |
//!
//! A new observer is one file and one line in [`observers`].
//!
//! [`beside`] is none of them: it takes the packets of a device that stands beside this machine.

pub mod beside;
pub mod bus;
pub mod cameras;
pub mod names;
pub mod packets;
mod ring;
pub mod sockets;
pub mod streams;

pub use ring::RingSize;

use record::{Body, MonotonicNs, Source};
use stage::{Side, SoundServer};

/// What an observer is pointed at.
pub struct Target<'a> {
    /// The audited app's side.
    pub app: &'a Side,
    /// The peer's side.
    pub peer: &'a Side,
    /// The app's sound server, where there is one.
    pub sound: Option<&'a SoundServer>,
    /// Whether the recipe finds something of the app's by its name.
    pub names: bool,
}

/// Where an observer writes.
pub trait Sink {
    /// Takes a fact.
    fn record(&mut self, t: MonotonicNs, source: Source, body: Body);
    /// Takes a packet with its wall-clock stamp and its length on the wire.
    fn packet(&mut self, realtime_ns: u64, orig_len: u32, data: &[u8]);
}

/// Why an observer cannot watch here, in words that say what would mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Something that watches.
pub trait Observer: Send {
    /// Whose records these are.
    fn source(&self) -> Source;
    /// Starts to watch.
    fn attach(&mut self, target: &Target<'_>, out: &mut dyn Sink) -> Result<(), Unavailable>;
    /// Writes down what has happened since the last call; never blocks.
    fn drain(&mut self, now: MonotonicNs, out: &mut dyn Sink);
    /// Stops; what it lost until then is written down as a [`Body::Gap`], as at each drain.
    fn detach(&mut self, now: MonotonicNs, out: &mut dyn Sink);
}

/// All observers of this crate.
pub fn observers() -> Vec<Box<dyn Observer>> {
    vec![
        Box::new(packets::Packets::default()),
        Box::new(streams::Streams::default()),
        Box::new(sockets::Sockets::default()),
        Box::new(cameras::Cameras::default()),
        Box::new(bus::Bus::default()),
        Box::new(names::Names::default()),
    ]
}
