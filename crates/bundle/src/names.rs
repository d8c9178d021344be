//! What lies in a bundle, and in the folder around it, under which name.

/// The bundle inside the folder that an audit makes.
pub const BUNDLE_DIR: &str = "bundle";
/// Folder of the recipe inside a bundle.
pub const RECIPE_DIR: &str = "recipe";
/// The sound that was read.
pub const AUDIO: &str = "audio";
/// What programs printed.
pub const LOGS: &str = "logs";
/// SHA-256 of every other file, written last: whoever has it can be judged.
pub const SEAL: &str = "seal.json";
/// What, where, how.
pub const MANIFEST: &str = "manifest.json";

pub(crate) const SEED: &str = "seed";
pub(crate) const LOG: &str = "session.jsonl";
pub(crate) const PACKETS: &str = "packets.pcapng";
pub(crate) const KEPT: &str = "kept.json";
