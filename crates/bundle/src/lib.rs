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
//! | `recipe/` | the recipe that drove the app, where there was one |
//! | `logs/` | what programs printed, for a person; nothing is judged from it |
//! | `seal.json` | SHA-256 of every other file, written last |

mod folder;
mod log;
mod mask;
mod names;
mod packets;
mod read;
mod redact;
mod seal;
mod write;

pub use folder::{FolderError, fresh_folder};
pub use names::{AUDIO, BUNDLE_DIR, LOGS, MANIFEST, RECIPE_DIR, SEAL};
pub use read::{Bundle, BundleError};
pub use redact::{KeyError, Names, redact};
pub use seal::{Seal, SealError};
pub use write::{AudioFiles, CaptureFile, Writer};
