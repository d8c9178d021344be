//! Recipes: how an app is driven, as data.
//!
//! A recipe is a folder with a `recipe.toml`; this crate turns its text into [`Recipe`], or into
//! errors with line, column and a suggestion. It reads no files and starts nothing.
#![forbid(unsafe_code)]

mod etc;
mod lint;
mod model;
mod parse;
mod raw;
pub mod recorded;
mod steps;
mod strict;
mod vars;

pub use etc::may_show_of_etc;
pub use lint::lint;
pub use model::*;
pub use parse::{RecipeError, parse, parse_variant};
pub use steps::step_keys;
pub use strict::readable;
pub use vars::{BUILT_IN, VarError, Vars, uses};
