//! Counts and categories: honest ones are not accused, leaks are found sooner than as numbers.

mod common;

use common::Dice;
use stats::{Evidence, Kind, Numbers, Prepared, Settings, Value, binomial_limit, log_threshold};

fn test(kind: Kind, series: &[Vec<f64>], coins: &[u8], levels: u8) -> Evidence {
    let each = series.iter().map(|s| {
        let values = s.iter().map(|&y| Value::Number(y));
        (1.0, kind, values.collect())
    });
    let settings = Settings {
        levels,
        ..Settings::default()
    };
    let numbers = Numbers::of_kinds(coins.len(), each.collect()).unwrap();
    Prepared::new(numbers, settings).test(coins).unwrap()
}

/// Honest counts: a Poisson law, a timer, bursts far beyond a Poisson law, a rate that drifts.
fn honest_count(kind: usize, n: usize, dice: &mut Dice) -> Vec<f64> {
    let mut rate = 2.0;
    let value = |k: usize| match kind {
        0 => dice.poisson(1.5),
        1 => 50.0 + (k % 2) as f64,
        2 if dice.unit() < 0.2 => (2.0 * dice.normal() + 3.0).exp().round(),
        2 => 0.0,
        _ => {
            rate *= (0.2 * dice.normal()).exp();
            dice.poisson(rate.min(100.0))
        }
    };
    (0..n).map(value).collect()
}

/// Honest categories: few labels, many labels that come again and again, labels that stay for a
/// while, and one that is new in every block.
fn honest_category(kind: usize, n: usize, dice: &mut Dice) -> Vec<f64> {
    let mut state = 0.0;
    let value = |k: usize| {
        state = match kind {
            0 => dice.below(3) as f64,
            1 => (dice.unit().powi(3) * 60.0).floor(),
            2 if dice.unit() < 0.9 => state,
            2 => dice.below(5) as f64,
            _ => k as f64,
        };
        state
    };
    (0..n).map(value).collect()
}

#[test]
fn honest_counts_and_categories_are_accused_at_most_as_declared() {
    let reps = 400;
    for (kind, make) in [
        (
            Kind::Count,
            honest_count as fn(usize, usize, &mut Dice) -> Vec<f64>,
        ),
        (Kind::Category, honest_category),
    ] {
        for (shape, levels) in [(0, 2), (1, 2), (2, 2), (3, 2), (2, 4)] {
            let mut accused = [0; 2];
            for seed in 0..reps {
                let mut dice = Dice::new(seed);
                let series: Vec<_> = (0..6).map(|_| make(shape, 80, &mut dice)).collect();
                let coins = dice.symbols(80, levels);
                let highest = test(kind, &series, &coins, levels).max_log_e;
                for (accused, alpha) in accused.iter_mut().zip([0.05, 0.01]) {
                    *accused += u64::from(highest >= log_threshold(alpha));
                }
            }
            println!("{kind:?} {shape}, {levels} levels: {accused:?} of {reps} at 5 and 1 %");
            assert!(accused[0] <= binomial_limit(reps, 0.05, 0.99));
            assert!(accused[1] <= binomial_limit(reps, 0.01, 0.99));
        }
    }
}

/// The block of the first find, for each of some seeds; a large number if there is none.
fn crossings(
    kind: Kind,
    n: usize,
    n_honest: usize,
    value: fn(usize, &[u8], &mut Dice) -> f64,
) -> Vec<usize> {
    let find = |seed: u64| {
        let mut dice = Dice::new(2_000 + seed);
        let coins = dice.symbols(n, 2);
        let leak: Vec<f64> = (0..n).map(|k| value(k, &coins, &mut dice)).collect();
        let honest = |_| (0..n).map(|_| value(n, &coins, &mut dice)).collect();
        let mut series = vec![leak];
        series.extend((0..n_honest).map(honest));
        let path = test(kind, &series, &coins, 2).path;
        let at = path.iter().position(|&l| l >= log_threshold(0.001));
        at.map_or(usize::MAX, |k| k + 1)
    };
    let mut all: Vec<usize> = (0..60).map(find).collect();
    all.sort_unstable();
    all
}

