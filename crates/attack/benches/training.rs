//! Training and evaluating on as many windows as a row of the table has: six activities, 16 sittings of
//! each in 2 rooms, 10 windows of a minute each, at a level a second.

use attack::classify::{Model, Settings};
use attack::evaluate::evaluate;
use attack::features::{self, Features, Set};
use attack::{Channel, Folds, Series};
use criterion::{Criterion, criterion_group, criterion_main};
use dice::Dice;

const ACTIVITIES: [&str; 6] = ["clean", "cook", "dog", "music", "speech", "typing"];
const SITTINGS: u64 = 16;
const ROOMS: u64 = 2;
const WINDOWS: usize = 10;

/// Levels that wander, each activity at a pace and with jumps of its own.
fn series() -> Vec<Series> {
    let mut all = Vec::new();
    for (class, label) in (0u64..).zip(ACTIVITIES) {
        for sitting in 0..SITTINGS {
            for room in 0..ROOMS {
                let mut dice = Dice::new(class, sitting, room);
                let (pull, jump) = (dice.within(0.02, 0.2), 0.5 + 0.5 * class as f64);
                let mut level = -40.0;
                let values = (0..WINDOWS * 60).map(|_| {
                    level += jump * dice.normal() - pull * (level + 40.0);
                    f64::round(level)
                });
                let channel = Channel {
                    name: "level".to_owned(),
                    values: values.collect(),
                };
                let source = format!("{label} {sitting}");
                let series = Series::new(label, &[&source], 1.0, 6.0, vec![channel]);
                all.push(series.expect("a series"));
            }
        }
    }
    all
}

fn windows(series: &[Series]) -> Features {
    features::of(series, 60.0, WINDOWS, Set::Full).expect("windows")
}

fn benches(c: &mut Criterion) {
    let series = series();
    let folds = Folds::by_source(&series, 4, 1).expect("folds");
    let windows = windows(&series);
    let rows: Vec<&[f64]> = windows.rows.iter().map(|r| &**r).collect();
    let of: Vec<usize> = windows
        .of_series
        .iter()
        .map(|s| s / (SITTINGS * ROOMS) as usize)
        .collect();
    let settings = Settings::default();
    let mut group = c.benchmark_group(format!("{} windows of six activities", rows.len()));
    group.sample_size(10);
    group.bench_function("learnt from", |b| {
        b.iter(|| Model::learn(&rows, &of, ACTIVITIES.len(), settings).expect("a model"));
    });
    let model = Model::learn(&rows, &of, ACTIVITIES.len(), settings).expect("a model");
    group.bench_function("named", |b| {
        b.iter(|| model.probabilities(&rows).expect("probabilities"));
    });
    group.bench_function("evaluated in four folds", |b| {
        b.iter(|| evaluate(&windows, &folds, settings, false).expect("an outcome"));
    });
    group.bench_function("evaluated and calibrated", |b| {
        b.iter(|| evaluate(&windows, &folds, settings, true).expect("an outcome"));
    });
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
