//! **Asks** whether the test keeps its promise on this session's own numbers: bets against orders
//! that were never played may not win.
//! **Matters** because the promise is a theorem about the method; this is what the program does
//! with numbers such as these.
//! **Decides** over 1,000 redrawn orders: W of 100 or more in at most 1 % of them, with room for
//! chance (exceeded by an honest 1 % once in a thousand sessions).
//! **Looks at** a sample, as all would take an hour: of each code at most 32 series and 500 blocks,
//! dealt into groups of at least two series that share the redraws; more of both in a longer session.
//! **Cannot see** whether the real coins were random; they come from the committed seed.

use record::Phase;
use stats::{Numbers, Prepared, Settings};

use super::MIN_BLOCKS;
use crate::case::Case;
use crate::dice::Dice;
use crate::table::{Coded, kind, value};
use crate::{Reason, Redraws};

const DRAWS: usize = 1_000;
const MOST_SERIES: usize = 32;
const MOST_BLOCKS: usize = 500;

/// Evidence that 1 % of the redraws may reach, and how sure a failure has to be.
const W: f64 = 100.0;
const ALPHA: f64 = 1.0 / W;
const SURE: f64 = 0.999;

/// Series times blocks of a group, for each block of the session: the cost grows with its length.
const CELLS_A_BLOCK: usize = 2;

pub(crate) fn ask(case: &Case) -> Vec<Reason> {
    case.redraws.as_ref().map(complaints).unwrap_or_default()
}

fn complaints(redraws: &Redraws) -> Vec<Reason> {
    match redraws.accused > redraws.allowed {
        true => vec![Reason::RedrawsAccused {
            accused: redraws.accused,
            of: redraws.draws,
        }],
        false => Vec::new(),
    }
}

/// Plays it through; nothing where there is too little to bet on.
pub(crate) fn redraws(case: &Case) -> Option<Redraws> {
    let muted = case.blocks(Phase::Muted);
    let mut dice = Dice::new(case.seed, 1, 0);
    let bet_on = |coded: &Coded| !coded.muted.series.is_empty();
    if (muted.len() as u32) < MIN_BLOCKS || !case.codes.iter().any(bet_on) {
        return None;
    }
    let each = case
        .codes
        .iter()
        .map(|coded| sample(case, coded, &mut dice));
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
        let symbols = Dice::new(case.seed, 2, i as u32).symbols(group.n_blocks(), levels);
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

fn sample(case: &Case, coded: &Coded, dice: &mut Dice) -> Sample {
    let table = &coded.table;
    let muted = table.blocks(Phase::Muted);
    let blocks = muted.len().min(MOST_BLOCKS);
    let start = muted.start + dice.below(muted.len() - blocks + 1);
    let series = dice.some_of(coded.muted.series.clone(), MOST_SERIES);
    let cells = CELLS_A_BLOCK * muted.len();
    let size = (cells / blocks.max(1)).clamp(1, MOST_SERIES);
    let levels = table.levels(case.session);
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
        let settings = Settings {
            levels,
            ..Settings::default()
        };
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_false_alarms_than_chance_allows_are_a_reason() {
        let redraws = |accused| Redraws {
            draws: 1_000,
            accused,
            allowed: 21,
            series: 32,
            blocks: 60,
        };
        assert_eq!(complaints(&redraws(21)), []);
        let of = 1_000;
        let reason = Reason::RedrawsAccused { accused: 22, of };
        assert_eq!(complaints(&redraws(22)), [reason]);
    }
}
