//! The second opinion: uniform p without a leak, small p with one.

mod common;

use common::Dice;
use stats::{Exact, Kind, Numbers, Refused, Value, binomial_limit, exact};

/// Traffic of every kind, with holes; `leak` is added per level of loudness.
fn numbers(symbols: &[u8], leak: f64, dice: &mut Dice) -> Numbers {
    let n = symbols.len();
    let mut walk = 0.0;
    let kinds = [Kind::Number, Kind::Number, Kind::Count, Kind::Category];
    let series = kinds.into_iter().enumerate().map(|(idx, kind)| {
        let value = |&s: &u8| {
            let shown = leak * f64::from(s);
            walk += dice.normal();
            match (dice.unit(), idx) {
                (u, _) if u < 0.1 => Value::Absent,
                (_, 0) => Value::Number((3.0 * dice.normal()).exp()),
                (_, 1) => Value::Number(walk + 2.0 * shown),
                (_, 2) => Value::Number(dice.poisson(3.0)),
                _ => Value::Number(dice.below(4) as f64),
            }
        };
        (1.0, kind, symbols.iter().map(value).collect())
    });
    Numbers::of_kinds(n, series.collect()).unwrap()
}

fn run(numbers: &Numbers, levels: u8, symbols: &[u8], redraws: u32, dice: &mut Dice) -> Exact {
    let redraw = |order: &mut [u8]| order.copy_from_slice(&dice.symbols(order.len(), levels));
    exact(numbers, levels, symbols, redraws, redraw).unwrap()
}

#[test]
fn honest_numbers_have_uniform_p() {
    let reps = 1_000;
    for levels in [2, 4] {
        let mut below = [0; 3];
        for seed in 0..reps {
            let mut dice = Dice::new(seed);
            let symbols = dice.symbols(60, levels);
            let numbers = numbers(&symbols, 0.0, &mut dice);
            let p = run(&numbers, levels, &symbols, 199, &mut dice).p;
            for (below, at) in below.iter_mut().zip([0.01, 0.05, 0.5]) {
                *below += u64::from(p <= at);
            }
        }
        println!("{levels} levels: p at most 0.01, 0.05, 0.5 in {below:?} of {reps}");
        for (below, at) in below.into_iter().zip([0.01, 0.05, 0.5]) {
            let most = binomial_limit(reps, at, 0.995);
            let least = reps - binomial_limit(reps, 1.0 - at, 0.995);
            assert!((least..=most).contains(&below), "{at}: {below} of {reps}");
        }
    }
}

#[test]
fn a_leak_in_what_drifts_is_found_and_named() {
    let found = (0..40u64)
        .filter(|&seed| {
            let mut dice = Dice::new(seed);
            let symbols = dice.symbols(120, 2);
            let numbers = numbers(&symbols, 1.0, &mut dice);
            let exact = run(&numbers, 2, &symbols, 999, &mut dice);
            exact.p <= 0.005 && exact.series == Some(1)
        })
        .count();
    println!("found and named {found} of 40");
    assert!(found >= 36);
}

#[test]
fn a_label_that_follows_the_level_is_found() {
    let mut dice = Dice::new(3);
    let symbols = dice.symbols(80, 4);
    let label = |&s: &u8| Value::Number(if s == 3 { 7.0 } else { dice.below(3) as f64 });
    let values = symbols.iter().map(label).collect();
    let numbers = Numbers::of_kinds(80, vec![(1.0, Kind::Category, values)]).unwrap();
    let exact = run(&numbers, 4, &symbols, 999, &mut dice);
    assert_eq!((exact.p, exact.redraws), (0.001, 999));
    assert!(exact.statistic > 4.0, "{exact:?}");
}

/// What is not there says nothing; where nothing moves, every order fits as well.
#[test]
fn nothing_to_look_at_gives_a_p_of_one() {
    let symbols = Dice::new(1).symbols(40, 2);
    let constant = vec![Value::Number(3.0); 40];
    for values in [constant, vec![Value::Lost; 40], vec![Value::Absent; 40]] {
        let numbers = Numbers::new(40, vec![(1.0, values)]).unwrap();
        let exact = run(&numbers, 2, &symbols, 99, &mut Dice::new(2));
        assert_eq!((exact.p, exact.series, exact.statistic), (1.0, None, 0.0));
    }
    let none = run(
        &Numbers::new(0, vec![]).unwrap(),
        2,
        &[],
        99,
        &mut Dice::new(2),
    );
    assert_eq!((none.p, none.series), (1.0, None));
    let no_redraw = run(
        &Numbers::new(0, vec![]).unwrap(),
        2,
        &[],
        0,
        &mut Dice::new(2),
    );
    assert_eq!(no_redraw.p, 1.0);
}

#[test]
fn orders_that_do_not_fit_are_refused() {
    let numbers = Numbers::new(2, vec![(1.0, vec![Value::Number(1.0); 2])]).unwrap();
    let refused = |levels, symbols: &[u8], drawn: u8| {
        exact(&numbers, levels, symbols, 9, |order| order.fill(drawn)).unwrap_err()
    };
    assert_eq!(refused(1, &[0, 0], 0), Refused::Levels(1));
    assert_eq!(refused(17, &[0, 0], 0), Refused::Levels(17));
    let symbols = Refused::Symbols {
        found: 1,
        expected: 2,
    };
    assert_eq!(refused(2, &[0], 0), symbols);
    assert!(matches!(
        refused(2, &[0, 2], 0),
        Refused::Symbol { block: 1, .. }
    ));
    assert!(matches!(
        refused(2, &[0, 1], 5),
        Refused::Symbol { symbol: 5, .. }
    ));
}
