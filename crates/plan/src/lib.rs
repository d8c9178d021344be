//! How long a run has to be, and which code it takes, to find a given signal: a formula
//! (docs/plan.md), and a simulation with the real bets beside it.
//!
//! ```
//! use plan::{Code, Covers, Setting, Signal};
//! let signal = Signal::Value { every_s: 60.0, d: 4.0, covers: Covers::SinceLast };
//! let setting = Setting { alpha: 0.001, series: 25, codes: 1 };
//! let blocks = setting.blocks(signal.seen_by(Code::Slow).bits());
//! assert_eq!(blocks.round(), 19.0);
//! ```
#![forbid(unsafe_code)]

mod information;
mod limits;
mod planned;
mod signal;
mod times;

pub use information::{Setting, flag_bits, shift_bits};
pub use limits::{Limits, limits};
pub use planned::{EVERY_S, Planned, Question, Reach, Row, planned};
pub use signal::{Code, Covers, Observed, PROFILES, Profile, Signal};
pub use times::{Times, found_after, times};
