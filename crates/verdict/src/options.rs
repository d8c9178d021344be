//! How a session is judged, and what its reader knows of the bundle.

use crate::kept::Kept;
use crate::note::Note;

/// Whether the bundle is as it was when it was sealed. The reader of the bundle knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Sealed, and every hash agrees.
    Unchanged,
    /// Never sealed, or a hash disagrees.
    No,
}

/// How to judge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Opaque bytes make "nothing found" inconclusive.
    pub require_plaintext: bool,
    /// What the reader of the bundle has to remark (a cut log, a cut packet file).
    pub notes: Vec<Note>,
    /// What was kept when the bundle's payloads were dropped.
    pub kept: Option<Kept>,
}
