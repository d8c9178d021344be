//! What is measured: errors of comparisons, exports made of the pool, voices counted, chances held to.

use std::collections::BTreeMap;

use dice::Dice;
use voices::{Clip, Judged, Owner, Said, judge};

use crate::calibrate::{cosine, voiced};
use crate::places::Place;
use crate::pool::{Item, LENGTHS};

/// Draws for an interval.
const RESAMPLED: usize = 200;

/// A figure and its interval of 95 %, over speakers.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    /// The figure.
    pub value: f64,
    /// The interval.
    pub interval: (f64, f64),
}

/// Scores of one owner against everybody.
struct Scores {
    own: Vec<f64>,
    /// By foreign speaker.
    others: BTreeMap<usize, Vec<f64>>,
}

/// Equal error rate of clips of one length in one place, against an owner who is known by clips of other
/// recordings than the one that a clip is cut from.
pub fn equal_error(pool: &[Item], owners: &[usize], place: Place, length: usize) -> Figure {
    let scores: Vec<Scores> = owners
        .iter()
        .map(|&owner| {
            let own: Vec<&Item> = pool
                .iter()
                .filter(|i| i.speaker == owner && i.place == place)
                .collect();
            let known = |without: Option<usize>| {
                let mut sum = [0.0f32; voices::DIMENSIONS];
                let each = own.iter().filter(|item| Some(item.utterance) != without);
                for (unit, speech) in each.flat_map(|item| voiced(item)) {
                    if speech >= 1.0 {
                        sum.iter_mut().zip(unit).for_each(|(sum, v)| *sum += v);
                    }
                }
                sum
            };
            let of = |item: &&Item| item.length == length && item.place == place;
            let mut scores = Scores {
                own: Vec::new(),
                others: BTreeMap::new(),
            };
            for item in own.iter().copied().filter(of) {
                let sum = known(Some(item.utterance));
                scores
                    .own
                    .extend(first(item).map(|unit| cosine(&sum, &unit)));
            }
            let sum = known(None);
            for item in pool
                .iter()
                .filter(|i| !owners.contains(&i.speaker))
                .filter(of)
            {
                let score = first(item).map(|unit| cosine(&sum, &unit));
                scores.others.entry(item.speaker).or_default().extend(score);
            }
            scores
        })
        .collect();
    let all = |owners: &[usize], weight: &dyn Fn(usize) -> usize| {
        let own = owners
            .iter()
            .flat_map(|o| scores[*o].own.iter().copied())
            .collect();
        let others = owners.iter().flat_map(|o| {
            let each = scores[*o].others.iter();
            each.flat_map(|(speaker, of)| {
                of.iter().copied().cycle().take(of.len() * weight(*speaker))
            })
        });
        rate(own, others.collect())
    };
    let every: Vec<usize> = (0..owners.len()).collect();
    let value = all(&every, &|_| 1);
    let mut dice = Dice::new(11, length as u64, place as u64);
    let last = pool.iter().map(|item| item.speaker).max().unwrap_or(0);
    let mut resampled: Vec<f64> = (0..RESAMPLED)
        .map(|_| {
            let owners: Vec<usize> = every.iter().map(|_| dice.below(every.len())).collect();
            let mut weights = vec![0; last + 1];
            (0..=last).for_each(|_| weights[dice.below(last + 1)] += 1);
            all(&owners, &|speaker| weights[speaker])
        })
        .collect();
    resampled.sort_by(f64::total_cmp);
    Figure {
        value,
        interval: (
            resampled[RESAMPLED / 40],
            resampled[RESAMPLED - 1 - RESAMPLED / 40],
        ),
    }
}

/// The direction of the longest piece.
fn first(item: &Item) -> Option<[f32; voices::DIMENSIONS]> {
    let pieces = voiced(item);
    pieces
        .into_iter()
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(unit, _)| unit)
}

/// Where as many own clips are below as other ones are above.
fn rate(mut own: Vec<f64>, mut others: Vec<f64>) -> f64 {
    own.sort_by(f64::total_cmp);
    others.sort_by(f64::total_cmp);
    let mut best = (f64::INFINITY, 0.0);
    for (i, score) in own.iter().enumerate() {
        let rejected = i as f64 / own.len() as f64;
        let above = others.len() - others.partition_point(|other| other < score);
        let accepted = above as f64 / others.len().max(1) as f64;
        let off = (rejected - accepted).abs();
        if off < best.0 {
            best = (off, (rejected + accepted) / 2.0);
        }
    }
    best.1
}

