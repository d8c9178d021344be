use features::Session;
use record::{Phase, Player};
use stimulus::{Key, Seed};

use crate::case::{DECIDING, alpha, prepare};

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
    let cut = features::cut(session, Player::Mic);
    let features = features::features(session, &cut);
    let drop = stats::Missing::Drop;
    let (series, prepared) = prepare(session, &cut, &features, Phase::Muted, DECIDING, drop);
    let muted: Vec<u32> = cut
        .blocks
        .iter()
        .filter(|b| b.phase == Phase::Muted)
        .map(|b| b.index)
        .collect();
    let redraw = |i: u32| {
        let mut seed = dice.clone();
        seed.0
            .iter_mut()
            .zip(i.to_le_bytes())
            .for_each(|(byte, i)| *byte ^= i);
        let key = Key::derive(&seed, protocol, Player::Mic);
        let coins: Vec<u8> = muted
            .iter()
            .map(|&k| key.symbol(Phase::Muted, k).unwrap_or(0))
            .collect();
        prepared
            .as_ref()
            .and_then(|p| p.test(&coins).ok())
            .map_or(0.0, |e| e.max_log_e)
    };
    let max_log_e: Vec<f64> = (0..n).map(redraw).collect();
    let needed = stats::log_threshold(alpha(protocol.alpha));
    Repeats {
        blocks: muted.len() as u32,
        series: series.len() as u32,
        n_accused: max_log_e.iter().filter(|&&l| l >= needed).count() as u32,
        log10_w_max: max_log_e
            .iter()
            .map(|l| l / std::f64::consts::LN_10)
            .collect(),
    }
}
