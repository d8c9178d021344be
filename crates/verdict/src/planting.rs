//! Leaks planted into this session's own numbers, ever smaller (`checks/planted.rs` says why, and how).

use record::{Code, Phase};
use stats::{Numbers, Prepared, Value};

use crate::error_rates::MIN_BLOCKS;
use crate::model::{Detects, Planted, PlantedKind};
use crate::seeded::seeded_dice;
use crate::table::Table;
use crate::trial::{Coded, plain, value};
use crate::trials::Trials;
use dice::Dice;

/// Times that each leak is planted, and the share in which it has to be found.
const TRIES: u32 = 200;
const SHARE: f64 = 0.95;

/// The most weight that a planted field has; where the session's own fields share less, it has as little as
/// the least of them.
const FIELD_WEIGHT: f64 = 1.0;

/// Fewest blocks of a slower code for anything to be planted in.
const MIN_SLOWER_BLOCKS: usize = 10;

/// A kind of leak: where it is planted, and with what strength, from plain to hardly there.
struct Leak {
    kind: PlantedKind,
    /// The session's own series that changes; a field of its own where there is none.
    series: Option<&'static str>,
    strengths: &'static [f64],
}

const LEAKS: [Leak; 4] = [
    Leak {
        kind: PlantedKind::PacketSize,
        series: Some("all out mean size"),
        strengths: &[300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1],
    },
    Leak {
        kind: PlantedKind::Packets,
        series: Some("all out packets"),
        strengths: &[100.0, 30.0, 10.0, 3.0, 1.0],
    },
    Leak {
        kind: PlantedKind::Flag,
        series: None,
        strengths: &[0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4],
    },
    Leak {
        kind: PlantedKind::Loudness,
        series: None,
        strengths: &[1.0, 3.0, 10.0, 20.0, 30.0, 50.0, 80.0, 120.0],
    },
];

/// Plants all leaks. Nothing where a leak was found, which answers the question, or where there is
/// too little to bet on.
pub(crate) fn detects(trials: &Trials) -> Option<Detects> {
    let muted = trials.blocks(Phase::Muted);
    if (muted.len() as u32) < MIN_BLOCKS || trials.leak_found() {
        return None;
    }
    Some(Detects {
        tries: TRIES,
        blocks: muted.len() as u32,
        planted: trials
            .codes
            .iter()
            .flat_map(|coded| planted(trials, coded))
            .collect(),
    })
}

fn planted(trials: &Trials, coded: &Coded) -> Vec<Planted> {
    let table = &coded.table;
    let muted = table.blocks(Phase::Muted);
    let too_few = table.code != Code::Fast && muted.len() < MIN_SLOWER_BLOCKS;
    // The content code has no level that a planted leak could follow.
    if too_few || table.step_db <= 0.0 {
        return Vec::new();
    }
    let bet_on = || {
        coded
            .muted
            .series
            .iter()
            .map(|&idx| &table.features.series[idx])
    };
    let field = bet_on()
        .map(|series| series.weight)
        .fold(FIELD_WEIGHT, f64::min);
    let planted = LEAKS.iter().filter_map(|leak| {
        let own = match leak.series {
            None => muted.clone().map(|k| of_its_own(table, k)).collect(),
            Some(name) => {
                let series = table.features.series.iter().find(|s| s.name == name)?;
                let here = series.values.get(muted.clone())?;
                here.iter().map(value).collect()
            }
        };
        // What did not move was not bet on; with the leak in it, it would have been.
        let instead = leak
            .series
            .and_then(|name| bet_on().position(|series| series.name == name));
        let weight = instead.and_then(|idx| bet_on().nth(idx));
        let garden = Garden {
            trials,
            coded,
            leak,
            own,
            instead,
            weight: weight.map_or(field, |series| series.weight),
        };
        Some(Planted {
            code: table.code,
            kind: leak.kind,
            down_to: garden.smallest(),
        })
    });
    planted.collect()
}

/// A field of its own in block `k`: it would have been lost where packets were.
fn of_its_own(table: &Table, k: usize) -> Value {
    let seen = &table.features.packets_out;
    // Where no packet was ever counted, something else stands in their place.
    match seen.iter().any(Option::is_some) && seen.get(k) == Some(&None) {
        true => Value::Lost,
        false => Value::Number(0.0),
    }
}

/// Where one kind of leak is planted.
struct Garden<'a> {
    trials: &'a Trials<'a>,
    coded: &'a Coded,
    leak: &'a Leak,
    own: Vec<Value>,
    /// The series in whose place it is planted, by its number among those that were bet on.
    instead: Option<usize>,
    /// Its declared weight.
    weight: f64,
}

impl Garden<'_> {
    /// The last strength that is found often enough. What is smaller is harder to find, so halving
    /// will do.
    fn smallest(&self) -> Option<f64> {
        let strengths = self.leak.strengths;
        let (mut found, mut unknown) = (0, strengths.len());
        while found < unknown {
            let middle = (found + unknown) / 2;
            match self.is_found(strengths[middle]) {
                true => found = middle + 1,
                false => unknown = middle,
            }
        }
        found.checked_sub(1).map(|last| strengths[last])
    }

    fn is_found(&self, strength: f64) -> bool {
        let may_miss = (f64::from(TRIES) * (1.0 - SHARE)).floor() as u32;
        let mut missed = 0;
        // Every strength and kind gets the same coins and noise.
        for i in 0..TRIES {
            missed +=
                u32::from(!self.is_found_once(strength, &mut seeded_dice(self.trials.seed, 3, i)));
            if missed > may_miss {
                return false;
            }
        }
        true
    }

    fn is_found_once(&self, strength: f64, dice: &mut Dice) -> bool {
        let (trials, n) = (self.trials, self.own.len());
        let table = &self.coded.table;
        let symbols = dice.symbols(n, table.levels(trials.session));
        let step_db = table.step_db;
        let mut plant = |(own, &symbol): (&Value, &u8)| {
            let loud = table.loud(trials.session, symbol);
            let follows = match self.leak.kind {
                PlantedKind::PacketSize | PlantedKind::Packets => strength * loud,
                PlantedKind::Flag if dice.unit() < strength => 1.0 - loud.round(),
                PlantedKind::Flag => loud.round(),
                PlantedKind::Loudness => step_db * loud + strength * dice.normal(),
            };
            match *own {
                Value::Number(y) => Value::Number(y + follows),
                missing => missing,
            }
        };
        let values: Vec<Value> = self.own.iter().zip(&symbols).map(&mut plant).collect();
        let settings = self
            .coded
            .table
            .settings(trials.session, stats::Missing::Drop);
        let rivals = &self.coded.muted.rivals;
        let share = rivals.share(self.instead, self.weight, &plain(&values));
        let enough = trials.muted.log_needed - (share * self.coded.table.share).ln();
        let highest = Numbers::new(n, vec![(1.0, values)])
            .and_then(|numbers| Prepared::new(numbers, settings).highest_of_each(&symbols, enough));
        highest.is_ok_and(|highest| highest[0] >= enough)
    }
}
