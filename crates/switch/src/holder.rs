//! Who holds a microphone or camera.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is held.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case", tag = "device")]
pub enum Device {
    /// A source of the sound server.
    Source {
        /// Its name.
        source: String,
        /// Whether it is what a sink plays.
        monitor: bool,
    },
    /// A sound device past the sound server.
    Sound {
        /// Its path.
        path: String,
    },
    /// A camera.
    Camera {
        /// Its path.
        path: String,
    },
}

/// By whom it is held, as the kernel says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case", tag = "by")]
pub enum Who {
    /// By the one process at the other end of the connection.
    Process {
        /// Its number.
        pid: i32,
        /// Its program.
        program: String,
    },
    /// By one of these: which of them cannot be told.
    OneOf {
        /// Their numbers.
        pids: Vec<i32>,
    },
    /// By the sound server itself.
    Server,
    /// Not known.
    Unknown,
}

/// One holder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize)]
pub struct Holder {
    /// What is held.
    #[serde(flatten)]
    pub device: Device,
    /// By whom.
    #[serde(flatten)]
    pub who: Who,
    /// The server's number for the stream.
    pub stream: Option<u32>,
    /// The name that the program gives itself: a claim.
    pub claimed_name: Option<String>,
    /// The process number that the program gives itself: a claim.
    pub claimed_pid: Option<i32>,
    /// Whether claims and kernel contradict each other.
    pub mismatch: bool,
    /// Whether it can hear nothing now: source or stream is muted, or the stream is paused.
    pub muted: bool,
}
