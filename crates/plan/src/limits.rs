//! What a finished run could have found: the smallest signal of a kind that it finds in 95 %.

use dice::Dice;
use stats::{Numbers, Prepared, Rivals, Settings, Value, log_threshold};

use crate::information::{flag_bits, shift_bits};
use crate::times::{SEED, SESSIONS, loud, values};
use crate::{Code, Observed, Setting};

/// Share of the sessions that may miss what counts as found.
const MAY_MISS: f64 = 0.05;

/// Strengths are told apart to this factor; a hundred sessions do not tell more.
const FINE: f64 = 1.08;

/// The smallest that so many blocks find. Cautious, as for the planted leaks of a judgement: found
/// means that the signal's own bets, by their share of the stake alone, reach the threshold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Blocks of the run.
    pub blocks: usize,
    /// The smallest distance of the two means of a block's value, in its standard deviations.
    /// Nothing if not even the plainest is found.
    pub d: Option<f64>,
    /// The largest share of blocks in which a flag may be wrong.
    pub flag_wrong: Option<f64>,
}

/// What `blocks` blocks find. Always the same dice.
pub fn limits(blocks: usize, setting: Setting) -> Limits {
    let needed = setting.bits() / blocks.max(1) as f64;
    let sessions = Sessions::new(blocks, setting);
    let shift = |d: f64| Observed::Shift {
        d,
        every: 1,
        covers: 1,
    };
    // The formula says about where to look; bets need more than it where little can be learned.
    let around = |enough: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (1e-4, 50.0);
        while high / low > FINE {
            let middle = f64::sqrt(low * high);
            match enough(middle) {
                true => high = middle,
                false => low = middle,
            }
        }
        high
    };
    let d = sessions.find(shift(1e3)).then(|| {
        let start = around(&|d| shift_bits(d) >= needed);
        smallest(start, &|d| sessions.find(shift(d)))
    });
    // In terms of what is left of a sure flag, so that smaller is harder for both.
    let flag = |right: f64| Observed::Flag {
        wrong: 0.5 - right / 2.0,
    };
    let flag_wrong = sessions.find(flag(1.0)).then(|| {
        let start = around(&|right| flag_bits(0.5 - right.min(1.0) / 2.0) >= needed).min(1.0);
        let right = smallest(start, &|right| sessions.find(flag(right.min(1.0)))).min(1.0);
        0.5 - right / 2.0
    });
    Limits {
        blocks,
        d,
        flag_wrong,
    }
}

/// The smallest strength that is found, from `start` up or down in steps, then halved between the
/// last two. What is larger is not harder to find.
fn smallest(start: f64, found: &dyn Fn(f64) -> bool) -> f64 {
    const STEP: f64 = 1.3;
    let (mut low, mut high);
    if found(start) {
        (low, high) = (start / STEP, start);
        while found(low) {
            (low, high) = (low / STEP, low);
        }
    } else {
        (low, high) = (start, start * STEP);
        // The plainest was found, so this ends.
        while !found(high) {
            (low, high) = (high, high * STEP);
        }
    }
    while high / low > FINE {
        let middle = (low * high).sqrt();
        match found(middle) {
            true => high = middle,
            false => low = middle,
        }
    }
    high
}

/// Sessions to plant into: the coins are the same for every strength.
struct Sessions {
    coins: Vec<Vec<u8>>,
    /// ln W that the bets of all have to reach.
    needed: f64,
    /// What the signal has to share the stake with, and how many of the setting's series each stands for.
    rivals: Rivals,
    each: f64,
}

/// Series of noise that stand for all others.
const RIVALS: usize = 40;

