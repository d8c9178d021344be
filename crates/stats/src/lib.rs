//! The test by betting: coins and numbers go in, evidence comes out.
//!
//! Nothing here knows of apps, packets or sound. All logarithms are natural unless a name says
//! otherwise. The method and its sources are in docs/statistics.md; the one rule that everything hangs
//! on: **bet on S_k first, learn from S_k afterwards**.
//!
//! ```
//! use stats::{Numbers, Prepared, Settings, Value};
//! let coins = [0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1];
//! let bytes = coins.iter().enumerate();
//! let bytes = bytes.map(|(k, &s)| Value::Number(100.0 * f64::from(s) + (k % 5) as f64)).collect();
//! let numbers = Numbers::new(coins.len(), vec![(1.0, bytes)])?;
//! let evidence = Prepared::new(numbers, Settings::default()).test(&coins)?;
//! assert!(evidence.max_log_e > 1000f64.ln());
//! # Ok::<(), stats::Refused>(())
//! ```
#![forbid(unsafe_code)]

mod bounds;
mod clusters;
mod combine;
mod decide;
mod digits;
mod evidence;
mod exact;
mod expert;
mod fine;
mod groups;
mod learner;
mod live;
mod looks;
mod models;
mod moments;
mod noise_shares;
mod numbers;
mod parts;
mod prepared;
mod table;
mod two_coins;
mod wealth;
mod weights;

#[cfg(test)]
mod null;

pub use bounds::{LEARNED_CLIP, binomial_limit, bits_at_least, bits_at_most, theta_upper};
pub use combine::{Code, Merged, over_codes, over_independent};
pub use decide::{e_bh, log_threshold, mixture_log_e};
pub use evidence::{Evidence, LEARNERS_SHARE};
pub use exact::{Exact, exact};
pub use fine::POSITIONS;
pub use live::Live;
pub use numbers::{
    Kind, LARGEST, LARGEST_COUNT, LARGEST_LABEL, MOST_LAG, Missing, Numbers, Refused, Settings,
    Value,
};
pub use parts::Parts;
pub use prepared::{Prepared, redraw};
pub use weights::Rivals;
