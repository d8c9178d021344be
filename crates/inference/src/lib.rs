//! What an attacker makes of what left while the named activities of a session played.
//!
//! What was drawn for each of them is independent of everything that was recorded. So where nothing that
//! leaves depends on the microphone, naming an activity that was not learnt from is guessing, whatever
//! the traffic does. A pure function of the session's facts and its seed; it judges nothing.
#![forbid(unsafe_code)]

mod generated;
mod recorded;

use attack::classify::Settings;
use attack::evaluate::{carriers, evaluate};
use attack::{Channel, Features, Folds, Interval, Outcome, Series, Set};
use features::{Segmentation, Session};
use record::{Activities, Library, Phase, Player, Protocol};
use stimulus::Seed;
use thiserror::Error;

/// Folds: with ninety blocks, seventy-two are learnt from.
const FOLDS: usize = 5;

/// Why a session says nothing about activities.
#[derive(Debug, Error)]
pub enum Error {
    /// Its profile has none.
    #[error("no named activities were played in this session; `--profile full` plays them")]
    NoActivities,
    /// It did not come to them.
    #[error("the session ended before its named activities")]
    Ended,
    /// What played is not what was drawn.
    #[error(
        "stretch {stretch} played `{played}`, which the seed did not draw: its labels are no fair draw"
    )]
    NotDrawn {
        /// Number of the stretch.
        stretch: u32,
        /// The label that played.
        played: String,
    },
    /// Too few of something to learn from.
    #[error(transparent)]
    Attack(#[from] attack::Error),
}

/// What was made of a session.
pub struct Made {
    /// What was said of the blocks.
    pub outcome: Outcome,
    /// What carries it, most first.
    pub carriers: Vec<(String, f64)>,
    /// Series of numbers that left.
    pub series: usize,
    /// Length of a block, seconds.
    pub block_s: f64,
    /// What the lowest, mean and highest level at the microphone would have given in the same blocks;
    /// `None` where the recorder had a hole.
    pub study_kind: Option<Interval>,
    /// The library whose recordings were played; `None` where the activities were generated.
    pub library: Option<Library>,
}

/// Learns from some of the activities and names the others; nothing where nothing that left varied.
pub fn attack(session: &Session, seed: &Seed) -> Result<Option<Made>, Error> {
    let (activities, segmentation) = segment(session)?;
    match &session.manifest.library {
        Some(library) => recorded::attack(session, seed, library, &segmentation),
        None => generated::attack(session, seed, activities, segmentation),
    }
}

/// The blocks of the activities.
fn segment(session: &Session) -> Result<(Activities, Segmentation), Error> {
    let protocol = &session.manifest.protocol;
    let activities = protocol.activities.ok_or(Error::NoActivities)?;
    let steady = protocol.steady_blocks(Phase::Muted);
    let coded = protocol.coded_blocks(Phase::Muted);
    let (muted, _) = features::segment(session, Player::Mic).split_muted(steady);
    let (_, behind) = muted.split_muted(coded);
    let segmentation = behind.coarser(activities.every);
    match segmentation.blocks.is_empty() {
        true => Err(Error::Ended),
        false => Ok((activities, segmentation)),
    }
}

/// Length of a block of the activities, seconds.
fn block_s(protocol: &Protocol, activities: Activities) -> f64 {
    f64::from(activities.every) * protocol.block_ns as f64 / 1e9
}

/// What an attacker says of blocks by their `windows`, one each, and by `heard`, which is of the same
/// blocks where there is no hole in it.
fn said(
    blocks: &[Series],
    heard: &[Series],
    windows: &Features,
    calibrated: bool,
) -> Result<Made, Error> {
    let block_s = windows.window_s;
    let settings = Settings::default();
    let folds = Folds::by_source(blocks, FOLDS, 1)?;
    let study_kind = (heard.len() == blocks.len()).then(|| {
        let windows = attack::features::of(heard, block_s, 1, Set::Plain)?;
        Ok::<_, Error>(evaluate(&windows, &folds, settings, false)?.accuracy())
    });
    Ok(Made {
        outcome: evaluate(windows, &folds, settings, calibrated)?,
        carriers: carriers(windows, &folds, settings)?,
        series: blocks.first().map_or(0, |b| b.channels().len()),
        block_s,
        study_kind: study_kind.transpose()?,
        library: None,
    })
}

/// What telemetry of the study's kind says of a block, whole decibels; nothing where the recorder had a
/// hole.
fn study_kind(levels: Option<&[f64]>, label: &str, source: &str, block_s: f64) -> Option<Series> {
    let levels = levels?;
    let mean = levels.iter().sum::<f64>() / levels.len() as f64;
    let lowest = levels.iter().copied().fold(f64::INFINITY, f64::min);
    let highest = levels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let channel = |(name, value): (&str, f64)| Channel {
        name: name.to_owned(),
        values: vec![value.round()],
    };
    let channels = [("lowest", lowest), ("mean", mean), ("highest", highest)].map(channel);
    Series::new(label, &[source], block_s, 1.0, channels.into()).ok()
}
