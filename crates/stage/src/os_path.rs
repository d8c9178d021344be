//! Paths in messages between our own processes: as bytes, because a path need not be UTF-8. For
//! `#[serde(with = "…")]`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path.
pub fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
    path.as_os_str().serialize(to)
}

/// A path.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    OsString::deserialize(from).map(PathBuf::from)
}

/// A path that may be absent.
pub mod option {
    use super::*;

    /// A path that may be absent.
    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
        path.as_deref().map(Path::as_os_str).serialize(to)
    }

    /// A path that may be absent.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
        Option::<OsString>::deserialize(from).map(|path| path.map(PathBuf::from))
    }
}

/// Paths and where they are shown.
pub mod pairs {
    use super::*;

    /// Paths and where they are shown.
    pub fn serialize<S: Serializer>(
        pairs: &[(PathBuf, PathBuf)],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(
            pairs
                .iter()
                .map(|(from, to)| (from.as_os_str(), to.as_os_str())),
        )
    }

    /// Paths and where they are shown.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<(PathBuf, PathBuf)>, D::Error> {
        let pairs = Vec::<(OsString, OsString)>::deserialize(from)?;
        Ok(pairs
            .into_iter()
            .map(|(from, to)| (from.into(), to.into()))
            .collect())
    }
}
