//! How long the real bets take, among other series that follow nothing.

use dice::Dice;
use stats::{Evidence, Numbers, Prepared, Settings, Value, log_threshold};

use crate::{Observed, Setting};

/// The seed of every plan: the same question gets the same answer. Declared once, never tried out.
pub(crate) const SEED: u64 = 1;

/// Sessions of a simulation: enough for a 95 % point.
pub(crate) const SESSIONS: usize = 100;

/// Most numbers (sessions times series times blocks) that a simulation looks at: a second or two
/// in a release build.
const CELLS: usize = 1_500_000;

/// Other series that are always there, however long the run.
const FEWEST: usize = 4;

/// How many blocks it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Sessions simulated.
    pub sessions: usize,
    /// Series that follow nothing in each. Where a long run leaves no time for all of them, these
    /// hold the stake of all.
    pub series: usize,
    /// Blocks of each session.
    pub horizon: usize,
    /// Sessions in which the signal was found.
    pub found: usize,
    /// Blocks until half of the sessions had found it; nothing if fewer did.
    pub median: Option<usize>,
    /// Blocks until 95 % had.
    pub p95: Option<usize>,
}

/// Plays sessions of `horizon` blocks with what a code sees among `setting.experts()` series of
/// independent noise, all of the same weight; `law` is how that code is bet on, nested levels where it bets on a
/// fine coin. Always the same dice.
pub fn times(seen: Observed, law: Settings, setting: Setting, horizon: usize) -> Times {
    let levels = if law.fine > 0.0 { 4 } else { 2 };
    let others = setting.experts();
    let most = CELLS / (SESSIONS * horizon.max(1));
    let series = (others as usize).min(most.max(FEWEST));
    let weight = others / series as f64;
    let mut took: Vec<usize> = (0..SESSIONS)
        .map(|i| {
            let mut dice = Dice::new(SEED, 1, i as u64);
            let coins = dice.symbols(horizon, levels);
            let mut all = vec![(1.0, values(seen, &loud(&coins, levels), &mut dice))];
            let noise = |_| Value::Number(dice.normal());
            let noise: Vec<Value> = (0..series * horizon).map(noise).collect();
            let each = noise.chunks(horizon.max(1)).take(series);
            all.extend(each.map(|chunk| (weight, chunk.to_vec())));
            let evidence = Numbers::new(horizon, all)
                .and_then(|numbers| Prepared::new(numbers, law).test(&coins));
            let evidence = evidence.unwrap_or_else(|e| unreachable!("made-up numbers fit: {e}"));
            found_after(&evidence, setting.alpha).unwrap_or(usize::MAX)
        })
        .collect();
    took.sort_unstable();
    let at = |share: f64| {
        let rank = (share * SESSIONS as f64).ceil() as usize;
        took.get(rank - 1).copied().filter(|&k| k < usize::MAX)
    };
    Times {
        sessions: SESSIONS,
        series,
        horizon,
        found: took.iter().filter(|&&k| k < usize::MAX).count(),
        median: at(0.5),
        p95: at(0.95),
    }
}

/// Where symbols lie between the quietest, 0, and the loudest, 1.
pub(crate) fn loud(symbols: &[u8], levels: u8) -> Vec<f64> {
    let one = |&symbol: &u8| match levels {
        4 => (stats::POSITIONS[usize::from(symbol)] + 1.0) / 2.0,
        _ => f64::from(symbol),
    };
    symbols.iter().map(one).collect()
}

/// What a session's blocks show, of which each was so loud.
pub(crate) fn values(seen: Observed, loud: &[f64], dice: &mut Dice) -> Vec<Value> {
    let block = |k: usize| match seen {
        Observed::Flag { wrong } => {
            let lies = dice.unit() < wrong;
            let is = f64::from(u8::from(loud[k] >= 0.5));
            Value::Number(if lies { 1.0 - is } else { is })
        }
        // The value is sent at the end of the last block that it is about.
        Observed::Shift { every, .. } if !(k + 1).is_multiple_of(every.max(1)) => Value::Absent,
        Observed::Shift { d, covers, .. } => {
            let about = &loud[(k + 1).saturating_sub(covers.max(1))..=k];
            let share = about.iter().sum::<f64>() / about.len() as f64;
            Value::Number(d * share + dice.normal())
        }
    };
    (0..loud.len()).map(block).collect()
}

