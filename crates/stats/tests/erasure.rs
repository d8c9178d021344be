//! A leak that shows the coin in a share of the blocks and nothing in the others: the channel for
//! which an accuracy of theta really means 2 theta - 1 bits.

mod common;

use common::Dice;
use stats::{
    Kind, Numbers, Prepared, Settings, Value, binomial_limit, bits_at_least, bits_at_most,
    theta_upper,
};

const ALPHA: f64 = 0.05;

fn erasure(share: f64, n: usize, seed: u64) -> stats::Evidence {
    let mut dice = Dice::new(seed);
    let coins = dice.symbols(n, 2);
    let shown = |&s: &u8| {
        let shows = dice.unit() < share;
        Value::Number(if shows { 1.0 + f64::from(s) } else { 0.0 })
    };
    let values = coins.iter().map(shown).collect();
    let numbers = Numbers::of_kinds(n, vec![(1.0, Kind::Category, values)]).unwrap();
    Prepared::new(numbers, Settings::default())
        .test(&coins)
        .unwrap()
}

/// What is the *least* that an accuracy of theta can mean (Fano), and was once taken for the most.
fn fano(theta: f64) -> f64 {
    1.0 + theta * theta.log2() + (1.0 - theta) * (1.0 - theta).log2()
}

#[test]
fn bounds_cover_an_erasure_leak() {
    let (reps, n) = (200, 1_000);
    for share in [0.05, 0.2, 0.5, 0.8] {
        let (mut theta_missed, mut bits_missed, mut fano_missed, mut least_missed) = (0, 0, 0, 0);
        for seed in 0..reps {
            let evidence = erasure(share, n, seed);
            let theta = theta_upper(n as u64, evidence.n_right as u64, ALPHA, 20.0, 20.0);
            theta_missed += u64::from(theta < (1.0 + share) / 2.0);
            bits_missed += u64::from(bits_at_most(theta) < share);
            fano_missed += u64::from(fano(theta) < share);
            least_missed += u64::from(bits_at_least(&evidence.coin_path, 2, ALPHA) > share);
        }
        println!(
            "share {share}: of {reps}, theta missed {theta_missed}, bits at most {bits_missed}, \
             1 - h2 {fano_missed}, bits at least {least_missed}"
        );
        let most = binomial_limit(reps, ALPHA, 0.99);
        assert!(theta_missed <= most && bits_missed <= most && least_missed <= most);
        assert!(fano_missed > 9 * reps / 10, "1 - h2 would have covered");
    }
}
