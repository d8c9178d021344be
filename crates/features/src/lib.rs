//! Facts to numbers: one value per block and series.
//!
//! Blind: neither the key (which block was loud) nor the statistics are among this crate's
//! dependencies, and no signature takes them. Whatever is chosen here by looking at the data
//! (block edges, which flows get series of their own, size quartiles) is therefore chosen without
//! the coins, and the test stays valid.
//!
//! A prefix of a session gives the features of that prefix: a live view is the same function.
#![forbid(unsafe_code)]

mod attended;
mod audio;
mod blocks;
mod collector;
mod cycles;
mod decrypted;
mod derived;
mod encoder;
mod extract;
mod fields;
mod flows;
mod headers;
mod intercepted;
mod levels;
mod microphone;
mod model;
mod mute;
mod names;
mod other_frames;
mod owners;
mod person;
mod places;
mod rare;
mod reading;
mod readings;
mod reads;
mod room;
mod rtp_flows;
mod same_again;
mod segmentation;
mod series;
mod session;
mod srtp;
mod tally;
mod tapped;
mod trace;
mod tracks;
mod unread;
mod watch;
mod windows;

pub use attended::attended;
pub use audio::{DecodedAudio, payload_audio};
pub use cycles::Cycle;
pub use derived::Derived;
pub use extract::{features, heard_levels};
pub use model::{
    ClearText, Features, Flow, Group, Kind, MicState, Microphone, Missing, Owner, Reader, Reads,
    Series, Totals, Unread,
};
pub use owners::Owners;
pub use person::given_up;
pub use rare::{RareSend, RareSends};
pub use reading::{Provenance, Readings};
pub use readings::{Message, messages, readings};
pub use room::{room_late_ns, room_levels};
pub use segmentation::{Block, Edges, Segmentation, segment};
pub use session::{Packets, Session};
pub use trace::{Sent, Trace};
pub use tracks::{Track, tracks};
pub use windows::SHOWN;
