//! Who speaks: a folder of recordings, in folders named by the speaker, and one folder of single recordings.

use std::path::Path;

/// One speaker and all that is there of them.
pub struct Speaker {
    /// Name of the folder, or the first number in the file's name.
    pub name: String,
    /// Recordings, at 16 kHz.
    pub utterances: Vec<Vec<f32>>,
}

impl Speaker {
    /// Seconds of all recordings.
    pub fn seconds(&self) -> f64 {
        let samples: usize = self.utterances.iter().map(Vec::len).sum();
        samples as f64 / f64::from(voices::RATE_HZ)
    }
}

/// Speakers with several recordings, and speakers with one, each sorted by name.
pub fn speakers(folder: &Path) -> Result<(Vec<Speaker>, Vec<Speaker>), String> {
    let (mut owners, mut others) = (Vec::new(), Vec::new());
    for entry in listed(folder)? {
        if !entry.is_dir() {
            continue;
        }
        let name = entry
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name == "one-each" {
            for file in listed(&entry)? {
                let stem = file
                    .file_stem()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                let first = stem.split('-').next().unwrap_or_default().to_owned();
                let read = sounds::read(&file).map_err(|e| e.to_string())?;
                others.push(Speaker {
                    name: first,
                    utterances: vec![read],
                });
            }
            continue;
        }
        let files = listed(&entry)?;
        let read = files
            .iter()
            .map(|f| sounds::read(f).map_err(|e| e.to_string()));
        owners.push(Speaker {
            name,
            utterances: read.collect::<Result<_, _>>()?,
        });
    }
    Ok((owners, others))
}

/// What lies in a folder, sorted.
pub fn listed(folder: &Path) -> Result<Vec<std::path::PathBuf>, String> {
    let failed = |e| format!("failed to read {}: {e}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}
