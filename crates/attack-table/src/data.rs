//! The recordings by their labels, and what clients hear of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use attack::scene::{Clip, Pattern, strokes};
use attack::telemetry::Heard as Telemetered;
use attack::{Corpus, Plan, Sitting, Sound};
use serde::{Deserialize, Serialize};
use sounds::{Entry, Library};

/// Where Debian's packages of music lay it.
const MUSIC: [&str; 3] = [
    "/usr/share/asterisk/moh",
    "/usr/share/hyperrogue/music",
    "/usr/share/games/singularity/music",
];

/// What was heard in each sitting.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Which activity, from which recordings.
    pub sittings: Vec<(String, Vec<String>)>,
    /// What a client had of it, in the same order.
    pub heard: Vec<Telemetered>,
    /// Recordings of each activity.
    pub sources: Vec<(String, usize)>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
}

/// Label, recording and path of each file.
type Files = Vec<(&'static str, String, PathBuf)>;

/// The recordings of six activities below `data`, and music where packages of it are installed. Beside
/// them what was left out.
pub fn recordings(data: &Path) -> Result<(Corpus, Vec<String>), String> {
    let (sounds, _, left_out) = read(data)?;
    let corpus = Corpus::new(sounds).map_err(|e| e.to_string())?;
    Ok((corpus, left_out))
}

/// Writes the same recordings into the folder `to` as a library that an audit can play
/// (`muteproof audit --sounds`), and says what was left out.
pub fn library(data: &Path, to: &Path) -> Result<Vec<String>, String> {
    let (_, files, left_out) = read(data)?;
    fs::create_dir(to).map_err(|e| format!("{}: {e}", to.display()))?;
    let mut sounds = Vec::new();
    for (i, (label, source, path)) in files.into_iter().enumerate() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let file = Path::new(label).join(format!("{i:04}-{name}"));
        let target = to.join(&file);
        let written = fs::create_dir_all(to.join(label)).and_then(|()| fs::copy(&path, &target));
        written.map_err(|e| format!("{}: {e}", target.display()))?;
        sounds.push(Entry {
            file,
            label: label.to_owned(),
            source,
            licence: licence(label).to_owned(),
            from: "what docs/attack-table.md is measured on".to_owned(),
            strokes: label == "typing",
        });
    }
    let library = Library {
        folder: to.to_owned(),
        synthetic: false,
        sounds,
    };
    library.save().map_err(|e| e.to_string())?;
    Ok(left_out)
}

fn licence(label: &str) -> &'static str {
    match label {
        "dog" => "CC BY 3.0",
        "speech" => "CC BY 4.0",
        "typing" => "MIT",
        "music" => "see the package that it is of",
        _ => "as on Freesound: for research, not to be passed on",
    }
}