/// A decided clip: what was said of it, and what is true.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// The chance.
    pub chance: f64,
    /// Whether it is foreign.
    pub foreign: bool,
    /// Number of the clip in the pool, and whose export it was drawn for: what is drawn twice is one clip where
    /// it matters how many there are.
    pub clip: (usize, usize),
}

/// The interval of Wilson, 95 %, for a share that was found among `n`.
pub fn wilson(share: f64, n: usize) -> (f64, f64) {
    let (n, z) = (n.max(1) as f64, 1.959_964);
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// An export that was made, and what is said of it.
pub struct Drawn {
    /// Whether each clip is foreign.
    pub foreign: Vec<bool>,
    /// What is said.
    pub judged: Judged,
}

impl Drawn {
    /// Judges clips of whom it is known whose they are.
    pub fn new(clips: &[(&Item, bool)], owner: &Owner) -> Drawn {
        let each = clips.iter().map(|(item, _)| Clip {
            heard: &item.heard,
            speaker: None,
        });
        let heard: Vec<Clip> = each.collect();
        Drawn {
            foreign: clips.iter().map(|(_, foreign)| *foreign).collect(),
            judged: judge(&heard, owner, 0.5),
        }
    }

    /// The decided clips: chance and whether foreign, the most likely foreign first.
    pub fn decided(&self) -> Vec<(f64, bool)> {
        let each = self.judged.said.iter().zip(&self.foreign);
        let mut decided: Vec<(f64, bool)> = each
            .filter_map(|(said, foreign)| match said {
                Said::Decided(of) => Some((of.chance, *foreign)),
                _ => None,
            })
            .collect();
        decided.sort_by(|a, b| b.0.total_cmp(&a.0));
        decided
    }

    /// Share of the foreign clips that stand above the highest 1 % of own ones.
    pub fn recall_at_1_percent(&self) -> f64 {
        let decided = self.decided();
        let own = decided.iter().filter(|(_, foreign)| !foreign).count();
        let (mut passed, mut found) = (0, 0);
        for (_, foreign) in &decided {
            match foreign {
                true => found += 1,
                false => passed += 1,
            }
            if passed * 100 > own {
                break;
            }
        }
        found as f64
            / decided
                .iter()
                .filter(|(_, foreign)| *foreign)
                .count()
                .max(1) as f64
    }

    /// Share of the foreign clips among the first `n`.
    pub fn among_first(&self, n: usize) -> f64 {
        let decided = self.decided();
        let found = decided
            .iter()
            .take(n)
            .filter(|(_, foreign)| *foreign)
            .count();
        found as f64
            / decided
                .iter()
                .filter(|(_, foreign)| *foreign)
                .count()
                .max(1) as f64
    }
}

/// What was said of each decided clip of an export that was drawn from the pool for `owner`.
pub fn told(drawn: &Drawn, clips: &[(&Item, bool)], pool: &[Item], owner: usize) -> Vec<Told> {
    let number = |item: &Item| {
        pool.iter()
            .position(|of| std::ptr::eq(of, item))
            .unwrap_or_default()
    };
    let each = drawn.judged.said.iter().zip(clips);
    each.filter_map(|(said, (item, foreign))| match said {
        Said::Decided(of) => Some(Told {
            chance: of.chance,
            foreign: *foreign,
            clip: (number(item), owner),
        }),
        _ => None,
    })
    .collect()
}

/// Clips of an owner, and foreign ones of one voice or of many.
pub fn export<'a>(
    pool: &'a [Item],
    owner: usize,
    strangers: &[usize],
    places: &[Place],
    (own, foreign): (usize, usize),
    dice: &mut Dice,
) -> Vec<(&'a Item, bool)> {
    let of = |speakers: &[usize]| -> Vec<&'a Item> {
        pool.iter()
            .filter(|i| speakers.contains(&i.speaker) && places.contains(&i.place))
            .collect()
    };
    let mut clips = Vec::new();
    for (from, n, is_foreign) in [(of(&[owner]), own, false), (of(strangers), foreign, true)] {
        // No clip is drawn again before all were drawn.
        let mut order: Vec<&Item> = Vec::new();
        while clips.len() < if is_foreign { own + n } else { n } && !from.is_empty() {
            if order.is_empty() {
                order.clone_from(&from);
                dice.shuffle(&mut order);
            }
            clips.extend(order.pop().map(|item| (item, is_foreign)));
        }
    }
    clips
}

/// Mean length of the clips, seconds.
pub fn mean_length() -> f64 {
    LENGTHS.iter().sum::<f64>() / LENGTHS.len() as f64
}
