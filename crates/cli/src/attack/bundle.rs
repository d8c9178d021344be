//! What an attacker makes of what left while the generated activities of a session played.
//!
//! Labels are the coins of the two codes of the activities, drawn independently of everything that was
//! recorded. So where nothing that leaves depends on the microphone, the label of a block that was not
//! learnt from is a fair draw whatever the traffic does, and the accuracy is that of guessing.

use attack::classify::Settings;
use attack::evaluate::{carriers, evaluate};
use attack::{Channel, Features, Folds, Interval, Outcome, Series, Set};
use features::{Cut, Group, Missing, Session};
use record::{Activities, Library, Phase, Player, Protocol};
use stimulus::Seed;

use crate::fail::Fail;

/// The activities, by their two coins (pair, then one of it), as `stimulus` plays them.
const ACTIVITIES: [&str; 4] = ["speech", "clatter", "typing", "vacuum"];

/// Folds: with ninety blocks, seventy-two are learnt from.
const FOLDS: usize = 5;

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

/// What left, block by block of the activities, blind to what was played in them.
struct Left {
    blocks: Vec<features::Block>,
    columns: Vec<Channel>,
    /// Levels at the microphone.
    heard: Vec<Option<Vec<f64>>>,
    block_s: f64,
}

/// Learns from some blocks of the activities and names the others; nothing where nothing varied.
pub fn attack(session: &Session, seed: &Seed) -> Result<Option<Made>, Fail> {
    let (activities, cut) = cut(session)?;
    if let Some(library) = &session.manifest.library {
        return super::recorded::attack(session, seed, library, &cut);
    }
    let left = left(session, activities, cut);
    named(&left, &session.manifest.protocol, seed)
}

/// The blocks of the activities.
pub(super) fn cut(session: &Session) -> Result<(Activities, Cut), Fail> {
    let protocol = &session.manifest.protocol;
    let Some(activities) = protocol.activities else {
        let why = "no named activities were played in this session; `--profile full` plays them";
        return Err(Fail::text(why));
    };
    let steady = protocol.steady_blocks(Phase::Muted);
    let coded = protocol.coded_blocks(Phase::Muted);
    let (muted, _) = features::cut(session, Player::Mic).split_muted(steady);
    let (_, behind) = muted.split_muted(coded);
    let cut = behind.coarser(activities.every);
    match cut.blocks.is_empty() {
        true => Err(Fail::text("the session ended before its named activities")),
        false => Ok((activities, cut)),
    }
}

/// Length of a block of the activities, seconds.
pub(super) fn block_s(protocol: &Protocol, activities: Activities) -> f64 {
    f64::from(activities.every) * protocol.block_ns as f64 / 1e9
}

fn left(session: &Session, activities: Activities, cut: Cut) -> Left {
    let readings = features::readings(session);
    let features = features::features(session, &readings, &cut);
    let columns = features
        .series
        .iter()
        .filter(|s| matches!(s.group, Group::Egress | Group::PeerOutput))
        .filter_map(|s| column(&s.name, &s.values))
        .collect();
    Left {
        heard: features::heard_levels(session, &cut),
        blocks: cut.blocks,
        columns,
        block_s: block_s(&session.manifest.protocol, activities),
    }
}

/// Names what the key of `seed` says was played.
fn named(left: &Left, protocol: &Protocol, seed: &Seed) -> Result<Option<Made>, Fail> {
    let (columns, block_s) = (&left.columns, left.block_s);
    let drawn = stimulus::activities(seed, protocol, Player::Mic).unwrap_or_default();
    if columns.is_empty() {
        return Ok(None);
    }
    let mut blocks = Vec::new();
    let mut heard = Vec::new();
    for (i, block) in left.blocks.iter().enumerate() {
        let activity = drawn.get(block.index as usize);
        let Some(label) = activity.and_then(|a| ACTIVITIES.get(*a as usize)) else {
            continue;
        };
        // A report may come after what it is about: the next block's values are looked at as well.
        let channel = |late: usize| {
            let at = (i + late).min(left.blocks.len() - 1);
            columns.iter().map(move |column| Channel {
                name: match late {
                    0 => column.name.clone(),
                    _ => format!("a block later: {}", column.name),
                },
                values: vec![column.values[at]],
            })
        };
        let channels = channel(0).chain(channel(1)).collect();
        let source = format!("block {}", block.index);
        let series = Series::new(label, &[&source], block_s, 1.0, channels);
        blocks.push(series.map_err(Fail::text)?);
        heard.extend(study_kind(
            left.heard[i].as_deref(),
            label,
            &source,
            block_s,
        ));
    }
    let windows = attack::features::of(&blocks, block_s, 1, Set::Plain);
    let windows = windows.map_err(Fail::text)?;
    let said = said(&blocks, &heard, &windows, false)?;
    Ok(Some(Made {
        series: columns.len(),
        ..said
    }))
}

