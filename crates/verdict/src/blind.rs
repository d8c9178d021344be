//! Fields in which this run could not have seen a leak: leaks planted into the fields' own times, with the
//! mix of all codes that really play.
//!
//! A field may come too rarely, begin too late or speak of minutes that straddle the blocks of every code.
//! So a loudness is planted at the very moments at which a field had a value, with coins of every code
//! drawn anew, and the same bets are made on it; fields with the same times are one class. What is planted
//! speaks of the sound at the moment of sending, of the mean since the value before (a minute at most), or
//! of the sound some seconds earlier.

use features::{Group, Series};
use record::{Code, Phase};
use stats::{Numbers, Prepared, Value};

use crate::model::{FieldClass, Meaning};
use crate::seeded::seeded_dice;
use crate::table::LATE_FROM_S;
use crate::trial::{Coded, plain};
use crate::trials::Trials;
use dice::Dice;

/// Times that each is planted, and how many of them may be missed: a leak is *found* in 95 %.
const TRIES: u32 = 100;
const MAY_MISS: u32 = 5;

/// Noise of what is planted, dB, from a clear level to hardly one.
const NOISE_DB: [f64; 4] = [1.0, 3.0, 10.0, 20.0];

/// No value speaks of more than a minute.
const LONGEST_S: f64 = 60.0;

/// How late a value may come, seconds: where lags are bet on.
const LATE_S: f64 = 5.0;

/// Classes that are tried; fields of further ones count as not seen.
const CLASSES_MAX: usize = 12;

/// Tries every class of fields.
pub(crate) fn field_classes(trials: &Trials) -> Vec<FieldClass> {
    let fast = &trials.codes[0];
    let muted = fast.table.blocks(Phase::Muted);
    let mut patterns: Vec<Pattern> = Vec::new();
    let fields = fast.table.features.series.iter();
    for series in fields.filter(|s| s.field && s.group == Group::Egress && s.weight > 0.0) {
        let pattern = Pattern::of(series, muted.clone());
        if pattern.present.is_empty() {
            continue;
        }
        // Values at the same times are one class, and the smallest stake speaks for all.
        match patterns.iter_mut().find(|p| p.present == pattern.present) {
            Some(known) => {
                known.fields.extend(pattern.fields);
                known.weight = known.weight.min(pattern.weight);
            }
            None => patterns.push(pattern),
        }
    }
    // The rarest first: what is left out is what would be found most easily.
    patterns.sort_by_key(|pattern| pattern.present.len());
    let block_s = trials.session.manifest.protocol.block_ns as f64 / 1e9;
    let class = |(idx, pattern): (usize, &Pattern)| {
        let tried = idx < CLASSES_MAX || pattern.present.len() == muted.len();
        let every_s = pattern.every(muted.len()) * block_s;
        let of = |meaning: Meaning| {
            let garden = Garden::new(trials, pattern, meaning, every_s)?;
            Some((meaning, if tried { garden.down_to_db() } else { None }))
        };
        let all = [Meaning::Moment, Meaning::MeanSinceLast, Meaning::Late];
        let class = FieldClass {
            fields: pattern.fields.clone(),
            values: pattern.present.len() as u32,
            every_s,
            down_to_db: all.into_iter().filter_map(of).collect(),
            needs_s: None,
        };
        let needs_s = (!class.is_seen()).then(|| needs_s(trials, pattern, every_s));
        FieldClass { needs_s, ..class }
    };
    patterns.iter().enumerate().map(class).collect()
}

/// Fields that have values in the same muted blocks of the fast code.
struct Pattern {
    fields: Vec<String>,
    /// Indices among the muted blocks.
    present: Vec<usize>,
    /// The least of their weights.
    weight: f64,
}

impl Pattern {
    fn of(series: &Series, muted: std::ops::Range<usize>) -> Pattern {
        let here = &series.values[muted];
        let present = here.iter().enumerate();
        let present = present.filter_map(|(k, value)| value.is_ok().then_some(k));
        Pattern {
            fields: vec![series.name.clone()],
            present: present.collect(),
            weight: series.weight,
        }
    }

    /// Share of the whole stake that one of its fields with these values would have in a code. What did not move was not bet
    /// on; with a leak in it, it would have been.
    fn share(&self, coded: &Coded, values: &[f64]) -> f64 {
        let name = &self.fields[0];
        let mut bet_on = coded.muted.series.iter();
        let instead = bet_on.position(|&idx| coded.table.features.series[idx].name == *name);
        coded.table.share * coded.muted.rivals.share(instead, self.weight, values)
    }

    /// Blocks from one value to the next, the median; all of them where there is one value only.
    fn every(&self, n_blocks: usize) -> f64 {
        let mut gaps: Vec<usize> = self.present.windows(2).map(|w| w[1] - w[0]).collect();
        gaps.sort_unstable();
        gaps.get(gaps.len() / 2)
            .map_or(n_blocks as f64, |&gap| gap as f64)
    }
}

/// Where one class is planted, with one meaning.
struct Garden<'a> {
    trials: &'a Trials<'a>,
    /// Of each value: the block it lies in, and the blocks whose mean it tells.
    values: Vec<(usize, std::ops::Range<usize>)>,
    pattern: &'a Pattern,
    n_blocks: usize,
    /// Whether values that come so late are bet on at all.
    bet_on: bool,
}

