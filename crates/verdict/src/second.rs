//! A second opinion beside the bets: would an order that was never played have fitted as well?
//!
//! An exact randomisation test over the fast code's blocks ([`stats::exact`]). It needs a length
//! that was not chosen by looking, and it never decides: where it and the bets disagree, a note
//! says so.

use record::{Body, Phase};

use crate::SecondOpinion;
use crate::case::Case;
use crate::checks::MIN_BLOCKS;
use crate::dice::Dice;
use crate::table::{DECIDING, numbers};

const REDRAWS: u32 = 10_000;

/// Below this the second opinion says *leak* by itself; above the other it does not support one.
const LEAK_P: f64 = 0.001;
const NO_LEAK_P: f64 = 0.05;

/// Asks; nothing where the run did not reach its planned length, or there is too little to ask of.
pub(crate) fn second_opinion(case: &Case) -> Option<SecondOpinion> {
    let finished = |r: &record::Record| matches!(r.body, Body::Finished);
    let fast = &case.codes[0].table;
    let symbols = fast.symbols(&fast.key, Phase::Muted);
    let protocol = &case.session.manifest.protocol;
    let planned = protocol.coded_blocks(Phase::Muted) as usize;
    let whole = case.session.records.iter().any(finished)
        && !case.stopped_early()
        && symbols.len() == planned
        && symbols.len() as u32 >= MIN_BLOCKS;
    if !whole {
        return None;
    }
    let (series, numbers) = numbers(fast, Phase::Muted, DECIDING);
    let levels = fast.levels(case.session);
    let mut dice = Dice::new(case.seed, 4, 0);
    let redraw = |order: &mut [u8]| dice.fill(order, levels);
    let exact = stats::exact(&numbers.ok()?, levels, &symbols, REDRAWS, redraw).ok()?;
    let best = exact.series.map(|i| &fast.features.series[series[i]]);
    Some(SecondOpinion {
        p: exact.p,
        redraws: exact.redraws,
        series: best.map(|series| series.name.clone()),
        agrees: match case.leak_found() {
            true => exact.p <= NO_LEAK_P || !case.codes[0].muted.crossed(),
            false => exact.p > LEAK_P,
        },
    })
}