impl Sessions {
    fn new(blocks: usize, setting: Setting) -> Sessions {
        let coins = (0..SESSIONS).map(|i| Dice::new(SEED, 2, i as u64).coins(blocks));
        let mut dice = Dice::new(SEED, 4, 0);
        let mut noise = || (0..blocks).map(|_| Value::Number(dice.normal())).collect();
        let all = (0..RIVALS).map(|_| (1.0, noise())).collect();
        let numbers = Numbers::new(blocks, all);
        let prepared = numbers.map(|numbers| Prepared::new(numbers, Settings::default()));
        Sessions {
            coins: coins.collect(),
            needed: log_threshold(setting.alpha),
            rivals: prepared.map(|all| all.rivals()).unwrap_or_default(),
            each: setting.experts() / RIVALS as f64,
        }
    }

    fn find(&self, seen: Observed) -> bool {
        let may_miss = (self.coins.len() as f64 * MAY_MISS) as usize;
        let missed = self.coins.iter().enumerate().filter(|&(i, coins)| {
            let values = values(seen, &loud(coins, 2), &mut Dice::new(SEED, 3, i as u64));
            !self.finds_once(values, coins)
        });
        missed.take(may_miss + 1).count() <= may_miss
    }

    fn finds_once(&self, values: Vec<Value>, coins: &[u8]) -> bool {
        let plain = values.iter().map(|value| match value {
            Value::Number(y) => *y,
            Value::Absent | Value::Lost => f64::NAN,
        });
        let plain: Vec<f64> = plain.collect();
        let share = self.rivals.share(None, 1.0 / self.each, &plain);
        let needed = self.needed - share.ln();
        let highest = Numbers::new(coins.len(), vec![(1.0, values)]).and_then(|numbers| {
            Prepared::new(numbers, Settings::default()).highest_of_each(coins, needed)
        });
        highest.is_ok_and(|highest| highest[0] >= needed)
    }
}

impl Limits {
    /// The smallest distance d of a value that is sent every `every_s` seconds. Nothing where most
    /// blocks go without one: that takes a slower code.
    pub fn value_d(&self, code: Code, every_s: f64) -> Option<f64> {
        let a_block = code.block_s() / every_s;
        self.d
            .filter(|_| a_block >= 1.0)
            .map(|d| d / a_block.sqrt())
    }

    /// The smallest number of bytes by which packets have to be larger in loud blocks.
    pub fn bytes(&self, code: Code, packets_per_s: f64, size_sd: f64) -> Option<f64> {
        Some(self.d? * size_sd / (packets_per_s * code.block_s()).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTING: Setting = Setting {
        alpha: 0.001,
        series: 200,
        codes: 1,
    };

    #[test]
    fn longer_runs_find_smaller_signals() {
        let short = limits(60, SETTING);
        let long = limits(300, SETTING);
        println!("{short:?}\n{long:?}");
        assert!(long.d.unwrap() < 0.7 * short.d.unwrap());
        assert!(long.flag_wrong.unwrap() > short.flag_wrong.unwrap());
        // What is just found carries at least the bits that the formula asks for, and not a
        // multiple of it.
        for limits in [short, long] {
            let won = limits.blocks as f64 * shift_bits(limits.d.unwrap());
            assert!((1.0..2.2).contains(&(won / SETTING.bits())), "{won}");
        }
    }

    /// Twelve blocks win twelve bits at most; 10 for alpha and 8 for the choice of series are needed.
    #[test]
    fn too_short_a_run_finds_nothing_at_all() {
        let limits = limits(12, SETTING);
        assert_eq!((limits.d, limits.flag_wrong), (None, None));
    }

    #[test]
    fn limits_are_told_in_the_units_of_the_signal() {
        let limits = Limits {
            blocks: 30,
            d: Some(3.0),
            flag_wrong: None,
        };
        assert_eq!(limits.value_d(Code::Slow, 60.0), Some(3.0));
        assert_eq!(limits.value_d(Code::Slow, 15.0), Some(1.5));
        assert_eq!(limits.value_d(Code::Fast, 60.0), None);
        let bytes = limits.bytes(Code::Fast, 100.0, 10.0).unwrap();
        assert!((bytes - 3.0).abs() < 1e-12);
    }
}
