//! Canaries: identifiers that were planted, or that a person lists, looked for in everything that left.
//!
//! A [`Canary`] is written in all the ways in which programs write such a value: spelled otherwise (a MAC
//! address with and without colons), hashed with and without salt, and escaped or encoded ([`Encoding`]).
//! [`Needles`] holds all of these and finds them in bytes ([`Needles::search`]), in a stream that comes in
//! pieces ([`Stream`]), or in a message that is unpacked layer by layer, so that a find has the path of its
//! field ([`Needles::search_message`]).
//!
//! A find alone may be chance. How much chance is to be expected is arithmetic where the value was drawn
//! ([`chance_per_gb`]); where it was not, a second run with other values tells: what changes with them is
//! theirs, what stays is chance ([`twice`]).

mod chance;
mod digest;
mod encoding;
mod kind;
mod message;
mod needles;
mod script;
mod sieve;
mod spelling;
mod stream;
mod twice;

pub use chance::{Strength, chance_per_gb};
pub use digest::{Digest, Hash, SALTS, Salt};
pub use encoding::Encoding;
pub use kind::{Canary, CanaryKind};
pub use message::{Found, Place};
pub use needles::{CANARIES_MAX, Hit, Needles, Refused, VALUE_MAX};
pub use script::Script;
pub use spelling::Spelling;
pub use stream::Stream;
pub use twice::{Judged, Judgement, Run, twice};
