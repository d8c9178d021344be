//! How a find was written, in one type with words.

use std::fmt;

use super::digest::Digest;
use super::script::Script;
use super::spelling::Spelling;

/// The way from a canary's value to the bytes that were found: spelled, then hashed, then written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Encoding {
    /// How the value was spelled.
    pub spelling: Spelling,
    /// How it was hashed, if it was.
    pub digest: Option<Digest>,
    /// How that was written.
    pub script: Script,
}

/// `plain`, `base64url of lower`, `sha256 of value+"x" of e164 in hex`.
impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let spelling = self.spelling.id();
        match &self.digest {
            None => write!(f, "{}", self.script.id())?,
            Some(digest) => write!(f, "{digest}")?,
        }
        if self.spelling != Spelling::Given {
            write!(f, " of {spelling}")?;
        }
        match &self.digest {
            None => Ok(()),
            Some(_) => write!(f, " in {}", self.script.id()),
        }
    }
}
