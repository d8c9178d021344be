//! The microphone switch without its surroundings.
//!
//! [`Policy`] is told what is seen at the sound server and what the person wishes, and says what has
//! to be done. It has no clock: times come in with the facts. Whether the microphone is off is never
//! what was wished or asked for, but what was heard: see [`Proof`] and [`Verified`].

#![forbid(unsafe_code)]

mod apart;
mod found;
mod holder;
mod model;
mod policy;
mod resolve;

pub use apart::{Home, Owner, Recording, RecordingStatus};
pub use holder::{Device, Holder, Who};
pub use model::{
    Action, Capture, Event, Fact, Former, Graph, Hidden, Layer, LayerState, NotRecorded,
    PersistedState, Proof, Source, SourceStatus, Status, Verified, Wish,
};
pub use policy::Policy;
pub use resolve::{Client, Link, resolve};
