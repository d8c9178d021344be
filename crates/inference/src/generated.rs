//! Generated activities: their labels are the coins of two codes.

use attack::{Channel, Series, Set};
use features::{Group, Missing, Segmentation, Session, Trace};
use record::{Activities, Player, Protocol};
use stimulus::Seed;

use crate::{Error, Made, block_s, said, study_kind};

/// The activities, by their two coins (pair, then one of it), as `stimulus` plays them.
const ACTIVITIES: [&str; 4] = ["speech", "clatter", "typing", "vacuum"];

/// What left, block by block of the activities, blind to what was played in them.
struct Left {
    blocks: Vec<features::Block>,
    columns: Vec<Channel>,
    /// Levels at the microphone.
    heard: Vec<Option<Vec<f64>>>,
    block_s: f64,
}

/// Learns from some blocks of the activities and names the others; nothing where nothing varied.
pub(crate) fn attack(
    session: &Session,
    seed: &Seed,
    activities: Activities,
    segmentation: Segmentation,
) -> Result<Option<Made>, Error> {
    let left = left(session, activities, segmentation);
    named(&left, &session.manifest.protocol, seed)
}

fn left(session: &Session, activities: Activities, segmentation: Segmentation) -> Left {
    let trace = Trace::new(session);
    let readings = features::readings(&trace);
    let features = features::features(&trace, &readings, &segmentation);
    let columns = features
        .series
        .iter()
        .filter(|s| matches!(s.group, Group::Egress | Group::PeerOutput))
        .filter_map(|s| column(&s.name, &s.values))
        .collect();
    Left {
        heard: features::heard_levels(session, &segmentation),
        blocks: segmentation.blocks,
        columns,
        block_s: block_s(&session.manifest.protocol, activities),
    }
}

/// Names what the key of `seed` says was played.
fn named(left: &Left, protocol: &Protocol, seed: &Seed) -> Result<Option<Made>, Error> {
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
        blocks.push(series?);
        heard.extend(study_kind(
            left.heard[i].as_deref(),
            label,
            &source,
            block_s,
        ));
    }
    let windows = attack::features::of(&blocks, block_s, 1, Set::Plain)?;
    let said = said(&blocks, &heard, &windows, false)?;
    Ok(Some(Made {
        series: columns.len(),
        ..said
    }))
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
    use simulate::{Microphone, Scene, Sends, scene};

    fn activities(number: u64, sends: Sends) -> Scene {
        scene(number)
            .blocks(5, 10)
            .activities(60)
            .muted(sends, Microphone::Running)
    }

    fn on<T>(scene: Scene, ask: impl FnOnce(&Session, &Seed) -> T) -> T {
        let recording = scene.record();
        let session = Session {
            manifest: &recording.manifest,
            records: &recording.records,
            packets: &recording.wire_packets(),
            keys: None,
        };
        ask(&session, &recording.seed)
    }

    /// Sizes that follow the loudness tell which of four it was.
    #[test]
    fn a_leak_of_levels_gives_the_activities_away() {
        let made = on(activities(1, Sends::Level), crate::attack).unwrap();
        let made = made.expect("something left");
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
        let said = on(activities(2, Sends::Drift), |session, _| {
            let (activities, segmentation) = crate::segment(session).unwrap();
            let left = left(session, activities, segmentation);
            let named = |n: u8| {
                let named = named(&left, &session.manifest.protocol, &Seed([n; 32]));
                named.unwrap().expect("something left").outcome.accuracy()
            };
            (0..24).map(named).collect::<Vec<_>>()
        });
        let mean = said.iter().map(|a| a.value).sum::<f64>() / 24.0;
        let held = said.iter().filter(|a| a.contains(0.25)).count();
        println!("mean {mean:.3}, {held} of 24 contain chance");
        assert!((mean - 0.25).abs() < 0.04, "{mean}");
        assert!(held >= 20, "{held} of 24");
    }

    #[test]
    fn without_activities_there_is_nothing_to_name() {
        let Err(why) = on(scene(3).blocks(5, 10), crate::attack) else {
            panic!("it was attacked");
        };
        assert!(matches!(why, Error::NoActivities), "{why}");
    }
}
