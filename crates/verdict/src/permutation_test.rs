//! A second opinion beside the bets: would an order that was never played have fitted as well?
//!
//! An exact randomisation test over the fast code's blocks ([`stats::exact`]). It needs a length
//! that was not chosen by looking, and it never decides: where it and the bets disagree, a note
//! says so.

use record::{Body, Phase};

use crate::error_rates::MIN_BLOCKS;
use crate::model::SecondOpinion;
use crate::seeded::seeded_dice;
use crate::trial::{DECIDING, numbers};
use crate::trials::Trials;

const REDRAWS: u32 = 10_000;

/// Below `LEAK_P` the test says *leak* by itself; above `NO_LEAK_P` it does not support one.
const LEAK_P: f64 = 0.001;
const NO_LEAK_P: f64 = 0.05;

/// Runs the test; nothing where the run did not reach its planned length, or there is too little to ask of.
pub(crate) fn permutation_test(trials: &Trials) -> Option<SecondOpinion> {
    let finished = |r: &record::Record| matches!(r.body, Body::Finished);
    let fast = &trials.codes[0].table;
    let symbols = fast.symbols(&fast.key, Phase::Muted);
    let protocol = &trials.session.manifest.protocol;
    let planned = protocol.coded_blocks(Phase::Muted) as usize;
    let whole = trials.session.records.iter().any(finished)
        && !trials.stopped_early()
        && symbols.len() == planned
        && symbols.len() as u32 >= MIN_BLOCKS;
    if !whole {
        return None;
    }
    let (series, numbers) = numbers(fast, Phase::Muted, DECIDING);
    let levels = fast.levels(trials.session);
    let mut dice = seeded_dice(trials.seed, 4, 0);
    let redraw = |order: &mut [u8]| dice.fill(order, levels);
    let exact = stats::exact(&numbers.ok()?, levels, &symbols, REDRAWS, redraw).ok()?;
    let best = exact.series.map(|i| &fast.features.series[series[i]]);
    Some(SecondOpinion {
        p: exact.p,
        redraws: exact.redraws,
        series: best.map(|series| series.name.clone()),
        agrees: match trials.leak_found() {
            true => exact.p <= NO_LEAK_P || !trials.codes[0].muted.crossed(),
            false => exact.p > LEAK_P,
        },
    })
}