/// What an attacker says of blocks by their `windows`, one each, and by `heard`, which is of the same
/// blocks where there is no hole in it.
pub(super) fn said(
    blocks: &[Series],
    heard: &[Series],
    windows: &Features,
    calibrated: bool,
) -> Result<Made, Fail> {
    let block_s = windows.window_s;
    let made = || -> Result<Made, attack::Error> {
        let settings = Settings::default();
        let folds = Folds::by_source(blocks, FOLDS, 1)?;
        let study_kind = (heard.len() == blocks.len()).then(|| {
            let windows = attack::features::of(heard, block_s, 1, Set::Plain)?;
            Ok::<_, attack::Error>(evaluate(&windows, &folds, settings, false)?.accuracy())
        });
        Ok(Made {
            outcome: evaluate(windows, &folds, settings, calibrated)?,
            carriers: carriers(windows, &folds, settings)?,
            series: blocks.first().map_or(0, |b| b.channels().len()),
            block_s,
            study_kind: study_kind.transpose()?,
            library: None,
        })
    };
    made().map_err(Fail::text)
}

/// What telemetry of the study's kind says of a block, whole decibels; nothing where the recorder had a
/// hole.
pub(super) fn study_kind(
    levels: Option<&[f64]>,
    label: &str,
    source: &str,
    block_s: f64,
) -> Option<Series> {
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

/// The values with something in the place of those that are missing: where there was nothing to take a
/// value of, that is a value too (below all others); what observers lost, an attacker may have seen, and
/// we say the median. Nothing where no block has a value.
fn column(name: &str, values: &[Result<f64, Missing>]) -> Option<Channel> {
    let mut known: Vec<f64> = values.iter().filter_map(|v| v.ok()).collect();
    known.sort_unstable_by(f64::total_cmp);
    let (low, high) = (*known.first()?, *known.last()?);
    let median = known[known.len() / 2];
    let filled = values.iter().map(|value| match value {
        Ok(value) => *value,
        Err(Missing::NoData) => low - (high - low).max(1.0),
        Err(Missing::Lost | Missing::NotWatched) => median,
    });
    Some(Channel {
        name: name.to_owned(),
        values: filled.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use simulate::{Microphone, Sends, scene};

    fn made(number: u64, sends: Sends) -> Option<Made> {
        let recording = scene(number)
            .blocks(5, 10)
            .activities(60)
            .muted(sends, Microphone::Running)
            .record();
        let packets = recording.wire_packets();
        let session = Session {
            manifest: &recording.manifest,
            records: &recording.records,
            packets: &packets,
            keys: None,
        };
        attack(&session, &recording.seed).unwrap_or_else(|_| panic!("refused"))
    }

    /// Sizes that follow the loudness tell which of four it was.
    #[test]
    fn a_leak_of_levels_gives_the_activities_away() {
        let made = made(1, Sends::Level).expect("something left");
        let accuracy = made.outcome.accuracy();
        assert!(accuracy.low > 0.5, "{accuracy:?}");
        assert_eq!(made.outcome.windows(), 60);
        assert!(
            made.outcome
                .classes
                .iter()
                .all(|c| ACTIVITIES.contains(&&**c))
        );
    }

    /// One session in twenty may miss chance; coins that were never played stand for other sessions.
    #[test]
    fn traffic_that_follows_nothing_gives_nothing_away() {
        let recording = scene(2)
            .blocks(5, 10)
            .activities(60)
            .muted(Sends::Drift, Microphone::Running)
            .record();
        let packets = recording.wire_packets();
        let session = Session {
            manifest: &recording.manifest,
            records: &recording.records,
            packets: &packets,
            keys: None,
        };
        let (activities, cut) = cut(&session).unwrap_or_else(|_| panic!("refused"));
        let left = left(&session, activities, cut);
        let said: Vec<_> = (0..24u8)
            .map(|n| {
                let named = named(&left, &recording.manifest.protocol, &Seed([n; 32]));
                let made = named.unwrap_or_else(|_| panic!("refused"));
                made.expect("something left").outcome.accuracy()
            })
            .collect();
        let mean = said.iter().map(|a| a.value).sum::<f64>() / 24.0;
        let held = said.iter().filter(|a| a.contains(0.25)).count();
        println!("mean {mean:.3}, {held} of 24 contain chance");
        assert!((mean - 0.25).abs() < 0.04, "{mean}");
        assert!(held >= 20, "{held} of 24");
    }

    #[test]
    fn without_activities_there_is_nothing_to_name() {
        let recording = scene(3).blocks(5, 10).record();
        let packets = recording.wire_packets();
        let session = Session {
            manifest: &recording.manifest,
            records: &recording.records,
            packets: &packets,
            keys: None,
        };
        let Err(Fail::Text(why)) = attack(&session, &recording.seed) else {
            panic!("it was attacked");
        };
        assert!(why.contains("--profile full"), "{why}");
    }
}
