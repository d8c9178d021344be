//! Simulated honest sessions: how often is one accused by somebody who stops at the best moment?

use stats::{Missing, Numbers, Prepared, Settings, Value, log_threshold};

use crate::Size;
use crate::each::each;
use crate::traffic::Traffic;
use dice::Dice;

/// The two levels at which accusations are counted.
pub const ALPHAS: [f64; 2] = [0.01, 0.05];

/// Accusations among honest sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// What was simulated.
    pub name: String,
    /// How many sessions.
    pub sessions: usize,
    /// Series and blocks of each.
    pub shape: (usize, usize),
    /// How many were accused at each of [`ALPHAS`].
    pub accused: [usize; 2],
    /// Whether this is an error built in on purpose, which has to be seen.
    pub mutant: bool,
}

impl Row {
    /// Whether the row says what it should: honest rows within the limit, mutants beyond it.
    pub fn holds(&self) -> bool {
        let within = |i: usize| self.accused[i] <= limit(self.sessions, ALPHAS[i]);
        // A mutant is caught where either level shows it.
        if self.mutant {
            !(within(0) && within(1))
        } else {
            within(0) && within(1)
        }
    }
}

/// The largest count that a rate of exactly `p` exceeds in at most 1 % of such simulations.
pub fn limit(n: usize, p: f64) -> usize {
    stats::binomial_limit(n as u64, p, 0.99) as usize
}

const N_SERIES: usize = 8;
const N_BLOCKS: usize = 120;

/// Every row of the table.
pub fn rows(size: Size, seed: u64, say: &mut dyn FnMut(&str)) -> Vec<Row> {
    let mut rows = Vec::new();
    let n = size.pick(150, 4_000);
    let mut done = |row: Row| {
        say(&format!(
            "{}: {:?} of {}",
            row.name, row.accused, row.sessions
        ));
        rows.push(row);
    };
    let (shape, drop) = ((N_SERIES, N_BLOCKS), Settings::default());
    for (purpose, traffic) in Traffic::ALL.into_iter().enumerate() {
        let highest = |i| {
            let mut dice = Dice::new(seed, purpose as u64, i);
            let (numbers, coins) = honest(traffic, shape, &mut dice);
            highest(numbers, &coins, drop)
        };
        done(count(size, traffic.name(), n, shape, false, highest));
    }
    // The code that bets so has no more blocks in the longest profile.
    let slow = (N_SERIES, 60);
    for (from, law, settings) in [
        (30, "bets on two coins", verdict::slow_law(false, true)),
        (60, "a fine coin too", verdict::slow_law(true, false)),
    ] {
        for (purpose, traffic) in Traffic::ALL.into_iter().enumerate() {
            let name = format!("{}, {law}", traffic.name());
            let dice = |i| Dice::new(seed, from + purpose as u64, i);
            done(count(size, &name, n, slow, false, |i| {
                let mut dice = dice(i);
                let (numbers, coins) = honest(traffic, slow, &mut dice);
                let symbols = match settings.fine > 0.0 {
                    true => dice.symbols(coins.len(), 4),
                    false => coins,
                };
                highest(numbers, &symbols, settings)
            }));
        }
    }
    let many = (200, size.pick(40, 60));
    let n_many = size.pick(40, 4_000);
    let name = "200 series at once, every kind of the above";
    done(count(size, name, n_many, many, false, |i| {
        let mut dice = Dice::new(seed, 20, i);
        let kinds = Traffic::ALL.into_iter().cycle().take(many.0);
        let series: Vec<_> = kinds.map(|t| t.series(many.1, &mut dice)).collect();
        highest(numbers(&series), &dice.coins(many.1), drop)
    }));
    let charge = Settings {
        missing: Missing::Charge,
        ..Settings::default()
    };
    for (loss, name) in LOSSES {
        done(count(size, name, n, shape, false, |i| {
            let (numbers, coins) = lossy(shape, loss, &mut Dice::new(seed, 21, i));
            highest(numbers, &coins, charge)
        }));
    }
    done(count(
        size,
        "mutant: such loss dropped",
        n,
        shape,
        true,
        |i| {
            let (numbers, coins) = lossy(shape, LOSSES[0].0, &mut Dice::new(seed, 21, i));
            highest(numbers, &coins, drop)
        },
    ));
    let early = Settings {
        learn_first: true,
        ..Settings::default()
    };
    done(count(
        size,
        "mutant: learns before it bets",
        n,
        shape,
        true,
        |i| {
            let (numbers, coins) = honest(Traffic::Noise, shape, &mut Dice::new(seed, 22, i));
            highest(numbers, &coins, early)
        },
    ));
    let chosen = Settings {
        weigh_by_coins: true,
        ..Settings::default()
    };
    // With few series either mistake costs little, and a short calibration would not see it.
    let forty = (40, 60);
    done(count(
        size,
        "mutant: deals the stakes after looking at the opening's coins",
        n,
        forty,
        true,
        |i| {
            let (numbers, coins) = honest(Traffic::Noise, forty, &mut Dice::new(seed, 24, i));
            highest(numbers, &coins, chosen)
        },
    ));
    done(count(
        size,
        "mutant: takes the largest of forty series",
        n,
        forty,
        true,
        |i| {
            let mut dice = Dice::new(seed, 23, i);
            let coins = dice.coins(forty.1);
            let alone = |_| numbers(&[Traffic::Noise.series(forty.1, &mut dice)]);
            let each: Vec<Numbers> = (0..forty.0).map(alone).collect();
            each.into_iter()
                .map(|n| highest(n, &coins, drop))
                .fold(0.0, f64::max)
        },
    ));
    rows
}

