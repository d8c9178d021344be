//! A session judged again with coins that were never played.

use features::{Session, Trace};
use record::{Phase, Player};
use stats::Prepared;
use stimulus::{Key, Seed};

use crate::error_rates::needed;
use crate::mixture::{Mixture, Part};
use crate::table::{Source, Table, tables};
use crate::trial::{DECIDING, prepare};

/// The muted phase tested against coins that were never played.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeats {
    /// Muted blocks.
    pub blocks: u32,
    /// Series that were bet on.
    pub series: u32,
    /// Highest log10 W of each redraw.
    pub log10_w_max: Vec<f64>,
    /// How many of them would have been called a leak.
    pub n_accused: u32,
}

/// Judges the recorded numbers again against `n` fresh coin sequences drawn from `dice`: an A/A
/// run, in which every crossing is a false alarm. Prepared once, so a redraw costs only its bets.
pub fn repeats(session: &Session, dice: &Seed, n: u32) -> Repeats {
    let protocol = &session.manifest.protocol;
    let drop = stats::Missing::Drop;
    let trace = Trace::new(session);
    let readings = features::readings(&trace);
    let tables = tables(Source::of(&trace, &readings), dice, Player::Mic);
    let prepare = |table| prepare(session, table, Phase::Muted, DECIDING, drop);
    let prepared: Vec<(Vec<usize>, Option<Prepared>)> = tables.iter().map(prepare).collect();
    let ends_s: Vec<Vec<f64>> = tables.iter().map(|t| t.ends_s(Phase::Muted)).collect();
    let needed = needed(session);
    let redraw = |i: u32| {
        let mut seed = dice.clone();
        seed.0
            .iter_mut()
            .zip(i.to_le_bytes())
            .for_each(|(byte, i)| *byte ^= i);
        let path = |(table, (_, prepared)): (&Table, &(_, Option<Prepared>))| {
            let key = Key::of_code(&seed, protocol, Player::Mic, table.code)?;
            let coins = table.symbols(&key, Phase::Muted);
            Some(prepared.as_ref()?.test(&coins).ok()?.path)
        };
        let paths: Vec<Vec<f64>> = tables
            .iter()
            .zip(&prepared)
            .map(|both| path(both).unwrap_or_default())
            .collect();
        let parts = tables.iter().zip(&paths).zip(&ends_s);
        let parts = parts.map(|((table, path), ends_s)| Part {
            share: table.share,
            path,
            ends_s,
            series: 0,
        });
        Mixture::new(parts, needed).max_log_e
    };
    let max_log_e: Vec<f64> = (0..n).map(redraw).collect();
    Repeats {
        blocks: tables[0].blocks(Phase::Muted).len() as u32,
        series: prepared.iter().map(|(series, _)| series.len() as u32).sum(),
        n_accused: max_log_e.iter().filter(|&&l| l >= needed).count() as u32,
        log10_w_max: max_log_e
            .iter()
            .map(|l| l / std::f64::consts::LN_10)
            .collect(),
    }
}
