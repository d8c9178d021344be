//! How honest the figures are: on data whose answer is known.

use attack::classify::{Learner, Settings};
use attack::evaluate::{attacker, carriers, evaluate, open_set, window_split};
use attack::{Channel, Error, Folds, Series, Set, features};
use dice::Dice;

/// Noise around a level that each source has of its own; `apart` is what the class adds to it.
fn data(sources: usize, apart: f64, seed: u64) -> Vec<Series> {
    let mut all = Vec::new();
    for class in 0..3usize {
        for source in 0..sources {
            let mut dice = Dice::new(seed, class as u64, source as u64);
            let own = 10.0 * dice.normal() + apart * class as f64;
            let values = (0..300).map(|_| own + dice.normal()).collect();
            let name = "level".to_owned();
            let id = format!("{class}-{source}");
            let label = ["a", "b", "c"][class];
            all.push(Series::new(label, &[&id], 1.0, 6.0, vec![Channel { name, values }]).unwrap());
        }
    }
    all
}

fn settings() -> Settings {
    Settings {
        trees: 25,
        ..Settings::default()
    }
}

/// Recordings that can be told apart, activities that cannot: only a split by recordings is honest.
#[test]
fn a_split_by_window_claims_what_a_split_by_source_does_not_find() {
    let series = data(10, 0.0, 3);
    let folds = Folds::by_source(&series, 5, 1).unwrap();
    let windows = features::of(&series, 30.0, 99, Set::Full).unwrap();
    let honest = evaluate(&windows, &folds, settings(), false).unwrap();
    let accuracy = honest.accuracy();
    assert!(accuracy.contains(honest.chance()), "{accuracy:?}");
    let claimed = window_split(&windows, &folds, settings()).unwrap().claimed;
    assert!(claimed > accuracy.high + 0.2, "{claimed} {accuracy:?}");
    assert_eq!((honest.windows(), honest.clusters()), (300, 30));
}

/// Of sessions without any leak, about one in twenty may have an interval that misses chance.
#[test]
fn where_nothing_is_to_be_learnt_the_interval_contains_chance() {
    let contained = (0..20).filter(|&seed| {
        let series = data(8, 0.0, 100 + seed);
        let folds = Folds::by_source(&series, 4, seed).unwrap();
        let windows = features::of(&series, 60.0, 99, Set::Plain).unwrap();
        let few = Settings {
            trees: 10,
            ..settings()
        };
        let said = evaluate(&windows, &folds, few, false).unwrap();
        said.accuracy().contains(said.chance())
    });
    let contained = contained.count();
    assert!(contained >= 16, "{contained} of 20");
}

#[test]
fn what_is_there_is_found_the_same_way_each_time() {
    let series = data(8, 40.0, 5);
    let folds = Folds::by_source(&series, 4, 1).unwrap();
    let windows = features::of(&series, 60.0, 99, Set::Full).unwrap();
    let one = evaluate(&windows, &folds, settings(), true).unwrap();
    assert_eq!(one, evaluate(&windows, &folds, settings(), true).unwrap());
    let accuracy = one.accuracy();
    assert!(accuracy.low > 0.6, "{accuracy:?}");
    for row in one.confusion() {
        assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
    for said in &one.said {
        assert!((said.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
    // The level is all that tells them apart.
    let blind = features::of(&series, 60.0, 99, Set::LevelFree).unwrap();
    let blind = evaluate(&blind, &folds, settings(), false).unwrap();
    assert!(blind.accuracy().contains(blind.chance()));
    let better = blind.against(&one).unwrap().better;
    assert!(better.low > 0.2, "{better:?}");
    let carries = carriers(&windows, &folds, settings()).unwrap();
    assert!((carries.iter().map(|c| c.1).sum::<f64>() - 1.0).abs() < 1e-6);
    assert!(carries[0].1 >= carries[1].1);
}

#[test]
fn the_other_learners_learn_as_well() {
    let series = data(6, 40.0, 6);
    let folds = Folds::by_source(&series, 3, 1).unwrap();
    let windows = features::of(&series, 60.0, 99, Set::Plain).unwrap();
    for learner in [Learner::Forest, Learner::Boosted] {
        let other = Settings {
            learner,
            ..settings()
        };
        let said = evaluate(&windows, &folds, other, false).unwrap();
        let accuracy = said.accuracy();
        assert!(accuracy.low > 0.5, "{learner:?}: {accuracy:?}");
        assert_eq!(said, evaluate(&windows, &folds, other, false).unwrap());
    }
}

/// What lies between the classes is called none of them more often than what belongs to one.
#[test]
fn what_was_never_learnt_can_be_called_none_of_these() {
    let series = data(12, 60.0, 7);
    let folds = Folds::by_source(&series, 4, 1).unwrap();
    let windows = features::of(&series, 60.0, 99, Set::Full).unwrap();
    let between: Vec<Series> = data(6, 60.0, 8)
        .into_iter()
        .map(|s| {
            let mut channel = s.channels()[0].clone();
            channel.values.iter_mut().for_each(|v| *v += 30.0);
            Series::new("none", &[&s.sources()[0]], 1.0, 6.0, vec![channel]).unwrap()
        })
        .collect();
    let between = features::of(&between, 60.0, 99, Set::Full).unwrap();
    let open = open_set(&windows, &folds, &between, settings()).unwrap();
    assert!(open.told_apart > 0.5, "{open:?}");
    assert!(open.unknown_refused > open.known_refused, "{open:?}");
}

#[test]
fn an_attacker_learns_from_all_and_names_something_else() {
    let series = data(8, 60.0, 9);
    let folds = Folds::by_source(&series, 4, 1).unwrap();
    let windows = features::of(&series, 60.0, 99, Set::Plain).unwrap();
    let model = attacker(&windows, &folds, settings()).unwrap();
    let rows: Vec<&[f64]> = windows.rows.iter().map(|r| &**r).collect();
    let said = model.probabilities(&rows).unwrap();
    let right = said
        .iter()
        .zip(&windows.of_series)
        .filter(|(p, s)| model.named(p).map(|c| &*folds.classes()[c]) == Some(series[**s].label()));
    assert!(right.count() * 10 > rows.len() * 7);
    assert!(model.probabilities(&[]).unwrap().is_empty());
}

#[test]
fn outcomes_of_different_windows_are_not_compared() {
    let series = data(4, 60.0, 9);
    let folds = Folds::by_source(&series, 2, 1).unwrap();
    let of = |window_s| {
        let windows = features::of(&series, window_s, 99, Set::Plain).unwrap();
        evaluate(&windows, &folds, settings(), false).unwrap()
    };
    assert_eq!(of(60.0).against(&of(30.0)).unwrap_err(), Error::NotPaired);
}
