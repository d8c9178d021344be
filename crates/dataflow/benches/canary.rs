//! How fast plaintext is searched for all forms of 100 canaries, by the sieve and by an automaton, and how fast
//! messages are unpacked and searched.

use std::hint::black_box;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dataflow::canary::Needles;
use dice::Dice;

#[path = "../tests/common/mod.rs"]
mod common;

/// One report of telemetry: words, numbers, identifiers in hexadecimal digits and in base64.
fn report(dice: &mut Dice) -> String {
    let mut bytes = |n: usize| -> Vec<u8> { (0..n).map(|_| dice.below(256) as u8).collect() };
    let (id, token, trace) = (bytes(16), bytes(48), bytes(32));
    let levels: Vec<String> = bytes(20)
        .iter()
        .map(|b| format!("{{\"gain\":0.{b:03},\"on\":true}}"))
        .collect();
    format!(
        "{{\"event\":\"call.quality\",\"session\":\"{}\",\"trace\":\"{}\",\"token\":\"{}\",\"client\":{{\"name\":\"Example \
         Desktop\",\"version\":\"7.4.1\",\"platform\":\"linux\",\"locale\":\"de_DE\"}},\"url\":\"https://api.example.org/v2/calls?\
         region=eu-central-1&retry=0\",\"levels\":[{}]}}",
        hex::encode(id),
        hex::encode(trace),
        STANDARD.encode(token),
        levels.join(",")
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    out.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
    out.extend([0; 8]);
    out
}

fn search(criterion: &mut Criterion) {
    let mut dice = Dice::new(7, 0, 0);
    let mut text = String::new();
    while text.len() < 8 << 20 {
        text.push_str(&report(&mut dice));
        text.push('\n');
    }
    let noise: Vec<u8> = (0..8 << 20).map(|_| dice.below(256) as u8).collect();
    let canaries = common::drawn(100, 1);
    let needles = Needles::new(&canaries).unwrap();
    let forms: Vec<&[u8]> = needles.forms().map(|(_, _, form)| form).collect();
    println!(
        "{} forms, {} bytes",
        forms.len(),
        forms.iter().map(|form| form.len()).sum::<usize>()
    );
    let mut group = criterion.benchmark_group("search");
    group.sample_size(20);
    for (name, bytes) in [("json", text.as_bytes()), ("random", &noise)] {
        group.throughput(Throughput::BytesDecimal(bytes.len() as u64));
        group.bench_function(format!("100 canaries in {name}"), |b| {
            b.iter(|| {
                let mut n = 0;
                needles.each(black_box(bytes), |_| n += 1);
                n
            })
        });
    }
    // What the sieve is instead of.
    let automaton = AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(&forms)
        .unwrap();
    group.sample_size(10);
    group.throughput(Throughput::BytesDecimal(text.len() as u64));
    group.bench_function("an automaton in json", |b| {
        b.iter(|| {
            automaton
                .find_overlapping_iter(black_box(text.as_bytes()))
                .count()
        })
    });
    group.finish();
}

fn build(criterion: &mut Criterion) {
    let canaries = common::drawn(100, 1);
    let mut group = criterion.benchmark_group("build");
    group.sample_size(10);
    group.bench_function("100 canaries", |b| {
        b.iter(|| Needles::new(black_box(&canaries)).unwrap())
    });
    group.finish();
}

fn messages(criterion: &mut Criterion) {
    let mut dice = Dice::new(8, 0, 0);
    let needles = Needles::new(&common::drawn(100, 1)).unwrap();
    let json = report(&mut dice);
    let nested = STANDARD.encode(gzip(json.as_bytes()));
    let mut group = criterion.benchmark_group("message");
    // Counted in bytes of the JSON, whatever it is wrapped in.
    group.throughput(Throughput::BytesDecimal(json.len() as u64));
    for (name, bytes) in [("json", &json), ("base64(gzip(json))", &nested)] {
        group.bench_function(name, |b| {
            b.iter(|| needles.search_message(black_box(bytes.as_bytes())))
        });
    }
    group.finish();
}

criterion_group!(benches, search, build, messages);
criterion_main!(benches);
