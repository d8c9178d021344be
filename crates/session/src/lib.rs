//! The stage and what is watched on it: one audit, from a recipe to a sealed bundle.
//!
//! Two processes record it. The one that a person started prepares ([`recipes`], [`machine`]) and calls
//! [`record`]; that starts the same program again as the stage, whose first process runs the session
//! ([`hidden`]). They speak the two enums of [`protocol`] on two pipes, a line of JSON a message. Who shows
//! what goes on, and who asks a person, is the caller's: [`Watch`] and [`Person`].

mod attention;
mod course;
mod error;
mod event;
mod first;
mod follow;
mod font;
mod grid;
mod hidden;
mod install;
mod intercept;
mod left;
mod leftovers;
mod lifeline;
mod log;
pub mod machine;
mod outside;
mod person;
mod picture;
mod planted;
mod probe;
pub mod protocol;
mod pump;
pub mod recipes;
mod record;
mod recording;
mod set;
mod sink;
mod tls;
mod traced;
mod tracing;
mod trying;
mod website;

pub use error::Error;
pub use hidden::{STAGE_COMMAND, hidden};
pub use lifeline::{Interrupted, Lifeline};
pub use planted::plant;
pub use probe::{Fault, Sensed, Tried, probe};
pub use record::{Ended, Person, Watch, record};
pub use tracing::{HELPER, Tracing, helper};