/// Sounds, the files that they were read from, and what was left out.
fn read(data: &Path) -> Result<(Vec<Sound>, Files, Vec<String>), String> {
    let audio = data.join("audio");
    let activity = audio.join("activity");
    let mut files: Files = Vec::new();
    let mut taken: Files = Vec::new();
    let numbered = |path: &Path, at: usize| -> Option<String> {
        let stem = path.file_stem()?.to_str()?.to_owned();
        stem.split('-').nth(at).map(str::to_owned)
    };
    for path in tree(&activity.join("dog"))? {
        let number = numbered(&path, 1).unwrap_or_default();
        files.push(("dog", format!("freesound-{number}"), path));
    }
    for label in ["clean", "cook-eat"] {
        for path in tree(&activity.join(label))? {
            files.push((label, kitchen(&path), path));
        }
    }
    for path in tree(&activity.join("typing"))? {
        let keyboard = path.parent().and_then(|p| p.file_name());
        let keyboard = keyboard.unwrap_or_default().to_string_lossy().into_owned();
        files.push(("typing", keyboard, path));
    }
    for path in tree(&audio.join("speech"))? {
        let speaker = numbered(&path, 0).unwrap_or_default();
        files.push(("speech", format!("speaker-{speaker}"), path));
    }
    for folder in MUSIC {
        for path in tree(Path::new(folder)).unwrap_or_default() {
            files.push(("music", path.display().to_string(), path));
        }
    }
    let mut left_out = Vec::new();
    let labels_of = |source: &str| {
        let mut labels: Vec<&str> = files
            .iter()
            .filter(|f| f.1 == source)
            .map(|f| f.0)
            .collect();
        labels.dedup();
        labels
    };
    let mut sounds: Vec<Sound> = Vec::new();
    for (label, source, path) in &files {
        // One recording was cut into pieces of two activities: whoever hears one knows the other.
        if let [one, other, ..] = &*labels_of(source) {
            left_out.push(format!("{source}: labelled {one} and {other}"));
            continue;
        }
        let samples = sounds::read(path).map_err(|e| e.to_string())?;
        let typing = *label == "typing";
        let pieces = if typing {
            strokes(&samples)
        } else {
            vec![samples]
        };
        let clips = pieces.into_iter().filter_map(|p| Clip::new(source, p).ok());
        let clips: Vec<Clip> = clips.collect();
        if clips.is_empty() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            left_out.push(format!("{name}: nothing to be heard"));
            continue;
        }
        taken.push((*label, source.clone(), path.clone()));
        match sounds.iter_mut().find(|s| s.source == *source) {
            Some(sound) => sound.clips.extend(clips),
            None => sounds.push(Sound {
                label: (*label).to_owned(),
                source: source.clone(),
                pattern: if typing {
                    Pattern::Strokes
                } else {
                    Pattern::Stretches
                },
                clips,
            }),
        }
    }
    left_out.sort();
    left_out.dedup();
    Ok((sounds, taken, left_out))
}

/// Sounds that are none of the activities.
pub fn others(data: &Path) -> Result<Corpus, String> {
    let mut sounds: Vec<Sound> = Vec::new();
    for label in ["baby-cry", "clock-tick", "rain"] {
        for path in tree(&data.join("audio/other").join(label))? {
            let source = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let source = source.rsplit_once('-').map_or(&*source, |s| s.0).to_owned();
            let samples = sounds::read(&path).map_err(|e| e.to_string())?;
            let Ok(clip) = Clip::new(&source, samples) else {
                continue;
            };
            match sounds.iter_mut().find(|s| s.source == source) {
                Some(sound) => sound.clips.push(clip),
                None => sounds.push(Sound {
                    label: label.to_owned(),
                    source,
                    pattern: Pattern::Stretches,
                    clips: vec![clip],
                }),
            }
        }
    }
    Corpus::new(sounds).map_err(|e| e.to_string())
}

/// The sounds that come with the program.
pub fn synthetic(seed: u64) -> Result<Corpus, String> {
    attack::synthetic::corpus(seed).map_err(|e| e.to_string())
}

/// The recording that a piece of kitchen20 is of: `chopping-327592-A` is of 327592; what has a name in
/// the place of a number is of one kitchen.
fn kitchen(path: &Path) -> String {
    let stem = path
        .file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let digits = |part: &&str| part.len() > 2 && part.bytes().all(|b| b.is_ascii_digit());
    match stem.split('-').find(digits) {
        Some(number) => format!("freesound-{number}"),
        None => "the kitchen of vaisselleMain".to_owned(),
    }
}

fn tree(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let ending = path
            .extension()
            .and_then(|e| e.to_str())
            .unwrap_or_default();
        if path.is_dir() {
            files.extend(tree(&path)?);
        } else if ["flac", "mp3", "ogg", "opus", "wav"].contains(&ending) {
            files.push(path);
        }
    }
    Ok(files)
}

