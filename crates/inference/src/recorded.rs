//! What an attacker makes of what left while recordings of a library played.
//!
//! What was drawn for a stretch is a label; the recordings take turns within it. The attacker learns from
//! stretches of some recordings and names those of others ([`Folds`]), so that no recording stands on both
//! sides. Labels are a fair draw, independent of everything that was recorded: where nothing that leaves
//! depends on the microphone, naming them is guessing, whatever the traffic does.
//!
//! [`Folds`]: attack::Folds

use std::collections::BTreeMap;

use attack::{Channel, Series, Set};
use features::{Block, Group, Kind, Segmentation, Session, Trace};
use record::{Body, Library, MonotonicNs, Player, Span};
use stimulus::Seed;

use crate::{Error, Made, block_s, said, study_kind};

/// Values a second that are made of what left: one for each packet of an ordinary call.
const PARTS_S: f64 = 50.0;

/// Channels that the attacker looks at: those that go together within a stretch by so much more than over
/// its edges, but one at least, and so many at most.
const STEADY: f64 = 0.5;
const MOST: usize = 3;

/// What left during one stretch.
struct Segment {
    number: u32,
    label: String,
    recording: String,
    channels: Vec<Channel>,
    heard: Option<Vec<f64>>,
}

/// Learns from stretches of some recordings and names others; nothing where nothing varied.
pub(crate) fn attack(
    session: &Session,
    seed: &Seed,
    library: &Library,
    segmentation: &Segmentation,
) -> Result<Option<Made>, Error> {
    let protocol = &session.manifest.protocol;
    let drawn = stimulus::activities(seed, protocol, Player::Mic).unwrap_or_default();
    let (stretches, series) = stretches(session, segmentation);
    for stretch in &stretches {
        let activity = drawn.get(stretch.number as usize);
        let label = activity.and_then(|a| library.labels.get(*a as usize));
        if label.is_none_or(|label| label.name != stretch.label) {
            return Err(Error::NotDrawn {
                stretch: stretch.number,
                played: stretch.label.clone(),
            });
        }
    }
    let made = named(&stretches, library, session)?;
    Ok(made.map(|made| Made { series, ..made }))
}

fn named(
    stretches: &[Segment],
    library: &Library,
    session: &Session,
) -> Result<Option<Made>, Error> {
    let protocol = &session.manifest.protocol;
    let Some(activities) = protocol.activities else {
        return Ok(None);
    };
    if stretches.first().is_none_or(|s| s.channels.is_empty()) {
        return Ok(None);
    }
    let block_s = block_s(protocol, activities);
    let (mut blocks, mut heard) = (Vec::new(), Vec::new());
    for stretch in stretches {
        let (label, recording) = (&*stretch.label, &*stretch.recording);
        let channels = stretch.channels.clone();
        let every_s = block_s / stretch.channels[0].values.len() as f64;
        let series = Series::new(label, &[recording], every_s, 1.0, channels);
        blocks.push(series?);
        let levels = stretch.heard.as_deref();
        heard.extend(study_kind(levels, label, recording, block_s));
    }
    let windows = attack::features::of(&blocks, block_s, 1, Set::Full)?;
    Ok(Some(Made {
        library: Some(library.clone()),
        ..said(&blocks, &heard, &windows, true)?
    }))
}

