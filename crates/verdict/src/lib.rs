//! Checks, one question each, and their combination into one verdict.
//!
//! [`judge`] is a pure function of a session and its seed. The blocks' numbers come from
//! [`features`], which never saw a coin; the coins come from the seed; here they meet.
#![forbid(unsafe_code)]

mod align;
mod attended;
mod attention;
mod blind;
mod case;
mod checks;
mod coverage;
mod cross_correlation;
mod destinations;
mod encodings;
mod error_rates;
mod hears;
mod interim;
mod judge;
mod kept;
mod kind;
mod level_correlation;
mod microphone;
mod mixture;
mod model;
mod note;
mod options;
mod origin;
mod peer_sound;
mod permutation_test;
mod planting;
mod ranks;
mod reason;
mod receivers;
mod redraws;
mod repeats;
mod seeded;
mod sound;
mod table;
mod trial;
mod trials;
mod verdict;

pub use align::{Aligned, align, drifts, muted_log_e};
pub use attention::attention_alone;
pub use checks::{CHECKS, Check};
pub use encodings::{Encoding, Encodings};
pub use error_rates::{GATE_W, MIN_BLOCKS};
pub use interim::{Progress, progress};
pub use judge::judge;
pub use kept::{Kept, keep};
pub use model::{
    Answer, AttentionAnswer, AttentionTest, BlockRow, Bound, Call, CallEvidence, CallReadBy,
    CodeTest, ControlOf, ControlTest, Destination, Detects, FieldClass, Finding, Hears, Judgement,
    Meaning, MicrophoneSpan, Planted, PlantedKind, Process, ReadBy, Recorded, Redraws,
    SecondOpinion, SendingStatus, Sound, Test,
};
pub use note::{ClearText, Note};
pub use options::{Options, Sealed};
pub use reason::{OnLeak, Reason};
pub use repeats::{Repeats, repeats};
pub use table::slow_law;
pub use verdict::{LeakKind, MicrophoneStatus, Receiver, Scope, Verdict};
