//! What the commands about microphones share: places, languages, words.

use std::time::Duration;

use clap::Args as ClapArgs;
use mic::Places;
use mic::watch::Change;
use report::{Lang, Mic};

use crate::fail::Fail;

/// How the answer is shown.
#[derive(Debug, Clone, Copy, ClapArgs)]
pub struct Shown {
    /// Print one line of JSON.
    #[arg(long)]
    pub json: bool,
}

/// A watch that somebody looks at looks so often at who opens devices.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where everything lies in this session.
pub fn places() -> Result<Places, Fail> {
    Places::of(|name| std::env::var_os(name)).map_err(Fail::Mic)
}

/// The words.
pub fn say(lang: Lang, say: &Mic) -> Result<String, Fail> {
    Ok(report::mic(lang, say)?)
}

/// How a change is told.
pub fn when(change: &Change) -> report::Seen<'static> {
    match change {
        Change::Begin => report::Seen::Begin,
        Change::Change => report::Seen::Change,
        Change::End => report::Seen::End,
    }
}