impl Garden<'_> {
    /// Nothing where a value of that meaning is the same as that of the moment.
    fn new<'a>(
        trials: &'a Trials<'a>,
        pattern: &'a Pattern,
        meaning: Meaning,
        every_s: f64,
    ) -> Option<Garden<'a>> {
        let table = &trials.codes[0].table;
        let block_s = trials.session.manifest.protocol.block_ns as f64 / 1e9;
        let blocks = |seconds: f64| (seconds / block_s).round() as usize;
        let (back, long) = match meaning {
            Meaning::Moment => (0, 1),
            Meaning::MeanSinceLast => (0, blocks(every_s.min(LONGEST_S))),
            Meaning::Late => (blocks(LATE_S), 1),
        };
        let lag = table
            .settings(trials.session, stats::Missing::Drop)
            .longest_lag;
        let distinct = meaning != Meaning::MeanSinceLast || long > 1;
        let value = |&block: &usize| {
            let end = (block + 1).saturating_sub(back);
            (block, end.saturating_sub(long)..end)
        };
        distinct.then(|| Garden {
            trials,
            values: pattern.present.iter().map(value).collect(),
            pattern,
            n_blocks: table.blocks(Phase::Muted).len(),
            bet_on: back <= lag,
        })
    }

    /// The most noise with which it is found often enough. The most is tried first: what is not found
    /// is known after a few tries, and less noise makes nothing harder to find.
    fn down_to_db(&self) -> Option<f64> {
        let found = |noise: &&f64| self.bet_on && self.is_found(**noise);
        NOISE_DB.iter().rev().find(found).copied()
    }

    fn is_found(&self, noise_db: f64) -> bool {
        let mut missed = 0;
        // Every strength, class and meaning gets the same dice.
        for i in 0..TRIES {
            let found = self.is_found_once(noise_db, &mut seeded_dice(self.trials.seed, 5, i));
            missed += u32::from(!found);
            if missed > MAY_MISS {
                return false;
            }
        }
        true
    }

    fn is_found_once(&self, noise_db: f64, dice: &mut Dice) -> bool {
        let codes = || self.trials.codes.iter().filter(carries_level);
        let coins: Vec<Vec<u8>> = codes()
            .map(|coded| {
                let n = coded.table.blocks(Phase::Muted).len();
                dice.symbols(n, coded.table.levels(self.trials.session))
            })
            .collect();
        let mut power = vec![0.0; self.n_blocks + 1];
        for k in 0..self.n_blocks {
            let db = codes().zip(&coins).map(|(coded, coins)| {
                let coin = coins
                    .get(k / every(self.trials, coded))
                    .copied()
                    .unwrap_or(0);
                coded.table.step_db * (coded.table.loud(self.trials.session, coin) - 1.0)
            });
            power[k + 1] = power[k] + 10f64.powf(db.sum::<f64>() / 10.0);
        }
        let mut told = vec![Value::Absent; self.n_blocks];
        for (block, of) in &self.values {
            if !of.is_empty() {
                let mean = (power[of.end] - power[of.start]) / of.len() as f64;
                let db = 10.0 * mean.max(1e-12).log10() + noise_db * dice.normal();
                told[*block] = Value::Number(db);
            }
        }
        codes().zip(&coins).any(|(coded, coins)| {
            let every = every(self.trials, coded);
            let last = |k: usize| {
                let blocks = &told[k * every..((k + 1) * every).min(told.len())];
                let mut values = blocks.iter().rev().filter(|v| **v != Value::Absent);
                values.next().copied().unwrap_or(Value::Absent)
            };
            let values: Vec<Value> = (0..coins.len()).map(last).collect();
            let settings = coded
                .table
                .settings(self.trials.session, stats::Missing::Drop);
            let stake = self.pattern.share(coded, &plain(&values));
            let enough = self.trials.muted.log_needed - stake.ln();
            let highest = Numbers::new(coins.len(), vec![(1.0, values)])
                .and_then(|all| Prepared::new(all, settings).highest_of_each(coins, enough));
            highest.is_ok_and(|highest| highest[0] >= enough)
        })
    }
}

/// Muted time in which a clear level in such a field is found in 95 % of runs, seconds: 1.5 times the
/// values whose bits make up for the threshold and the stakes of all others, and for three bits until it is
/// learned (docs/statistics.md, "How long"). A value tells nine tenths of a bit.
fn needs_s(trials: &Trials, pattern: &Pattern, every_s: f64) -> f64 {
    const BITS_A_VALUE: f64 = 0.9;
    // What speaks of a minute is found by the code with the smallest share; nothing is assumed of how it looks.
    let codes = trials.codes.iter().filter(carries_level);
    let settings = |coded: &Coded| coded.table.settings(trials.session, stats::Missing::Drop);
    let stake = codes
        .map(|coded| pattern.share(coded, &[]) * (1.0 - settings(coded).fine))
        .fold(1.0, f64::min);
    let bits = (trials.muted.log_needed - stake.ln()) / std::f64::consts::LN_2 + 3.0;
    (1.5 * bits / BITS_A_VALUE * every_s).max(LATE_FROM_S)
}

/// Whether a code changes the level.
fn carries_level(coded: &&Coded) -> bool {
    matches!(coded.table.code, Code::Fast | Code::Medium | Code::Slow)
}

/// Blocks of the fast code in one of a code's.
fn every(trials: &Trials, coded: &Coded) -> usize {
    let slower = &trials.session.manifest.protocol.slower;
    let own = slower.iter().find(|s| s.code == coded.table.code);
    own.map_or(1, |s| s.every.max(1) as usize)
}
