//! What an app's window says of itself to assistive technology, and how something is found in it by name.
//!
//! A [`Tree`] is what was read; [`find`] looks something up in it by a [`Selector`]. Both are plain values: who
//! reads the tree from the app's bus, and presses what was found, is the stage.
//!
//! All that stands in a tree was written by the app, which is not trusted: names are cut by the [`Limits`], and
//! what is shown of them passes [`shown`].
#![forbid(unsafe_code)]

mod find;
mod known;
mod role;
mod selector;
mod text;
mod tree;

pub use find::{Lookup, NotFound, Seen, accepts, descendants, every, find};
pub use known::{known_key, known_keys, known_names};
pub use role::Role;
pub use selector::{BadSelector, NAMES_MAX, PATTERN_MAX, Selector, Texts};
pub use text::{plain, shown, steers};
pub use tree::{Bound, Limits, Node, Object, State, States, Tree};
