//! What the process that a person started tells the process on the stage.

use std::path::PathBuf;

use record::Manifest;
use serde::{Deserialize, Serialize};

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
    /// The sound that the app reads is kept.
    pub keep_audio: bool,
}

/// Folder of the recipe inside the bundle.
pub const RECIPE_DIR: &str = "recipe";

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
