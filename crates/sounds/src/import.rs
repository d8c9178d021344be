//! Folders of others made into libraries. Files are copied, never moved or changed.

use std::fs;
use std::path::{Path, PathBuf};

use attack::scene::RATE_HZ;
use attack::synthetic as made;

use crate::{Entry, Error, Library};

/// Endings of files that are taken for sounds.
const ENDINGS: [&str; 6] = ["wav", "flac", "ogg", "oga", "opus", "mp3"];

/// How a file says which recording it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceBy {
    /// Every file is a recording of its own; files in a folder below the label's are of one.
    File,
    /// What stands before the last hyphen of its name: `chopping-327592-A`, `chopping-327592-B`.
    BeforeHyphen,
}

/// A folder with a folder a label.
pub fn folders(
    from: &Path,
    to: &Path,
    by: SourceBy,
    licence: &str,
    origin: &str,
    strokes: &[String],
) -> Result<Library, Error> {
    let mut found = Vec::new();
    for label_folder in sorted(from)?.into_iter().filter(|p| p.is_dir()) {
        let label = name(&label_folder);
        let before = found.len();
        for path in sorted(&label_folder)? {
            if path.is_dir() {
                let source = format!("{label}/{}", name(&path));
                let files = sorted(&path)?.into_iter().filter(|p| is_sound(p));
                found.extend(files.map(|file| (label.clone(), source.clone(), file)));
            } else if is_sound(&path) {
                let stem = stem(&path);
                let source = match by {
                    SourceBy::File => &*stem,
                    SourceBy::BeforeHyphen => stem.rsplit_once('-').map_or(&*stem, |s| s.0),
                };
                // Names such as "1" say nothing by themselves: they are the label's own.
                found.push((label.clone(), format!("{label}/{source}"), path));
            }
        }
        if found.len() == before {
            return Err(Error::EmptyLabel(label_folder));
        }
    }
    let entry = |(label, source, path): (String, String, PathBuf)| {
        let entry = Entry {
            file: PathBuf::new(),
            strokes: strokes.contains(&label),
            label,
            source,
            licence: licence.to_owned(),
            from: origin.to_owned(),
        };
        (entry, path)
    };
    copied(from, to, found.into_iter().map(entry).collect())
}

/// ESC-50 (`audio` and `meta/esc50.csv`) or ESC-10 (folders such as `001 - Dog bark`): names are
/// fold, Freesound number, take.
pub fn esc(from: &Path, to: &Path, only: &[String]) -> Result<Library, Error> {
    let table = from.join("meta/esc50.csv");
    let mut found = Vec::new();
    if table.is_file() {
        let text = fs::read_to_string(&table).map_err(Error::file("read", &table))?;
        for (i, line) in text.lines().enumerate().skip(1) {
            let columns: Vec<&str> = line.split(',').collect();
            let &[file, _, _, label, esc10, source, ..] = &*columns else {
                let why = format!("line {} has {} columns, wanted are 7", i + 1, columns.len());
                return Err(Error::Manifest { path: table, why });
            };
            let licence = match esc10 {
                "True" => "CC BY 3.0",
                _ => "CC BY-NC 3.0",
            };
            let path = from.join("audio").join(file);
            found.push((label.replace('_', "-"), source.to_owned(), licence, path));
        }
    } else {
        for folder in sorted(from)?.into_iter().filter(|p| p.is_dir()) {
            let name = name(&folder);
            let label = name.split_once(" - ").map_or(&*name, |n| n.1);
            let label = label.to_lowercase().replace(' ', "-");
            for path in sorted(&folder)?.into_iter().filter(|p| is_sound(p)) {
                let stem = stem(&path);
                let source = stem.split('-').nth(1).unwrap_or(&stem).to_owned();
                found.push((label.clone(), source, "CC BY 3.0", path));
            }
        }
    }
    let wanted = |label: &String| only.is_empty() || only.contains(label);
    let found = found.into_iter().filter(|(label, ..)| wanted(label));
    let entry = |(label, source, licence, path): (String, String, &str, PathBuf)| {
        let entry = Entry {
            file: PathBuf::new(),
            strokes: false,
            label,
            from: format!("Freesound {source}, by ESC (K. J. Piczak)"),
            source: format!("freesound-{source}"),
            licence: licence.to_owned(),
        };
        (entry, path)
    };
    copied(from, to, found.map(entry).collect())
}

