//! What a session costs: 60 minutes with three codes (3,600 blocks of 1 s, 360 of 10 s, 60 of 60 s),
//! every expert, lag and learner; and one live block. Before the benchmarks a table is printed of
//! how time and memory grow with the number of series.

#[path = "../tests/common/mod.rs"]
mod common;

use std::hint::black_box;
use std::time::Instant;

use common::Dice;
use criterion::{Criterion, criterion_group};
use stats::{Kind, Live, Numbers, Prepared, Settings, Value};

const CODES: [usize; 3] = [3_600, 360, 60];

/// Six in ten series are numbers, three counts, one a category.
fn kind(series: usize) -> Kind {
    match series % 10 {
        0..6 => Kind::Number,
        6..9 => Kind::Count,
        _ => Kind::Category,
    }
}

fn value(kind: Kind, dice: &mut Dice) -> Value {
    Value::Number(match kind {
        Kind::Number => dice.normal(),
        Kind::Count => dice.poisson(5.0),
        Kind::Category => dice.below(6) as f64,
    })
}

fn numbers(n_series: usize, n_blocks: usize) -> Numbers {
    let mut dice = Dice::new(1);
    let series = (0..n_series).map(|j| {
        let values = (0..n_blocks).map(|_| value(kind(j), &mut dice));
        (1.0, kind(j), values.collect())
    });
    Numbers::of_kinds(n_blocks, series.collect()).unwrap()
}

/// From numbers to evidence, one code after the other.
fn session(codes: Vec<(Numbers, Vec<u8>)>) -> f64 {
    let test = |(numbers, symbols): (Numbers, Vec<u8>)| {
        let prepared = Prepared::new(numbers, Settings::default());
        prepared.test(&symbols).unwrap().log_e
    };
    codes.into_iter().map(test).sum()
}

fn codes(n_series: usize) -> Vec<(Numbers, Vec<u8>)> {
    let coins = |n| Dice::new(2).symbols(n, 2);
    let code = |n| (numbers(n_series, n), coins(n));
    CODES.map(code).into()
}

/// Highest memory of this process so far, MB.
fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kb = line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok());
    kb.map_or(f64::NAN, |kb| kb / 1024.0)
}

/// A live test that has been running for `past` blocks already.
fn running(n_series: usize, past: usize, dice: &mut Dice) -> Live {
    let series = (0..n_series).map(|j| (1.0, kind(j))).collect();
    let mut live = Live::new(series, Settings::default()).unwrap();
    for _ in 0..past {
        step(&mut live, &row(n_series, dice), dice.below(2) as u8);
    }
    live
}

fn row(n_series: usize, dice: &mut Dice) -> Vec<Value> {
    (0..n_series).map(|j| value(kind(j), dice)).collect()
}

fn step(live: &mut Live, row: &[Value], coin: u8) {
    black_box(live.push(row).unwrap());
    black_box(live.reveal(coin).unwrap());
}

fn table() {
    println!("series | session of three codes, s | peak, MB | live block of 1,000 past ones, ms");
    for n_series in [10, 100, 1_000] {
        let codes = codes(n_series);
        let start = Instant::now();
        black_box(session(codes));
        let whole_s = start.elapsed().as_secs_f64();
        let peak_mb = peak_mb();
        let mut dice = Dice::new(3);
        let mut live = running(n_series, 1_000, &mut dice);
        let rows: Vec<Vec<Value>> = (0..200).map(|_| row(n_series, &mut dice)).collect();
        let start = Instant::now();
        for (k, row) in rows.iter().enumerate() {
            step(&mut live, row, (k % 2) as u8);
        }
        let block_ms = start.elapsed().as_secs_f64() * 1e3 / rows.len() as f64;
        println!("{n_series} | {whole_s:.3} | {peak_mb:.0} | {block_ms:.3}");
    }
}

fn sessions(c: &mut Criterion) {
    let mut group = c.benchmark_group("session of three codes");
    group.sample_size(10);
    for n_series in [100, 1_000] {
        let codes = codes(n_series);
        group.bench_function(format!("{n_series} series"), |b| {
            b.iter_batched(
                || codes.clone(),
                session,
                criterion::BatchSize::PerIteration,
            );
        });
    }
}

fn live(c: &mut Criterion) {
    let mut dice = Dice::new(3);
    let mut live = running(1_000, 600, &mut dice);
    let rows: Vec<Vec<Value>> = (0..64).map(|_| row(1_000, &mut dice)).collect();
    let mut k = 0;
    c.bench_function("live block, 1,000 series", |b| {
        b.iter(|| {
            k += 1;
            step(&mut live, &rows[k % rows.len()], (k % 2) as u8);
        });
    });
}

/// The second opinion over 1,800 blocks of 100 series: 10,000 orders once, in the printed table.
fn second_opinion() {
    let numbers = numbers(100, 1_800);
    let symbols = Dice::new(5).symbols(1_800, 2);
    let mut dice = Dice::new(6);
    let start = Instant::now();
    let redraw = |order: &mut [u8]| order.copy_from_slice(&dice.symbols(order.len(), 2));
    let exact = stats::exact(&numbers, 2, &symbols, 10_000, redraw).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "exact test, 1,800 blocks, 100 series, 10,000 orders: {seconds:.2} s, p {}",
        exact.p
    );
}

criterion_group!(benches, sessions, live);

fn main() {
    table();
    second_opinion();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