/// `k` beyond the coins: the same without a leak.
fn coin(k: usize, coins: &[u8], dice: &mut Dice) -> bool {
    coins.get(k).map_or_else(|| dice.unit() < 0.5, |&s| s == 1)
}

/// The states of loud blocks lie between those of quiet ones: no line through them helps, nor does
/// their rank.
fn state(k: usize, coins: &[u8], dice: &mut Dice) -> f64 {
    let (loud, wrong) = (coin(k, coins, dice), dice.unit() < 0.1);
    let pick = dice.below(2);
    if loud != wrong {
        [96.0, 160.0][pick]
    } else {
        [60.0, 200.0][pick]
    }
}

#[test]
fn a_state_is_found_sooner_where_it_is_known_to_be_one() {
    let category = crossings(Kind::Category, 150, 9, state);
    let number = crossings(Kind::Number, 150, 9, state);
    let found = |all: &[usize]| all.iter().filter(|k| **k < usize::MAX).count();
    println!(
        "median block as category {}, as number {}",
        category[30], number[30]
    );
    println!(
        "found of 60: as category {}, as number {}",
        found(&category),
        found(&number)
    );
    assert!(category[30] <= 50 && found(&category) >= 57);
    assert!(category[30] < number[30] && found(&number) >= 57);
}

/// Hardly ever anything in a quiet block, now and then something in a loud one.
fn rare(k: usize, coins: &[u8], dice: &mut Dice) -> f64 {
    let rate = if coin(k, coins, dice) { 1.2 } else { 0.05 };
    dice.poisson(rate)
}

#[test]
fn a_leak_in_rare_events_is_found_sooner_as_a_count() {
    let count = crossings(Kind::Count, 300, 9, rare);
    let number = crossings(Kind::Number, 300, 9, rare);
    println!(
        "median block as count {}, as number {}",
        count[30], number[30]
    );
    println!("95 % as count {}, as number {}", count[56], number[56]);
    assert!(count[30] < number[30] && count[56] <= number[56]);
}

/// Counts that vary far more than a Poisson law says, with a leak: nothing is lost by saying that
/// they are counts.
fn wild(k: usize, coins: &[u8], dice: &mut Dice) -> f64 {
    let rate = if coin(k, coins, dice) { 3.0 } else { 1.0 };
    (rate * dice.normal().exp() * 20.0).round()
}

#[test]
fn overdispersed_counts_do_not_hurt() {
    let count = crossings(Kind::Count, 300, 9, wild);
    let number = crossings(Kind::Number, 300, 9, wild);
    println!(
        "median block as count {}, as number {}",
        count[30], number[30]
    );
    assert!(count[30] <= number[30] + number[30] / 5);
}

/// A state that turns only when sound begins: its label says nothing, its changes do; and one that
/// comes two blocks late.
#[test]
fn changes_and_late_states_are_found() {
    let n = 200;
    let mut dice = Dice::new(5);
    let coins = dice.symbols(n, 2);
    let mut turns = 0.0;
    let begins = |k: usize| k > 0 && coins[k] == 1 && coins[k - 1] == 0;
    let turning: Vec<f64> = (0..n)
        .map(|k| {
            turns += f64::from(u8::from(begins(k)));
            turns
        })
        .collect();
    let late: Vec<f64> = (0..n)
        .map(|k| {
            let shown = k >= 2 && coins[k - 2] == 1;
            let pick = dice.below(2);
            if shown {
                [5.0, 9.0][pick]
            } else {
                [3.0, 11.0][pick]
            }
        })
        .collect();
    for (name, series) in [("turning", turning), ("late", late)] {
        let evidence = test(Kind::Category, &[series], &coins, 2);
        println!("{name}: ln W {:.1}", evidence.log_e);
        assert!(evidence.log_e > log_threshold(0.001), "{name}");
    }
}