/// The sounds that come with the program, as files.
pub fn synthetic(to: &Path, seed: u64) -> Result<Library, Error> {
    let corpus = made::corpus(seed)?;
    new_folder(to)?;
    let mut library = Library {
        folder: to.to_owned(),
        synthetic: true,
        sounds: Vec::new(),
    };
    for sound in corpus.sounds() {
        let folder = to.join(&sound.label);
        fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        // Strokes are cut apart again by the silence between them.
        let strokes = sound.pattern == attack::scene::Pattern::Strokes;
        let gap = if strokes {
            vec![0.0; RATE_HZ as usize / 4]
        } else {
            Vec::new()
        };
        let mut samples = gap.clone();
        for clip in &sound.clips {
            samples.extend(&clip.samples);
            samples.extend(&gap);
        }
        let file = Path::new(&sound.label).join(format!("{}.wav", sound.source));
        let path = to.join(&file);
        fs::write(&path, wav(&samples)).map_err(Error::file("write", &path))?;
        library.sounds.push(Entry {
            file,
            label: sound.label.clone(),
            source: sound.source.clone(),
            licence: "MIT OR Apache-2.0".to_owned(),
            from: format!("generated by muteproof, seed {seed}: no recording"),
            strokes,
        });
    }
    library.save()?;
    Ok(library)
}

fn copied(from: &Path, to: &Path, found: Vec<(Entry, PathBuf)>) -> Result<Library, Error> {
    if found.is_empty() {
        return Err(Error::NoSounds(from.to_owned()));
    }
    new_folder(to)?;
    let mut sounds = Vec::new();
    for (mut entry, path) in found {
        let inner = entry.source.replace(['/', '\\'], "-");
        let file = format!("{inner}-{}", name(&path));
        entry.file = Path::new(&entry.label).join(file);
        let target = to.join(&entry.file);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
        }
        fs::copy(&path, &target).map_err(Error::file("copy", &path))?;
        sounds.push(entry);
    }
    let library = Library {
        folder: to.to_owned(),
        synthetic: false,
        sounds,
    };
    library.save()?;
    Ok(library)
}

fn new_folder(to: &Path) -> Result<(), Error> {
    match fs::create_dir(to) {
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(Error::Exists(to.to_owned()))
        }
        done => done.map_err(Error::file("create", to)),
    }
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(folder).map_err(Error::file("read", folder))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    Ok(paths)
}

fn is_sound(path: &Path) -> bool {
    let ending = path.extension().and_then(|e| e.to_str());
    ending.is_some_and(|e| ENDINGS.contains(&&*e.to_lowercase()))
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// A WAV file of 16 bits.
fn wav(samples: &[f32]) -> Vec<u8> {
    let data = samples.len() as u32 * 2;
    let mut bytes = Vec::with_capacity(44 + data as usize);
    bytes.extend(b"RIFF");
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    // PCM, one channel, rate, bytes a second, bytes a sample, bits.
    [1u16, 1].iter().for_each(|v| bytes.extend(v.to_le_bytes()));
    [RATE_HZ, RATE_HZ * 2]
        .iter()
        .for_each(|v| bytes.extend(v.to_le_bytes()));
    [2u16, 16]
        .iter()
        .for_each(|v| bytes.extend(v.to_le_bytes()));
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    for sample in samples {
        let value = (sample.clamp(-1.0, 1.0) * 32_767.0) as i16;
        bytes.extend(value.to_le_bytes());
    }
    bytes
}
