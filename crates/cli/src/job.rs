//! What the process that a person started tells the process on the stage.

use std::path::PathBuf;

use record::{Manifest, Phase, T, Word};
use serde::{Deserialize, Serialize};

use crate::guided::Guiding;

/// One session to be recorded: one line of JSON on the stage's standard input.
///
/// The pipe stays open afterwards: its end of file ends the stage.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// The bundle's folder; it exists and holds `recipe/`.
    pub dir: PathBuf,
    /// The manifest, but for the seed's hash: the seed is drawn on the stage.
    pub manifest: Manifest,
    /// The specimens' binary, where there is one.
    pub specimen: Option<PathBuf>,
    /// The sides' sound server.
    pub sound: recipe::Sound,
    /// What the privileged helper sees.
    pub tap: Tap,
    /// The library whose recordings play as activities.
    pub library: Option<PathBuf>,
    /// The sound that the app reads is kept.
    pub keep_audio: bool,
    /// A camera that is shown to the app, as its first one.
    pub camera: Option<PathBuf>,
    /// What a guided audit needs; absent where no person is asked.
    pub guiding: Option<Guiding>,
}

// For `session`, until that is a crate.
pub use bundle::RECIPE_DIR;

/// Where the sides see the recipe's folder.
pub const SIDE_RECIPE: &str = "/recipe";

/// Where the sides see the specimens' binary.
pub const SIDE_SPECIMEN: &str = "/specimen/muteproof-specimen";

/// Hidden command: step 1 of the stage.
pub const STAGE_COMMAND: &str = "__stage";

/// Hidden command: PID 1 of the stage.
pub const SESSION_COMMAND: &str = "__session";

/// Hidden command: can a stage be made here at all?
pub const PROBE_COMMAND: &str = "__probe";

/// Begins a line on the stage's standard input that says by what the question is decided; any other
/// line there is a wish to stop.
pub const DECIDED: &str = "decided: ";

/// Where what the privileged helper sees comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Tap {
    /// A pipe with `tap` frames, inherited under this number.
    Pipe {
        /// The file descriptor.
        fd: i32,
    },
    /// There is no helper.
    Absent {
        /// Why, and what would mend it.
        why: String,
    },
}

/// Begins the line on the stage's standard output that names the network namespace of the app's side
/// by its inode number.
pub const APP_NET: &str = "net ";

/// Begins a line on the stage's standard output that asks the person: an [`Ask`].
pub const ASK: &str = "ask ";

/// Something to be asked of the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    /// The recipe's part, or [`CONFIRM_PART`].
    pub part: String,
    /// The recipe's own words; may be empty.
    pub what: String,
}

/// The part of an [`Ask`] for whether the app was muted all the time.
pub const CONFIRM_PART: &str = "confirm";

/// The part of an [`Ask`] for whether the app is muted, where the recipe muted it itself.
pub const MUTED_PART: &str = "muted";

/// Begins a line on the stage's standard output that tells the person what goes on: a [`Tell`].
pub const TELL: &str = "tell ";

/// A phase that begins.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Tell {
    /// Which.
    pub phase: Phase,
    /// How long it takes.
    pub seconds: f64,
}

/// Begins a line on the stage's standard input with what the person said: a [`Said`].
pub const SAID: &str = "said ";

/// What the person said, and when the key was pressed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Said {
    /// When.
    pub t: T,
    /// What.
    pub word: Word,
}

/// A line on the stage's standard output: the outside network may be joined now.
pub const OUTSIDE: &str = "outside";

/// Begins a line on the stage's standard input: the outside network ended; how.
pub const OUTSIDE_ENDED: &str = "outside-ended ";
