//! Why a run could not go on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a run could not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// Something that the recipe needs is not on this machine.
    Missing,
    /// The stage could not be set up.
    Stage,
    /// The app or its peer did not start or did not join.
    NotJoined,
    /// The app did not confirm its mute.
    NotMuted,
    /// The app ended before its time.
    AppEnded,
    /// A sound server, a player or a recorder ended.
    SoundEnded,
    /// The bundle could not be written.
    Disk,
    /// The person stopped the run.
    Stopped,
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}
