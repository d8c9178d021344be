//! Copies of the recordings that are listed, for whoever asks for them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::Error;
use crate::entry::Entry;
use crate::kind::extension;
use crate::walk::{Ask, walk};

/// Copies the recordings called `paths` into `folder`, which is made; gives the name of each copy. Names are
/// numbers: what an export calls its files decides nothing about where anything is written.
pub fn copy_clips(
    export: &Path,
    paths: &[&str],
    folder: &Path,
    ask: Ask,
) -> Result<HashMap<String, String>, Error> {
    let failed = |source: io::Error| Error::Copy {
        path: folder.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(failed)?;
    let numbers: HashMap<&str, usize> =
        paths.iter().enumerate().map(|(n, p)| (*p, n + 1)).collect();
    let mut copies = HashMap::new();
    let mut fault = None;
    walk(export, ask, &mut |entry| {
        let Entry::File(file) = entry else {
            return true;
        };
        let Some(number) = numbers.get(file.path.as_str()) else {
            return true;
        };
        // One of two files of one name is enough.
        if copies.contains_key(&file.path) {
            return true;
        }
        let ending: String = extension(&file.path)
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(5)
            .collect();
        let name = format!("{number:05}.{ending}");
        let copied = File::create(folder.join(&name))
            .and_then(|mut to| io::copy(file.bytes, &mut to).map(drop));
        match copied {
            Ok(()) => {
                copies.insert(file.path, name);
                true
            }
            Err(e) => {
                fault = Some(e);
                false
            }
        }
    })?;
    match fault {
        Some(e) => Err(failed(e)),
        None => Ok(copies),
    }
}
