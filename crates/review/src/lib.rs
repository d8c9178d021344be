//! What a data-protection officer files: what a service claims and what it is asked, held against audits and answers.
//!
//! A pure function of judgements and of texts. What is *measured* comes from audits alone ([`Measure`]); what no
//! audit can see is asked of a person ([`Answers`]); what the service says of itself is held against both
//! ([`Claims`]). Nothing here decides whether a use is lawful.
#![forbid(unsafe_code)]

mod adequacy;
mod answers;
mod claims;
mod criteria;
mod evidence;
mod file;
mod measure;
mod policy;
mod propose;
mod whole;

pub use adequacy::{Adequacy, Decision, Level};
pub use answers::{Answer, Answers};
pub use claims::{Claim, Claims, Held, Holds, Page};
pub use criteria::{Both, Criteria, Criterion, Group, Source, Weight, Who};
pub use evidence::Evidence;
pub use file::{FileError, parse};
pub use measure::{Measure, Measured, Seen, Value};
pub use policy::{Policy, PolicyForm, policy};
pub use propose::{Proposal, propose};
pub use whole::{Light, Review, ReviewError, Row, Sources};
