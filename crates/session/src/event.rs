//! What the session's loop hears of, and why it ends.

use std::io;

use record::{Failure, Phase, Player};
use stage::NsError;

use crate::protocol::Said;

/// What the loop hears of.
#[derive(Debug)]
pub(crate) enum Event {
    /// A player handed over a phase's last sample.
    PhaseEnd(Player, Phase),
    /// A child ended.
    Exited { child: String, how: String },
    /// Sound cannot go on.
    SoundEnded(String),
    /// The bundle cannot be written.
    Disk(io::Error),
    /// The person wants the run to end; how that was said.
    Stopped(String),
    /// The question is decided: the muted phase need not go on; by what.
    Decided(String),
    /// What the person said in a guided audit.
    Said(Said),
    /// The outside network ended; how.
    OutsideEnded(String),
    /// The process that started the stage said what cannot be read.
    Unreadable(String),
}

/// Why a session could not go on.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) failure: Failure,
    pub(crate) why: String,
}

impl Stop {
    pub(crate) fn new(failure: Failure, why: impl Into<String>) -> Stop {
        Stop {
            failure,
            why: why.into(),
        }
    }
}

impl From<NsError> for Stop {
    fn from(e: NsError) -> Stop {
        Stop::new(Failure::Stage, e.to_string())
    }
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Stop {
        Stop::new(Failure::Disk, format!("the bundle cannot be written: {e}"))
    }
}