/// After how many blocks somebody who watches may call it a leak, by the levels of `alpha`: what
/// bets on later blocks counts only when those are there.
pub fn found_after(evidence: &Evidence, alpha: f64) -> Option<usize> {
    let needed = log_threshold(alpha);
    let crossed = |path: &[f64]| path.iter().position(|&l| l >= needed).map(|k| k + 1);
    let waits = evidence.n - evidence.settled;
    let late = crossed(&evidence.path[..evidence.settled]).map(|k| k + waits);
    crossed(&evidence.prompt_path).into_iter().chain(late).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shift(d: f64) -> Observed {
        Observed::Shift {
            d,
            every: 1,
            covers: 1,
        }
    }

    const SETTING: Setting = Setting {
        alpha: 0.001,
        series: 25,
        codes: 1,
    };

    /// The formula is a rule of thumb: the bets are held to within a factor of it.
    #[test]
    fn the_bets_take_about_as_long_as_the_formula_says() {
        for (d, horizon) in [(4.0, 80), (2.0, 160), (1.0, 480)] {
            let formula = SETTING.blocks(shift(d).bits());
            let times = times(shift(d), Settings::default(), SETTING, horizon);
            println!("d {d}: formula {formula:.1} blocks, {times:?}");
            let median = times.median.unwrap() as f64;
            assert!((0.6..1.6).contains(&(median / formula)), "{d}");
            let p95 = times.p95.unwrap() as f64;
            assert!((1.0..2.5).contains(&(p95 / formula)), "{d}");
        }
    }

    /// A fine coin tells of a level sooner, and costs little where there is no more to tell.
    #[test]
    fn nested_levels_are_found_sooner() {
        let nested = verdict::slow_law(true, false);
        let two = verdict::slow_law(false, false);
        let [fine, coarse] = [nested, two].map(|law| times(shift(16.0), law, SETTING, 40));
        println!("nested {fine:?}, two {coarse:?}");
        assert!(fine.median < coarse.median && fine.p95 <= coarse.p95);
        let flag = Observed::Flag { wrong: 0.0 };
        let [fine, coarse] = [nested, two].map(|law| times(flag, law, SETTING, 40));
        println!("a flag: nested {fine:?}, two {coarse:?}");
        assert!(fine.p95.unwrap() <= coarse.p95.unwrap() + 4);
    }

    /// Nothing there, nothing found; and what cannot be seen in time is said to be not found.
    #[test]
    fn what_is_not_there_is_not_found() {
        let none = times(shift(0.0), Settings::default(), SETTING, 60);
        assert!(none.found <= 1 && none.median.is_none() && none.p95.is_none());
        let short = times(shift(4.0), Settings::default(), SETTING, 8);
        assert_eq!((short.found, short.p95), (0, None));
        assert_eq!(times(shift(4.0), Settings::default(), SETTING, 0).found, 0);
    }

    /// Where the run is long, fewer series hold the stake of all.
    #[test]
    fn long_runs_are_played_among_fewer_series() {
        let many = Setting {
            series: 100_000,
            ..SETTING
        };
        let times = times(shift(4.0), Settings::default(), many, 60);
        assert_eq!(times.series, CELLS / (SESSIONS * 60));
        let formula = many.blocks(shift(4.0).bits());
        let median = times.median.unwrap() as f64;
        assert!((0.6..1.6).contains(&(median / formula)), "{times:?}");
    }

    #[test]
    fn the_same_question_has_the_same_answer() {
        assert_eq!(
            times(shift(3.0), Settings::default(), SETTING, 50),
            times(shift(3.0), Settings::default(), SETTING, 50)
        );
    }
}