/// Of all channels those that say something of a stretch. With few stretches, channels that are noise
/// would drown the others. What wanders with the time of day, such as the jitter of a busy machine, goes
/// together over the edge between two stretches as well as within one; what follows the sound does not.
/// The choice is made without labels, so that it cannot favour any.
fn steady(channels: &mut Vec<Channel>, parts: usize) {
    let half = (parts / 2).max(1);
    let score = |channel: &Channel| {
        let halves: Vec<[f64; 3]> = channel.values.chunks_exact(half).map(summary).collect();
        let score = |which: usize| {
            let together = |first: usize| {
                let pairs = halves[first.min(halves.len())..].chunks_exact(2);
                together(pairs.map(|pair| (pair[0][which], pair[1][which])))
            };
            together(0) - together(1)
        };
        (0..3).map(score).fold(f64::NEG_INFINITY, f64::max)
    };
    let mut scored: Vec<(f64, Channel)> = channels.drain(..).map(|c| (score(&c), c)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let enough = scored.iter().take_while(|(score, _)| *score >= STEADY);
    let enough = enough.count().clamp(1, MOST);
    channels.extend(scored.into_iter().take(enough).map(|(_, channel)| channel));
}

/// Mean, spread and mean jump of some values.
fn summary(values: &[f64]) -> [f64; 3] {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    let jumps = values.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    [mean, spread, jumps.sum::<f64>() / n]
}

/// The correlation of two values; 0 where one of them does not vary.
fn together(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let n = pairs.clone().count() as f64;
    let mean = |value: fn((f64, f64)) -> f64| pairs.clone().map(value).sum::<f64>() / n;
    let (a, b) = (mean(|p| p.0), mean(|p| p.1));
    let sums = pairs.clone().fold([0.0; 3], |[ab, aa, bb], (x, y)| {
        let (x, y) = (x - a, y - b);
        [ab + x * y, aa + x * x, bb + y * y]
    });
    let r = sums[0] / (sums[1] * sums[2]).sqrt();
    if r.is_finite() { r } else { 0.0 }
}

/// What left in each stretch of which it is known what played,
/// with how many series of numbers there were before some were chosen.
fn stretches(session: &Session, segmentation: &Segmentation) -> (Vec<Segment>, usize) {
    let played: BTreeMap<u32, (&str, &str)> = session
        .records
        .iter()
        .filter_map(|record| match &record.body {
            Body::Recording {
                stretch,
                label,
                recording,
                ..
            } => Some((*stretch, (&**label, &**recording))),
            _ => None,
        })
        .collect();
    let known = |block: &&Block| played.contains_key(&block.index);
    let blocks: Vec<Block> = segmentation.blocks.iter().filter(known).copied().collect();
    let whole = Segmentation {
        blocks: blocks.clone(),
        ..Segmentation::default()
    };
    let heard = features::heard_levels(session, &whole);
    let longest = blocks.iter().map(|b| b.span.seconds()).fold(0.0, f64::max);
    // Two halves of as many.
    let parts = ((longest * PARTS_S / 2.0).round() as usize).max(1) * 2;
    let fine = fine(&blocks, parts);
    let trace = Trace::new(session);
    let readings = features::readings(&trace);
    let features = features::features(&trace, &readings, &fine);
    let mut columns: Vec<Channel> = features
        .series
        .iter()
        .filter(|s| matches!(s.group, Group::Egress | Group::PeerOutput))
        .filter(|s| s.kind == Kind::Number)
        .filter_map(|s| standard(&s.name, s.values.iter().map(|v| v.ok())))
        .collect();
    let series = columns.len();
    steady(&mut columns, parts);
    let stretch = |(i, (block, heard)): (usize, (&Block, Option<Vec<f64>>))| {
        let (label, recording) = played.get(&block.index).copied().unwrap_or_default();
        Segment {
            number: block.index,
            label: label.to_owned(),
            recording: recording.to_owned(),
            channels: columns
                .iter()
                .map(|column| Channel {
                    name: column.name.clone(),
                    values: column.values[i * parts..(i + 1) * parts].to_vec(),
                })
                .collect(),
            heard,
        }
    };
    let all = blocks.iter().zip(heard).enumerate();
    (all.map(stretch).collect(), series)
}

/// Each block in so many parts.
fn fine(blocks: &[Block], parts: usize) -> Segmentation {
    let part = |block: &Block, k: usize| {
        let Span { from, to } = block.span;
        let ns = to.0.saturating_sub(from.0);
        let edge =
            |k: usize| MonotonicNs(from.0 + (u128::from(ns) * k as u128 / parts as u128) as u64);
        Block {
            span: Span {
                from: edge(k),
                to: edge(k + 1),
            },
            index: block.index * parts as u32 + k as u32,
            phase: block.phase,
        }
    };
    let all = blocks.iter();
    Segmentation {
        blocks: all
            .flat_map(|block| (0..parts).map(move |k| part(block, k)))
            .collect(),
        ..Segmentation::default()
    }
}

/// The values about their mean, in standard deviations: channels of one series are of different units.
/// What is missing stays as it was before; nothing for a channel that does not vary.
fn standard(name: &str, values: impl Iterator<Item = Option<f64>> + Clone) -> Option<Channel> {
    let known = || values.clone().flatten();
    let n = known().count() as f64;
    let mean = known().sum::<f64>() / n;
    let deviation = (known().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
    if !(deviation.is_finite() && deviation > 0.0) {
        return None;
    }
    let mut last = 0.0;
    let filled = values.map(|value| {
        last = value.map_or(last, |v| (v - mean) / deviation);
        last
    });
    Some(Channel {
        name: name.to_owned(),
        values: filled.collect(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use record::{Protocol, Record, Source};
    use simulate::{Microphone, Recording, Sends, scene};
    use sounds::Recorded;
    use stimulus::Recordings;

    use super::*;

    /// The synthetic sounds as a library, for as long as its folder is there.
    fn opened() -> (tempfile::TempDir, Recorded) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("sounds");
        sounds::synthetic(&folder, 1).unwrap();
        let recorded = Recorded::open(&folder).unwrap();
        (place, recorded)
    }

    /// The same without its folder: what is drawn of it.
    fn library() -> &'static Recorded {
        static LIBRARY: OnceLock<Recorded> = OnceLock::new();
        LIBRARY.get_or_init(|| opened().1)
    }

    fn make(seed: &Seed, protocol: &Protocol, player: Player) -> Box<dyn Recordings> {
        let (_place, library) = opened();
        Box::new(library.made(seed, protocol, player, |_, _| ()).unwrap())
    }

    fn recorded(number: u64, sends: Sends) -> Recording {
        let mut recording = scene(number)
            .blocks(5, 10)
            .activities(60)
            .recordings(6, make)
            .muted(sends, Microphone::Running)
            .record();
        let protocol = &recording.manifest.protocol;
        let drawn = library().drawn(&recording.seed, protocol, Player::Mic);
        for (stretch, drawn) in (0..).zip(drawn) {
            recording.records.push(Record {
                t: MonotonicNs(0),
                source: Source::Player,
                seq: 0,
                body: Body::Recording {
                    stretch,
                    label: drawn.label.clone(),
                    recording: drawn.source.clone(),
                    sha256: drawn.sha256.clone(),
                },
            });
        }
        recording.manifest.library = Some(library().manifest());
        recording
    }

    fn on<R>(recording: &Recording, f: impl FnOnce(&Session) -> R) -> R {
        let packets = recording.wire_packets();
        f(&Session {
            manifest: &recording.manifest,
            records: &recording.records,
            packets: &packets,
            keys: None,
        })
    }

    fn made(recording: &Recording) -> Result<Option<Made>, Error> {
        on(recording, |session| crate::attack(session, &recording.seed))
    }

    /// Sizes that follow the loudness name recordings that were never heard.
    #[test]
    fn a_leak_of_levels_names_unheard_recordings() {
        let made = made(&recorded(81, Sends::Level)).unwrap();
        let made = made.expect("something left");
        let accuracy = made.outcome.accuracy();
        println!("{accuracy:?}, {:?}", made.study_kind);
        assert!(accuracy.low > 1.0 / 6.0, "{accuracy:?}");
        assert_eq!(
            (made.outcome.windows(), made.outcome.classes.len()),
            (60, 6)
        );
        assert_eq!(made.outcome.clusters(), 48);
        assert!(made.study_kind.is_some());
    }

    /// Traffic that follows nothing, with labels of other sessions laid over it: the same recordings in
    /// another order.
    #[test]
    fn traffic_that_follows_nothing_names_nothing() {
        let recording = recorded(82, Sends::Drift);
        let protocol = &recording.manifest.protocol;
        let segmentation = on(&recording, |session| crate::segment(session).unwrap());
        let (mut stretches, _) = on(&recording, |session| stretches(session, &segmentation.1));
        let said: Vec<_> = (0..24u8)
            .map(|n| {
                let drawn = library().drawn(&Seed([n; 32]), protocol, Player::Mic);
                for (stretch, drawn) in stretches.iter_mut().zip(drawn) {
                    stretch.label.clone_from(&drawn.label);
                    stretch.recording.clone_from(&drawn.source);
                }
                let named = on(&recording, |session| {
                    named(&stretches, &library().manifest(), session)
                });
                named.unwrap().expect("something left").outcome.accuracy()
            })
            .collect();
        let mean = said.iter().map(|a| a.value).sum::<f64>() / 24.0;
        let held = said.iter().filter(|a| a.contains(1.0 / 6.0)).count();
        println!("mean {mean:.3}, {held} of 24 contain chance");
        assert!((mean - 1.0 / 6.0).abs() < 0.04, "{mean}");
        assert!(held >= 20, "{held} of 24");
    }

    /// What played is a fact; a label that the seed did not draw is no fair draw.
    #[test]
    fn a_label_that_was_not_drawn_is_refused() {
        let mut recording = recorded(83, Sends::KeepAlive);
        for record in &mut recording.records {
            if let Body::Recording {
                stretch: 4, label, ..
            } = &mut record.body
            {
                *label = "yodelling".to_owned();
            }
        }
        let Err(why) = made(&recording).map_err(|e| e.to_string()) else {
            panic!("it was attacked");
        };
        assert!(why.contains("stretch 4 played `yodelling`"), "{why}");
    }

    /// Only what played is known of: a session that ended early has too few of something, or none at all.
    #[test]
    fn stretches_that_did_not_play_are_none() {
        let mut recording = recorded(84, Sends::Level);
        recording.records.retain(
            |record| !matches!(record.body, Body::Recording { stretch, .. } if stretch > 2),
        );
        let Err(why) = made(&recording).map_err(|e| e.to_string()) else {
            panic!("it was attacked");
        };
        assert!(why.contains("class") && !why.contains('\n'), "{why}");
    }
}
