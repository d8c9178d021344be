use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use attack::scene::{Clip, Pattern, strokes};
use attack::{Corpus, Sound};
use serde::{Deserialize, Serialize};

use crate::{Error, decode};

/// Name of a library's list.
pub const MANIFEST: &str = "sounds.toml";

/// A folder of labelled sounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Library {
    /// Where it lies.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Made by a generator: figures from it say nothing about real sounds.
    #[serde(default)]
    pub synthetic: bool,
    /// The files.
    #[serde(default, rename = "sound")]
    pub sounds: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Where it lies, from the library's folder on.
    pub file: PathBuf,
    /// What is heard.
    pub label: String,
    /// The recording that it comes from: files of one recording are never told apart by it.
    pub source: String,
    /// Under which licence it may be used.
    pub licence: String,
    /// Where it came from.
    pub from: String,
    /// Each sound in the file is one key stroke.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strokes: bool,
}

impl Library {
    /// Reads the list, not the sounds.
    pub fn open(folder: &Path) -> Result<Library, Error> {
        let path = folder.join(MANIFEST);
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Err(Error::NoLibrary(folder.to_owned()));
            }
            text => text.map_err(Error::file("read", &path))?,
        };
        let library: Library = toml::from_str(&text).map_err(|e| Error::Manifest {
            path: path.clone(),
            why: one_line(&e.to_string()),
        })?;
        let outside = |entry: &&Entry| {
            let mut parts = entry.file.components();
            !parts.all(|p| matches!(p, std::path::Component::Normal(_)))
        };
        if let Some(entry) = library.sounds.iter().find(outside) {
            let why = format!("{} lies outside of the library", entry.file.display());
            return Err(Error::Manifest { path, why });
        }
        Ok(Library {
            folder: folder.to_owned(),
            ..library
        })
    }

    /// Writes the list into the folder.
    pub fn save(&self) -> Result<(), Error> {
        let path = self.folder.join(MANIFEST);
        let text = toml::to_string(self).map_err(|e| Error::Manifest {
            path: path.clone(),
            why: e.to_string(),
        })?;
        fs::write(&path, text).map_err(Error::file("write", &path))
    }

    /// Reads every file; what is wrong with one is said and ends it.
    pub fn corpus(&self) -> Result<Corpus, Error> {
        self.same_files()?;
        let mut sounds: BTreeMap<(&str, &str), Sound> = BTreeMap::new();
        for entry in &self.sounds {
            let sound = sounds.entry((&entry.label, &entry.source));
            let sound = sound.or_insert_with(|| silence(entry));
            sound.clips.extend(self.clips(entry)?);
        }
        Ok(Corpus::new(sounds.into_values().collect())?)
    }

    /// Reads the files of one recording.
    pub fn sound(&self, label: &str, source: &str) -> Result<Sound, Error> {
        let own = |e: &&Entry| (&*e.label, &*e.source) == (label, source);
        let mut own = self.sounds.iter().filter(own).peekable();
        let Some(first) = own.peek() else {
            let why = format!("it has no recording `{source}` of `{label}`");
            let path = self.folder.join(MANIFEST);
            return Err(Error::Manifest { path, why });
        };
        let mut sound = silence(first);
        for entry in own {
            sound.clips.extend(self.clips(entry)?);
        }
        Ok(sound)
    }

    fn clips(&self, entry: &Entry) -> Result<Vec<Clip>, Error> {
        let path = self.folder.join(&entry.file);
        let samples = decode::read(&path)?;
        let pieces = match entry.strokes {
            true => strokes(&samples),
            false => vec![samples],
        };
        let clips = pieces.into_iter().map(|p| Clip::new(&entry.source, p));
        let clips: Vec<Clip> = clips.filter_map(Result::ok).collect();
        match clips.is_empty() {
            true => Err(Error::Silent(path)),
            false => Ok(clips),
        }
    }

    /// No file may lie under two labels, under whatever name.
    pub(crate) fn same_files(&self) -> Result<(), Error> {
        let mut seen: BTreeMap<(u64, u64), &Entry> = BTreeMap::new();
        for entry in &self.sounds {
            let path = self.folder.join(&entry.file);
            let bytes = fs::read(&path).map_err(Error::file("read", &path))?;
            let mut hasher = DefaultHasher::new();
            bytes.hash(&mut hasher);
            let key = (bytes.len() as u64, hasher.finish());
            match seen.insert(key, entry) {
                Some(other) if other.label != entry.label => {
                    return Err(Error::SameFile {
                        one: self.folder.join(&other.file),
                        other: path,
                    });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Files and sources of each label.
    pub fn counts(&self) -> BTreeMap<&str, (usize, usize)> {
        let mut sources: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for entry in &self.sounds {
            sources.entry(&entry.label).or_default().push(&entry.source);
        }
        let counted = sources.into_iter().map(|(label, mut all)| {
            let files = all.len();
            all.sort_unstable();
            all.dedup();
            (label, (files, all.len()))
        });
        counted.collect()
    }
}

/// What a file is of, without anything of it.
fn silence(entry: &Entry) -> Sound {
    Sound {
        label: entry.label.clone(),
        source: entry.source.clone(),
        pattern: match entry.strokes {
            true => Pattern::Strokes,
            false => Pattern::Stretches,
        },
        clips: Vec::new(),
    }
}

/// A parser's message over several lines, as one.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}
