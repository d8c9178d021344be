//! New files in the app's home.
//!
//! The folder is walked; links are not followed. A file that comes and goes between two looks is not seen,
//! nor is what is written into one that is there already.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use record::{Body, MonotonicNs, Source, Span};

use crate::{Observer, Sink, Target, Unavailable};

/// Looks once a second, and writes down each file that was not there at the look before.
#[derive(Default)]
pub struct Files {
    home: Option<PathBuf>,
    looked: Option<MonotonicNs>,
    known: BTreeSet<PathBuf>,
}

const EVERY_NS: u64 = 1_000_000_000;

/// How many files are told apart. An app can make more; that they are not watched is then written down.
const MAX_FILES: usize = 10_000;

impl Observer for Files {
    fn source(&self) -> Source {
        Source::Files
    }

    fn attach(&mut self, target: &Target<'_>, out: &mut dyn Sink) -> Result<(), Unavailable> {
        let home = target.app.home_dir();
        fs::read_dir(&home)
            .map_err(|e| Unavailable(format!("the app's home cannot be read: {e}")))?;
        let now = stage::clock::now();
        let note = "files in the app's home, looked at once a second";
        out.record(now, Source::Files, Body::Attached { note: note.into() });
        self.known = walk(&home, MAX_FILES).unwrap_or_default();
        (self.home, self.looked) = (Some(home), Some(now));
        Ok(())
    }

    fn drain(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        let (Some(home), Some(looked)) = (&self.home, self.looked) else {
            return;
        };
        if now.0.saturating_sub(looked.0) < EVERY_NS {
            return;
        }
        self.looked = Some(now);
        let Some(there) = walk(home, MAX_FILES) else {
            let span = Span {
                from: looked,
                to: now,
            };
            let why = format!("more than {MAX_FILES} files in the app's home");
            let lost = None;
            out.record(now, Source::Files, Body::Gap { span, lost, why });
            return;
        };
        for path in there.difference(&self.known) {
            let path = path.to_string_lossy().into_owned();
            out.record(now, Source::Files, Body::FileAppeared { path });
        }
        self.known = there;
    }

    fn detach(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        if self.home.take().is_some() {
            out.record(now, Source::Files, Body::Detached { why: None });
        }
    }
}

/// All files below a folder, by their path from there; nothing where there are more than so many, folders
/// counted.
fn walk(folder: &Path, max: usize) -> Option<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut folders = vec![folder.to_owned()];
    let mut left = max;
    while let Some(next) = folders.pop() {
        // A folder that goes while it is looked at holds nothing any more.
        for entry in fs::read_dir(next).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            let path = entry.path();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(_) => files.extend(path.strip_prefix(folder).ok().map(Path::to_owned)),
                Err(_) => {}
            }
        }
    }
    Some(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_below_and_no_more_than_so_many() {
        let folder = std::env::temp_dir().join(format!("observe-files-{}", std::process::id()));
        fs::create_dir_all(folder.join("a/b")).unwrap();
        fs::write(folder.join("a/b/c"), "").unwrap();
        std::os::unix::fs::symlink("/", folder.join("root")).unwrap();
        let found = walk(&folder, 4);
        let few = walk(&folder, 3);
        fs::remove_dir_all(&folder).unwrap();
        let expected = ["a/b/c", "root"].map(PathBuf::from);
        assert_eq!(found, Some(BTreeSet::from(expected)));
        assert_eq!(few, None);
    }
}
