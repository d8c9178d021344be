//! The session folder: write, seal, verify, replay.
//!
//! A bundle is append-only while it is recorded and never changed afterwards:
//!
//! | file | what |
//! |---|---|
//! | `manifest.json` | what, where, how; the seed's SHA-256 (written before the first sound) |
//! | `seed` | the seed, mode 0600, where the audited app cannot see it |
//! | `session.jsonl` | the session log, one record a line |
//! | `packets.pcapng` | packets at the peer's end of the veth |
//! | `kept.json` | in a redacted bundle: the features that were computed before payloads were dropped |
//! | `audio/` | with `--keep-audio`: what the app read from the virtual microphone |
//! | `logs/` | what programs printed, for a person; nothing is judged from it |
//! | `seal.json` | SHA-256 of every other file, written last |

mod read;
mod redact;
mod seal;
mod write;

pub use read::{Bundle, BundleError};
pub use redact::{mask_packets, redact};
pub use seal::{Seal, SealError};
pub use write::{AudioFiles, CaptureFile, Writer};

pub(crate) const MANIFEST: &str = "manifest.json";
pub(crate) const SEED: &str = "seed";
pub(crate) const LOG: &str = "session.jsonl";
pub(crate) const PACKETS: &str = "packets.pcapng";
pub(crate) const KEPT: &str = "kept.json";
pub(crate) const SEAL: &str = "seal.json";

/// Name of the folder for the sound that was read, inside a bundle.
pub const AUDIO: &str = "audio";

/// Name of the folder for program output inside a bundle.
pub const LOGS: &str = "logs";
