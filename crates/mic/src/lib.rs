//! The microphone switch and the watch on who holds one, in the person's own session.
//!
//! What has to be done is decided in `switch`, which is pure; here it is seen and done. Nothing is
//! sent anywhere, and no recording outlives the moment in which it is looked at for silence.

mod apart;
pub mod control;
pub mod desktop;
pub mod devices;
mod events;
pub mod graph;
pub mod guard;
pub mod identity;
mod lock;
mod places;
pub mod silence;
pub mod sound;
mod state;
pub mod streams;
pub mod watch;

pub use events::{EventLog, Line, is_same, json_line, since};
pub use places::{Places, SoundPlace};
pub use state::StateFile;

/// Why the switch cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum MicError {
    /// Nobody answers at the sound server's socket.
    #[error("no sound server answers at {0}")]
    NoServer(std::path::PathBuf),
    /// The sound server does not let this person in.
    #[error("the sound server at {0} does not let you in")]
    NoPermission(std::path::PathBuf),
    /// There is no place for a server's socket.
    #[error("neither PULSE_SERVER nor XDG_RUNTIME_DIR says where the sound server is")]
    NoPlace,
    /// The server is not on this machine.
    #[error("PULSE_SERVER is {0}, which is no socket of this machine")]
    Remote(String),
    /// No source has this name.
    #[error("there is no source `{0}`")]
    UnknownSource(String),
    /// No program lies there.
    #[error("there is no program `{0}`")]
    UnknownProgram(String),
    /// PipeWire writes moves down, and not all of that can be taken back.
    #[error(
        "recordings are not moved on PipeWire, for what it keeps of the moves cannot all be undone"
    )]
    NotOnPipeWire,
    /// There is a guard already.
    #[error("a guard is running already, as process {0}")]
    SecondGuard(i32),
    /// A file could not be used.
    #[error("failed to {doing} {path}: {error}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: std::path::PathBuf,
        /// What went wrong.
        error: std::io::Error,
    },
    /// Something else about the sound server.
    #[error("{0}")]
    Sound(std::io::Error),
    /// The guard could not be asked.
    #[error("the guard does not answer: {0}")]
    Guard(std::io::Error),
}
