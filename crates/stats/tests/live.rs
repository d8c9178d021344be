//! Block by block the same numbers as afterwards.

mod common;

use common::Dice;
use stats::{Kind, Live, Missing, Numbers, Parts, Prepared, Refused, Settings, Value};

const KINDS: [Kind; 5] = [
    Kind::Number,
    Kind::Count,
    Kind::Category,
    Kind::Number,
    Kind::Category,
];

/// Rows with leaks, holes and losses.
fn rows(coins: &[u8], dice: &mut Dice) -> Vec<Vec<Value>> {
    let row = |&s: &u8| {
        let value = |(idx, kind): (usize, &Kind)| match (dice.unit(), kind) {
            (u, _) if u < 0.05 => Value::Lost,
            (u, _) if u < 0.15 => Value::Absent,
            (_, Kind::Number) => Value::Number(dice.normal() + f64::from(s) * idx as f64),
            (_, Kind::Count) => Value::Number(dice.poisson(1.0 + 2.0 * f64::from(s))),
            (_, Kind::Category) => Value::Number((dice.below(3) + usize::from(s)) as f64),
        };
        KINDS.iter().enumerate().map(value).collect()
    };
    coins.iter().map(row).collect()
}

fn batch(
    rows: &[Vec<Value>],
    weights: &[f64],
    settings: Settings,
    coins: &[u8],
) -> stats::Evidence {
    let series = KINDS.iter().enumerate().map(|(j, &kind)| {
        let values = rows.iter().map(|row| row[j]).collect();
        (weights[j], kind, values)
    });
    let numbers = Numbers::of_kinds(rows.len(), series.collect()).unwrap();
    Prepared::new(numbers, settings).test(coins).unwrap()
}

fn close(a: &[f64], b: &[f64]) -> bool {
    // A forfeited stake is nothing on both sides.
    let near = |(a, b): (&f64, &f64)| a == b || (a - b).abs() < 1e-9;
    a.len() == b.len() && a.iter().zip(b).all(near)
}

#[test]
fn live_is_the_batch_at_every_block() {
    let weights = [1.0, 3.0, 0.0, 0.5, 2.0];
    let usual = Settings::default();
    let charge = Settings {
        missing: Missing::Charge,
        ..usual
    };
    let four = Settings { levels: 4, ..usual };
    let two_coins = Settings {
        two_coins: 0.85,
        ..usual
    };
    let by_lines = Settings {
        parts: Parts::NONE,
        ..usual
    };
    // The blocks from which on some are lost: one in the opening forfeits what waits.
    for (settings, whole_until) in [
        (usual, 0),
        (charge, 0),
        (charge, 20),
        (four, 0),
        (two_coins, 0),
        (by_lines, 0),
    ] {
        let levels = settings.levels;
        let mut dice = Dice::new(u64::from(levels));
        let coins = dice.symbols(150, levels);
        let mut rows = rows(&coins, &mut dice);
        let lost = rows[..whole_until].iter_mut().flatten();
        lost.filter(|v| **v == Value::Lost)
            .for_each(|v| *v = Value::Absent);
        let series = weights.into_iter().zip(KINDS);
        let mut live = Live::new(series.collect(), settings).unwrap();
        for k in 0..coins.len() {
            let law = live.push(&rows[k]).unwrap();
            assert!((law.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let known = live.reveal(coins[k]).unwrap();
            if k % 37 < 3 || (9..20).contains(&k) || k + 1 == coins.len() {
                let (own, whole) = (
                    live.evidence(),
                    batch(&rows[..=k], &weights, settings, &coins[..=k]),
                );
                assert!(close(&own.path, &whole.path), "block {k}");
                assert!(close(&own.prompt_path, &whole.prompt_path));
                assert!(close(&own.coin_path, &whole.coin_path));
                assert!(close(&own.prompt_coin_path, &whole.prompt_coin_path));
                assert!(close(&own.series_log_e, &whole.series_log_e));
                assert!(close(&own.prompt_series_log_e, &whole.prompt_series_log_e));
                assert_eq!((own.guesses, own.n_right), (whole.guesses, whole.n_right));
                assert_eq!((own.n, own.settled), (whole.n, whole.settled));
                assert!((known - whole.prompt_path[k]).abs() < 1e-9, "block {k}");
            }
        }
        println!("{settings:?}: ln W {:.1}", live.evidence().log_e);
    }
}

/// A block that was seen while its coin is hidden settles bets on earlier ones, and counts nothing
/// twice.
#[test]
fn an_open_block_only_settles_earlier_ones() {
    let mut dice = Dice::new(9);
    let coins = dice.symbols(30, 2);
    let rows = rows(&coins, &mut dice);
    let series = KINDS.map(|kind| (1.0, kind)).to_vec();
    let mut live = Live::new(series, Settings::default()).unwrap();
    for k in 0..29 {
        live.push(&rows[k]).unwrap();
        live.reveal(coins[k]).unwrap();
    }
    live.push(&rows[29]).unwrap();
    let open = live.evidence();
    let whole = batch(&rows, &[1.0; 5], Settings::default(), &coins);
    assert_eq!(open.path.len(), 29);
    assert!(close(&open.path, &whole.path[..29]));
}

#[test]
fn blocks_and_coins_take_turns() {
    let mut live = Live::new(vec![(1.0, Kind::Count)], Settings::default()).unwrap();
    let one = [Value::Number(1.0)];
    assert_eq!(live.reveal(0), Err(Refused::Order));
    live.push(&one).unwrap();
    assert_eq!(live.push(&one), Err(Refused::Order));
    assert!(matches!(live.reveal(2), Err(Refused::Symbol { .. })));
    live.reveal(1).unwrap();
    let row = Refused::Row {
        found: 2,
        expected: 1,
    };
    assert_eq!(live.push(&[one[0]; 2]), Err(row));
    let unfit = Refused::NotUsable {
        series: 0,
        block: 1,
    };
    assert_eq!(live.push(&[Value::Number(0.5)]), Err(unfit));
    assert_eq!(live.push(&[Value::Number(f64::NAN)]), Err(unfit));
    // A refused row changes nothing.
    live.push(&one).unwrap();
    live.reveal(0).unwrap();
    assert_eq!(live.n_blocks(), 2);
    let none = Live::new(vec![], Settings::default()).unwrap().evidence();
    assert_eq!((none.n, none.log_e), (0, 0.0));
    assert_eq!(
        Live::new(vec![(f64::NAN, Kind::Number)], Settings::default()).err(),
        Some(Refused::Weight { series: 0 })
    );
}
