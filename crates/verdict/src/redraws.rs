//! The test tried on this session's own numbers, against orders that were never played
//! (`checks/redraws.rs` says why, and on what).

use record::Phase;
use stats::{Numbers, Prepared};

use crate::error_rates::MIN_BLOCKS;
use crate::model::Redraws;
use crate::seeded::seeded_dice;
use crate::trial::{Coded, kind, value};
use crate::trials::Trials;
use dice::Dice;

const DRAWS: usize = 1_000;
const MOST_SERIES: usize = 32;
const MOST_BLOCKS: usize = 500;

/// Evidence that 1 % of the redraws may reach, and how sure a failure has to be.
const W: f64 = 100.0;
const ALPHA: f64 = 1.0 / W;
const SURE: f64 = 0.999;

/// Series times blocks of a group, for each block of the session: the cost grows with its length.
const CELLS_A_BLOCK: usize = 2;

/// Redraws the orders; nothing where there is too little to bet on.
pub(crate) fn redraws(trials: &Trials) -> Option<Redraws> {
    let muted = trials.blocks(Phase::Muted);
    let mut dice = seeded_dice(trials.seed, 1, 0);
    let bet_on = |coded: &Coded| !coded.muted.series.is_empty();
    if (muted.len() as u32) < MIN_BLOCKS || !trials.codes.iter().any(bet_on) {
        return None;
    }
    let each = trials
        .codes
        .iter()
        .map(|coded| sample(trials, coded, &mut dice));
    let samples: Vec<Sample> = each.collect();
    let groups: Vec<(&Prepared, u8)> = samples
        .iter()
        .flat_map(|sample| sample.groups.iter().map(|group| (group, sample.levels)))
        .collect();
    if groups.is_empty() {
        return None;
    }
    let accused = (0..DRAWS).filter(|&i| {
        let (group, levels) = groups[i % groups.len()];
        let symbols = seeded_dice(trials.seed, 2, i as u32).symbols(group.n_blocks(), levels);
        let evidence = group.test(&symbols);
        evidence.is_ok_and(|evidence| evidence.max_log_e >= W.ln())
    });
    Some(Redraws {
        draws: DRAWS as u32,
        accused: accused.count() as u32,
        allowed: stats::binomial_limit(DRAWS as u64, ALPHA, SURE) as u32,
        series: samples.iter().map(|sample| sample.series).sum(),
        blocks: samples[0].blocks,
    })
}

/// A seeded sample of one code's numbers, dealt into groups.
struct Sample {
    groups: Vec<Prepared>,
    levels: u8,
    series: u32,
    blocks: u32,
}

fn sample(trials: &Trials, coded: &Coded, dice: &mut Dice) -> Sample {
    let table = &coded.table;
    let muted = table.blocks(Phase::Muted);
    let blocks = muted.len().min(MOST_BLOCKS);
    let start = muted.start + dice.below(muted.len() - blocks + 1);
    let series = dice.some_of(coded.muted.series.clone(), MOST_SERIES);
    let cells = CELLS_A_BLOCK * muted.len();
    let size = (cells / blocks.max(1)).clamp(1, MOST_SERIES);
    let levels = table.levels(trials.session);
    let group = |group: &[usize]| {
        let values = group.iter().map(|&idx| {
            let series = &table.features.series[idx];
            let here = &series.values[start..start + blocks];
            (
                series.weight,
                kind(series.kind),
                here.iter().map(value).collect(),
            )
        });
        let settings = table.settings(trials.session, stats::Missing::Drop);
        let numbers = Numbers::of_kinds(blocks, values.collect()).ok()?;
        Some(Prepared::new(numbers, settings))
    };
    Sample {
        groups: series.chunks(size).filter_map(group).collect(),
        levels,
        series: series.len() as u32,
        blocks: blocks as u32,
    }
}
