//! Input that is wrong or empty: a typed error or no evidence, never a number that looks like one.

mod common;

use common::Dice;
use stats::{Evidence, Kind, Live, Missing, Numbers, Prepared, Refused, Settings, Value};

fn one(kind: Kind, y: f64) -> Result<Numbers, Refused> {
    Numbers::of_kinds(2, vec![(1.0, kind, vec![Value::Absent, Value::Number(y)])])
}

#[test]
fn values_that_their_kind_does_not_have_are_refused() {
    let refused = Err(Refused::NotUsable {
        series: 0,
        block: 1,
    });
    let never = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e101];
    for kind in [Kind::Number, Kind::Count, Kind::Category] {
        for y in never {
            assert_eq!(one(kind, y), refused, "{kind:?} {y}");
        }
    }
    for y in [-1.0, 0.5, 1e16] {
        assert_eq!(one(Kind::Count, y), refused);
    }
    for y in [-1.0, 0.5, 65_536.0] {
        assert_eq!(one(Kind::Category, y), refused);
    }
    assert!(one(Kind::Number, -1e99).is_ok());
    assert!(one(Kind::Count, 9e15).is_ok() && one(Kind::Count, -0.0).is_ok());
    assert!(one(Kind::Category, 65_535.0).is_ok());
}

#[test]
fn weights_and_lengths_that_do_not_fit_are_refused() {
    for weight in [f64::NAN, f64::INFINITY, -1e-9] {
        let refused = Numbers::of_kinds(0, vec![(weight, Kind::Count, vec![])]);
        assert_eq!(refused, Err(Refused::Weight { series: 0 }));
    }
    let refused = Numbers::of_kinds(3, vec![(1.0, Kind::Category, vec![Value::Lost])]);
    let length = Refused::Length {
        series: 0,
        found: 1,
        expected: 3,
    };
    assert_eq!(refused, Err(length));
}

#[test]
fn settings_that_nobody_can_bet_with_are_refused() {
    let numbers = Numbers::new(1, vec![(1.0, vec![Value::Number(1.0)])]).unwrap();
    for levels in [0, 1, 17, 255] {
        let settings = Settings {
            levels,
            ..Settings::default()
        };
        let prepared = Prepared::new(numbers.clone(), settings);
        assert_eq!(prepared.test(&[0]), Err(Refused::Levels(levels)));
        assert_eq!(
            prepared.highest_of_each(&[0], 1.0),
            Err(Refused::Levels(levels))
        );
        let live = Live::new(vec![(1.0, Kind::Number)], settings);
        assert_eq!(live.err(), Some(Refused::Levels(levels)));
    }
    for clip in [0.0, 1.0, -0.1, f64::NAN] {
        let settings = Settings {
            clip,
            ..Settings::default()
        };
        assert_eq!(
            Prepared::new(numbers.clone(), settings).test(&[0]),
            Err(Refused::Clip)
        );
    }
}

fn says_nothing(evidence: &Evidence, n: usize) {
    assert_eq!(
        (evidence.n, evidence.path.len(), evidence.guesses.len()),
        // Nobody guesses before the opening's end.
        (n, n, if n < 12 { 0 } else { n })
    );
    assert!(
        evidence.path.iter().all(|l| l.abs() < 1e-9),
        "{:?}",
        evidence.path
    );
    assert!(evidence.log_e.abs() < 1e-9 && evidence.max_log_e < 1e-9);
    assert!(evidence.series_log_e.iter().all(|l| l.abs() < 1e-9));
}

#[test]
fn what_never_moves_is_no_evidence() {
    let coins = Dice::new(1).symbols(50, 2);
    for kind in [Kind::Number, Kind::Count, Kind::Category] {
        for value in [
            Value::Number(0.0),
            Value::Number(7.0),
            Value::Lost,
            Value::Absent,
        ] {
            let series = vec![(1.0, kind, vec![value; 50]); 3];
            let numbers = Numbers::of_kinds(50, series).unwrap();
            let evidence = Prepared::new(numbers, Settings::default())
                .test(&coins)
                .unwrap();
            says_nothing(&evidence, 50);
        }
    }
}

#[test]
fn no_blocks_and_one_block_are_no_evidence() {
    for n in [0, 1] {
        for kind in [Kind::Number, Kind::Count, Kind::Category] {
            let series = vec![(1.0, kind, vec![Value::Number(3.0); n]); 2];
            let numbers = Numbers::of_kinds(n, series).unwrap();
            let evidence = Prepared::new(numbers, Settings::default())
                .test(&vec![1; n])
                .unwrap();
            says_nothing(&evidence, n);
            assert_eq!(evidence.settled, 0);
        }
    }
}

/// All blocks lost and charged: the evidence falls, and never rises.
#[test]
fn losing_everything_only_costs() {
    let coins = Dice::new(1).symbols(20, 2);
    let settings = Settings {
        missing: Missing::Charge,
        ..Settings::default()
    };
    for kind in [Kind::Number, Kind::Count, Kind::Category] {
        let numbers = Numbers::of_kinds(20, vec![(1.0, kind, vec![Value::Lost; 20])]).unwrap();
        let evidence = Prepared::new(numbers, settings).test(&coins).unwrap();
        // Half of the stake waited, and is forfeited.
        let expected = 20.0 * 0.02f64.ln() + 0.5f64.ln();
        assert!(
            (evidence.log_e - expected).abs() < 1e-6,
            "{kind:?}: {}",
            evidence.log_e
        );
        assert_eq!(evidence.max_log_e, 0.0);
    }
}

proptest::proptest! {
    /// Whatever the counts and labels, the evidence is a number and no expert gives out.
    #[test]
    fn any_counts_and_labels_give_finite_evidence(
        rows in proptest::collection::vec((0..1u64 << 53, 0..65_536u32, 0..9u8), 0..40),
        seed: u64,
        levels in 2..5u8,
    ) {
        let number = |y: f64| Value::Number(y);
        let counts = rows.iter().map(|r| number((r.0 >> (r.2 * 6)) as f64)).collect();
        let labels = rows.iter().map(|r| number(f64::from(r.1 >> r.2))).collect();
        let series = vec![(1.0, Kind::Count, counts), (1.0, Kind::Category, labels)];
        let coins = Dice::new(seed).symbols(rows.len(), levels);
        let settings = Settings { levels, ..Settings::default() };
        let numbers = Numbers::of_kinds(rows.len(), series).unwrap();
        let evidence = Prepared::new(numbers, settings).test(&coins).unwrap();
        proptest::prop_assert!(evidence.path.iter().all(|l| l.is_finite()));
        proptest::prop_assert!(evidence.series_log_e.iter().all(|l| l.is_finite()));
    }
}
