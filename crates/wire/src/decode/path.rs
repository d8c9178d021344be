//! Where a value lay. The paths of a message's values lie in one allocation, as they are many and short.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// The path of a value, `POST host/path $.a.b[0]`; to be read as the text that it is.
#[derive(Clone)]
pub struct Path {
    all: Arc<str>,
    from: u32,
    to: u32,
}

impl Path {
    /// The path at a range of the text that holds all of a message's.
    pub(super) fn new(all: &Arc<str>, range: &Range<u32>) -> Path {
        Path {
            all: Arc::clone(all),
            from: range.start,
            to: range.end,
        }
    }
}

impl Deref for Path {
    type Target = str;

    fn deref(&self) -> &str {
        &self.all[self.from as usize..self.to as usize]
    }
}

impl From<String> for Path {
    fn from(path: String) -> Path {
        let range = 0..path.len() as u32;
        Path::new(&path.into(), &range)
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Path) -> bool {
        **self == **other
    }
}

impl Eq for Path {}

impl PartialEq<&str> for Path {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self)
    }
}
