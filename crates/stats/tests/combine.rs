//! Codes that look at the same traffic: their mean keeps the promise at every moment.

mod common;

use common::Dice;
use stats::{
    Code, Numbers, Prepared, Settings, Value, binomial_limit, log_threshold, over_codes,
    over_independent,
};

const SECONDS: usize = 240;

/// ln W of a code with blocks of so many seconds over traffic in seconds.
fn code(traffic: &[Vec<f64>], block_s: usize, coins: &[u8]) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
    let means = |s: &Vec<f64>| {
        let mean = |c: &[f64]| Value::Number(c.iter().sum::<f64>() / c.len() as f64);
        (1.0, s.chunks_exact(block_s).map(mean).collect())
    };
    let numbers = Numbers::new(coins.len(), traffic.iter().map(means).collect()).unwrap();
    let evidence = Prepared::new(numbers, Settings::default())
        .test(coins)
        .unwrap();
    let ends = (1..=coins.len()).map(|k| (k * block_s) as f64).collect();
    (ends, evidence.path, evidence.prompt_path)
}

/// Traffic that drifts and bursts, the same for all codes; `shift` for each loud second of the
/// slow code.
fn session(seed: u64, shift: f64) -> (stats::Merged, stats::Merged) {
    let mut dice = Dice::new(seed);
    let coins = [2, 6, 12].map(|block_s| dice.symbols(SECONDS / block_s, 2));
    let mut state = 0.0;
    let mut second = |t: usize| {
        state = 0.95 * state + dice.normal();
        let burst = if dice.unit() < 0.05 {
            20.0 * dice.unit()
        } else {
            0.0
        };
        state + burst + shift * f64::from(coins[2][t / 12])
    };
    let traffic: Vec<Vec<f64>> = (0..4)
        .map(|_| (0..SECONDS).map(&mut second).collect())
        .collect();
    let each = [0, 1, 2].map(|i| code(&traffic, [2, 6, 12][i], &coins[i]));
    let merge = |prompt: bool| {
        let of = |(ends_s, path, known): &(Vec<f64>, Vec<f64>, Vec<f64>)| {
            (ends_s.clone(), if prompt { known } else { path }.clone())
        };
        let paths: Vec<_> = each.iter().map(of).collect();
        let weighted = paths.iter().zip([2.0, 1.0, 1.0]);
        let codes: Vec<Code> = weighted
            .map(|((ends_s, path), weight)| Code {
                weight,
                ends_s,
                path,
            })
            .collect();
        over_codes(&codes).unwrap()
    };
    (merge(false), merge(true))
}

#[test]
fn honest_traffic_shared_by_three_codes_is_accused_at_most_as_declared() {
    let reps = 1_000;
    let mut accused = [0; 2];
    for seed in 0..reps {
        let (merged, prompt) = session(seed, 0.0);
        for (accused, alpha) in accused.iter_mut().zip([0.05, 0.01]) {
            *accused += u64::from(merged.max_log_e >= log_threshold(alpha));
        }
        let pairs = merged.path.iter().zip(&prompt.path);
        assert!(pairs.clone().all(|(whole, part)| part.1 <= whole.1 + 1e-9));
        assert_eq!(
            (merged.path.len(), merged.path.len()),
            (prompt.path.len(), SECONDS / 2)
        );
    }
    println!("three codes: {accused:?} of {reps} accused at 5 and 1 %");
    assert!(accused[0] <= binomial_limit(reps, 0.05, 0.99));
    assert!(accused[1] <= binomial_limit(reps, 0.01, 0.99));
}

#[test]
fn a_leak_on_one_time_scale_is_found_by_the_mean() {
    let found = (0..40)
        .filter(|&seed| session(seed, 12.0).0.max_log_e >= log_threshold(0.05))
        .count();
    println!("found {found} of 40");
    assert!(found >= 30);
}

/// Two short sessions that say little each, together.
#[test]
fn products_of_independent_sessions_keep_the_promise() {
    let reps = 1_000;
    let accused = (0..reps)
        .filter(|&seed| {
            let ends = [0, 1, 2].map(|i| session(3 * seed + i, 0.0).0.log_e);
            over_independent(&ends).unwrap() >= log_threshold(0.05)
        })
        .count() as u64;
    println!("products: {accused} of {reps} accused at 5 %");
    assert!(accused <= binomial_limit(reps, 0.05, 0.99));
}
