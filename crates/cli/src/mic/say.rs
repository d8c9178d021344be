//! What the commands about microphones share: places, languages, words.

use std::time::Duration;

use clap::Args as ClapArgs;
use mic::watch::Change;
use mic::{MicError, Places};
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
    Places::of(|name| std::env::var_os(name)).map_err(said)
}

/// One clear line: what is wrong, and what to do.
pub fn said(e: MicError) -> Fail {
    let next = match &e {
        MicError::NoServer(_) => "start PulseAudio or PipeWire, or set PULSE_SERVER",
        MicError::NoPermission(_) => "run muteproof as the person whose session it is",
        MicError::NoPlace => "run muteproof in your session, or set XDG_RUNTIME_DIR",
        MicError::Remote(_) => "run muteproof on the machine with the microphone",
        MicError::UnknownProgram(_) => "`muteproof mic watch` tells the files of programs",
        MicError::NotOnPipeWire => "`muteproof mic off` switches every microphone off",
        MicError::UnknownSource(_) => "`muteproof mic status` lists the sources",
        MicError::SecondGuard(_) => "end that one first, or use it: `muteproof mic status`",
        MicError::File { .. } => "make that file yours to write",
        MicError::Sound(_) | MicError::Guard(_) => "try again",
    };
    Fail::text(format!("{e}; {next}"))
}

/// The words.
pub fn say(lang: Lang, say: &Mic) -> Result<String, Fail> {
    report::mic(lang, say).map_err(Fail::text)
}

/// How a change is told.
pub fn when(change: &Change) -> report::Seen<'static> {
    match change {
        Change::Begin => report::Seen::Begin,
        Change::Change => report::Seen::Change,
        Change::End => report::Seen::End,
    }
}
