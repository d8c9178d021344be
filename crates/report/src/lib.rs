//! Judgements for people and programs.
//!
//! A report is a pure function of a judgement, its manifest and what an attacker made of the same
//! bundle. The JSON is the second serialised
//! surface of muteproof (the first is the session log): it only grows, and a strict test guards
//! its shape. Text, HTML and Markdown are prose and may change; every sentence of theirs is a
//! message in `i18n/*.ftl`.
//!
//! Whatever the app or the network could have chosen (names, addresses, versions) is cleaned of
//! control characters before it is shown and escaped where it is embedded.
#![forbid(unsafe_code)]

mod attack;
mod clean;
mod destination;
mod error;
mod formats;
mod guide;
mod html;
mod i18n;
mod inspection;
mod json;
mod letter;
mod mic;
mod page;
mod phrase;
mod picture;
mod render;
mod schema;
mod sections;
mod svg;
mod text;

pub use attack::{
    Attacked, Listed, Sent, Tried, attacked, attacked_json, confusion_picture, listed,
};
pub use error::RenderError;
pub use formats::{FORMATS, disclosure, format, sentence};
pub use guide::{Guide, guide};
pub use html::Html;
pub use i18n::Lang;
pub use inspection::{CaptureFile, Damage, Inspected, inspection, inspection_json};
pub use json::Json;
pub use mic::{Menu, Mic, Seen, mic};
pub use render::{BundleInfo, Render, Report};
pub use schema::SCHEMA;
pub use text::Text;
