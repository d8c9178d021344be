use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was done with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PackageMoment {
    /// It was installed.
    Installed,
    /// It was removed.
    Removed,
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

/// What became of a file between the moment before a package was installed and the one after it was removed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Remains {
    /// It was not there before.
    Added,
    /// It was there, and is another.
    Changed,
    /// It was there, and is gone.
    Deleted,
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}