/// What is kept of a sitting between two runs.
#[derive(Serialize, Deserialize)]
struct Kept {
    label: String,
    sources: Vec<String>,
    levels: Vec<f32>,
    vbr: Vec<u16>,
    dtx: Vec<u16>,
}

/// Listens to every sitting, on so many threads. What was listened to is kept in `keep`, where one is
/// given, and taken from there by the next run.
pub fn hear(
    corpus: impl FnOnce() -> Result<(Corpus, Vec<String>), String>,
    plan: &Plan,
    threads: usize,
    keep: Option<&Path>,
) -> Result<Heard, String> {
    let file = keep.map(|folder| folder.join(format!("{}.json", name(plan))));
    if let Some(text) = file.as_ref().and_then(|f| fs::read_to_string(f).ok())
        && let Ok((kept, sources, left_out)) = serde_json::from_str::<(Vec<Kept>, _, _)>(&text)
    {
        return Ok(Heard {
            sittings: kept
                .iter()
                .map(|k| (k.label.clone(), k.sources.clone()))
                .collect(),
            heard: kept.iter().map(unkept).collect(),
            sources,
            left_out,
        });
    }
    let (corpus, left_out) = corpus()?;
    let sittings = corpus.sittings(plan);
    let part = |thread: usize| -> Result<Vec<(usize, Telemetered)>, String> {
        let own = sittings
            .iter()
            .enumerate()
            .skip(thread)
            .step_by(threads.max(1));
        own.map(|(i, sitting)| {
            let heard = corpus.listen(sitting, plan).map_err(|e| e.to_string())?;
            Ok((i, heard))
        })
        .collect()
    };
    let parts: Vec<Result<Vec<_>, String>> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads.max(1))
            .map(|thread| scope.spawn(move || part(thread)))
            .collect();
        running
            .into_iter()
            .map(|r| {
                r.join()
                    .unwrap_or_else(|_| Err("a thread ended early".to_owned()))
            })
            .collect()
    });
    let mut heard = Vec::new();
    for part in parts {
        heard.extend(part?);
    }
    heard.sort_by_key(|(i, _)| *i);
    let sources = corpus.labels().iter().map(|label| {
        let own = corpus.sounds().iter().filter(|s| s.label == *label);
        (label.clone(), own.count())
    });
    let heard = Heard {
        heard: heard.into_iter().map(|(_, heard)| heard).collect(),
        sources: sources.collect(),
        sittings: sittings
            .into_iter()
            .map(|Sitting { label, sources, .. }| (label, sources))
            .collect(),
        left_out,
    };
    if let Some(file) = file {
        let kept: Vec<Kept> = heard.sittings.iter().zip(&heard.heard).map(kept).collect();
        let text = serde_json::to_string(&(kept, &heard.sources, &heard.left_out));
        let text = text.map_err(|e| e.to_string())?;
        fs::write(&file, text).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(heard)
}

fn name(plan: &Plan) -> String {
    let Plan {
        sittings,
        rooms,
        seconds,
        opus_s,
        loudness,
        seed,
    } = plan;
    format!("heard-{sittings}-{rooms}-{seconds}-{opus_s}-{loudness:?}-{seed}")
}

fn kept(((label, sources), heard): (&(String, Vec<String>), &Telemetered)) -> Kept {
    let sizes = |values: &[f64]| values.iter().map(|v| *v as u16).collect();
    Kept {
        label: label.clone(),
        sources: sources.clone(),
        levels: heard.levels.iter().map(|v| *v as f32).collect(),
        vbr: sizes(&heard.vbr),
        dtx: sizes(&heard.dtx),
    }
}

fn unkept(kept: &Kept) -> Telemetered {
    Telemetered {
        levels: kept.levels.iter().map(|v| f64::from(*v)).collect(),
        vbr: kept.vbr.iter().map(|v| f64::from(*v)).collect(),
        dtx: kept.dtx.iter().map(|v| f64::from(*v)).collect(),
    }
}
