//! Features of a day of 20 ms levels: to be made in under 2 s on one core.

use attack::features::{self, Set};
use attack::{Channel, Series};
use criterion::{Criterion, criterion_group, criterion_main};
use dice::Dice;

fn day(every_s: f64) -> Series {
    let mut dice = Dice::new(1, 2, 3);
    let mut level = -50.0;
    let values = (0..(86_400.0 / every_s) as usize)
        .map(|_| {
            level += dice.normal() - 0.05 * (level + 50.0);
            f64::round(level)
        })
        .collect();
    let channel = Channel {
        name: "level".to_owned(),
        values,
    };
    Series::new("day", &["1"], every_s, 6.0, vec![channel]).expect("a series")
}

fn benches(c: &mut Criterion) {
    let mut group = c.benchmark_group("features of a day");
    group.sample_size(10);
    for (name, every_s, window_s) in [
        ("20 ms in minutes", 0.02, 60.0),
        ("20 ms in ten minutes", 0.02, 600.0),
        ("seconds in minutes", 1.0, 60.0),
    ] {
        let series = [day(every_s)];
        group.bench_function(name, |b| {
            b.iter(|| features::of(&series, window_s, usize::MAX, Set::Full));
        });
    }
    group.finish();
}

criterion_group!(all, benches);
criterion_main!(all);