fn count(
    size: Size,
    name: &str,
    sessions: usize,
    shape: (usize, usize),
    mutant: bool,
    highest: impl Fn(u64) -> f64 + Sync,
) -> Row {
    let mut accused = [0; 2];
    for highest in each(size, sessions, highest) {
        for (count, alpha) in accused.iter_mut().zip(ALPHAS) {
            *count += usize::from(highest >= log_threshold(alpha));
        }
    }
    Row {
        name: name.to_owned(),
        sessions,
        shape,
        accused,
        mutant,
    }
}

/// The highest ln W on the way: what somebody sees who stops at the best moment. A refusal would
/// be a fault of this program, and shows as an accusation.
fn highest(numbers: Numbers, coins: &[u8], settings: Settings) -> f64 {
    let evidence = Prepared::new(numbers, settings).test(coins);
    evidence.map_or(f64::INFINITY, |evidence| evidence.max_log_e)
}

fn honest(traffic: Traffic, shape: (usize, usize), dice: &mut Dice) -> (Numbers, Vec<u8>) {
    let series: Vec<_> = (0..shape.0)
        .map(|_| traffic.series(shape.1, dice))
        .collect();
    (numbers(&series), dice.coins(shape.1))
}

pub(crate) fn numbers(series: &[Vec<f64>]) -> Numbers {
    let n = series.first().map_or(0, Vec::len);
    let values = |s: &Vec<f64>| (1.0, s.iter().map(|&y| Value::Number(y)).collect());
    let numbers = Numbers::new(n, series.iter().map(values).collect());
    numbers.unwrap_or_else(|e| unreachable!("made-up numbers fit: {e}"))
}

/// Which blocks are lost: busy ones, from one on, whose own coin or whose last one was loud.
#[derive(Debug, Clone, Copy)]
struct Loss {
    from: usize,
    of_last: bool,
}

const LOSSES: [(Loss, &str); 3] = [
    (
        Loss {
            from: 0,
            of_last: false,
        },
        "loss that follows the sound, charged",
    ),
    (
        Loss {
            from: 14,
            of_last: false,
        },
        "the same behind the opening, charged: what waited counts",
    ),
    (
        Loss {
            from: 0,
            of_last: true,
        },
        "loss that follows the last block's sound, charged",
    ),
];

/// Loud blocks with much traffic are lost, of every series at once: the busy ones are those whose
/// first series is above its mean.
fn lossy(shape: (usize, usize), loss: Loss, dice: &mut Dice) -> (Numbers, Vec<u8>) {
    let series: Vec<_> = (0..shape.0)
        .map(|_| Traffic::Noise.series(shape.1, dice))
        .collect();
    let coins = dice.coins(shape.1);
    let lost = |k: usize| {
        let told = if loss.of_last {
            k.checked_sub(1)
        } else {
            Some(k)
        };
        k >= loss.from && told.is_some_and(|k| coins[k] == 1) && series[0][k] > 0.0
    };
    let value = |(k, &y): (usize, &f64)| {
        if lost(k) {
            Value::Lost
        } else {
            Value::Number(y)
        }
    };
    let values = series
        .iter()
        .map(|s| (1.0, s.iter().enumerate().map(value).collect()));
    let numbers = Numbers::new(shape.1, values.collect());
    (
        numbers.unwrap_or_else(|e| unreachable!("made-up numbers fit: {e}")),
        coins,
    )
}
