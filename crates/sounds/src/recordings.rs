use std::collections::BTreeMap;
use std::fs;

use sha2::{Digest, Sha256};

use crate::{Entry, Error, Library};

/// All files of one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// What is heard.
    pub label: String,
    /// Its name.
    pub source: String,
    /// SHA-256, hexadecimal, over those of its files in the order of their names.
    pub sha256: String,
}

impl Library {
    /// Every recording, sorted by label and name: two labels or more, of two recordings or more each,
    /// none of which has two labels. Reads every file and decodes none.
    pub fn recordings(&self) -> Result<Vec<Recording>, Error> {
        self.same_files()?;
        let mut of: BTreeMap<(&str, &str), Vec<&Entry>> = BTreeMap::new();
        for entry in &self.sounds {
            let own = of.entry((&entry.label, &entry.source)).or_default();
            own.push(entry);
        }
        let mut label_of: BTreeMap<&str, &str> = BTreeMap::new();
        for (label, source) in of.keys() {
            if let Some(other) = label_of.insert(source, label) {
                return Err(Error::Attack(attack::Error::TwoLabels {
                    source_id: (*source).to_owned(),
                    one: other.to_owned(),
                    other: (*label).to_owned(),
                }));
            }
        }
        let counts = self.counts();
        if counts.len() < 2 {
            let only = counts.keys().copied().collect();
            return Err(Error::Attack(attack::Error::OneClass(only)));
        }
        if let Some((class, (_, sources))) = counts.into_iter().find(|(_, (_, n))| *n < 2) {
            let class = class.to_owned();
            return Err(Error::Attack(attack::Error::OneSource { class, sources }));
        }
        let recording = |((label, source), mut files): ((&str, &str), Vec<&Entry>)| {
            files.sort_by_key(|entry| &entry.file);
            let mut all = Sha256::new();
            for entry in files {
                let path = self.folder.join(&entry.file);
                let bytes = fs::read(&path).map_err(Error::file("read", &path))?;
                all.update(Sha256::digest(bytes));
            }
            Ok(Recording {
                label: label.to_owned(),
                source: source.to_owned(),
                sha256: hex::encode(all.finalize()),
            })
        };
        of.into_iter().map(recording).collect()
    }
}
