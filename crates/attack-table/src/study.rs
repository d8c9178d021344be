//! The study's own telemetry: one video left out, all others learnt from.

use std::fs;
use std::path::Path;

use attack::classify::Settings;
use attack::evaluate::{evaluate, window_split};
use attack::{Channel, Folds, Interval, Outcome, Series, Set, features};
use serde::Deserialize;

use crate::table::SEED;

/// The page's windows, minutes.
pub const WINDOWS: [f64; 3] = [1.0, 3.0, 7.0];

/// What a client's level means: larger is quieter in the file, louder here.
#[derive(Deserialize)]
struct Recording {
    sound: String,
    activity: Option<String>,
    max: Vec<f64>,
    mean: Vec<f64>,
    min: Vec<f64>,
}

/// Accuracy by window.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Window in minutes, what was said, and what a split by window claims.
    pub rows: Vec<(f64, Outcome, f64)>,
    /// Activities that only one video has: they cannot be tried on an unheard one.
    pub left_out: Vec<String>,
    /// Videos, recordings of them.
    pub counts: (usize, usize),
}

impl Study {
    /// Accuracy of one window.
    pub fn accuracy(&self, minutes: f64) -> Option<Interval> {
        let row = self.rows.iter().find(|(m, ..)| *m == minutes);
        row.map(|(_, outcome, _)| outcome.accuracy())
    }
}

/// Reads the recordings at all distances; a video at any distance is one source.
pub fn study(data: &Path, windows: &[f64], trees: usize) -> Result<Study, String> {
    let folder = data.join("webex-telemetry");
    let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.retain(|p| {
        p.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with("gains-new-"))
    });
    paths.sort();
    let mut recordings: Vec<Recording> = Vec::new();
    for path in &paths {
        let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let read: Vec<Recording> =
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        recordings.extend(read);
    }
    let labelled = |r: &Recording| r.activity.clone().or_else(|| by_name(&r.sound));
    let mut series = Vec::new();
    for recording in &recordings {
        let Some(label) = labelled(recording) else {
            continue;
        };
        let channel = |name: &str, values: &[f64]| Channel {
            name: name.to_owned(),
            values: values.iter().map(|v| -v).collect(),
        };
        let channels = vec![
            channel("min", &recording.max),
            channel("mean", &recording.mean),
            channel("max", &recording.min),
        ];
        let one = Series::new(&label, &[&recording.sound], 60.0, 6.0, channels);
        series.push(one.map_err(|e| e.to_string())?);
    }
    let videos = |label: &str| {
        let own = series.iter().filter(|s| s.label() == label);
        let mut all: Vec<&str> = own.map(|s| &*s.sources()[0]).collect();
        all.sort_unstable();
        all.dedup();
        all.len()
    };
    let mut labels: Vec<String> = series.iter().map(|s| s.label().to_owned()).collect();
    labels.sort();
    labels.dedup();
    let (kept, left_out): (Vec<String>, Vec<String>) =
        labels.into_iter().partition(|label| videos(label) >= 2);
    let sources = kept.iter().map(|label| videos(label)).sum();
    series.retain(|s| kept.iter().any(|label| label == s.label()));
    let folds = Folds::leave_one_out(&series).map_err(|e| e.to_string())?;
    let settings = Settings {
        trees,
        seed: SEED,
        ..Settings::default()
    };
    let mut rows = Vec::new();
    for &minutes in windows {
        let all = features::of(&series, minutes * 60.0, usize::MAX, Set::Full);
        let all = all.map_err(|e| e.to_string())?;
        let said = evaluate(&all, &folds, settings, false).map_err(|e| e.to_string())?;
        let claimed = window_split(&all, &folds, settings).map_err(|e| e.to_string())?;
        rows.push((minutes, said, claimed.claimed));
    }
    Ok(Study {
        rows,
        left_out,
        counts: (sources, series.len()),
    })
}

/// The activity of the recordings whose label is missing in the files, by the video's name.
fn by_name(sound: &str) -> Option<String> {
    let known = [
        ("key_board", "kbd"),
        ("punk_music", "music"),
        ("classical", "music"),
    ];
    let found = known.iter().find(|(name, _)| sound.starts_with(name));
    found.map(|(_, label)| (*label).to_owned())
}
