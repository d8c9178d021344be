//! How fast the nested case is read: JSON in gzip in base64 in an HTTP request.

use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use miniz_oxide::deflate::compress_to_vec;

/// A report of 60 levels with some fields around them, like real telemetry.
fn json() -> String {
    let levels: Vec<String> = (0..60)
        .map(|i| format!("{{\"gain\":0.{:03},\"on\":true}}", i * 7))
        .collect();
    format!(
        "{{\"event\":{{\"name\":\"report\",\"intervals\":[{}]}}}}",
        levels.join(",")
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    out.extend(compress_to_vec(bytes, 6));
    out.extend([0; 8]);
    out
}

fn sizes(criterion: &mut Criterion) {
    let json = json();
    let nested = STANDARD.encode(gzip(json.as_bytes()));
    let noise: Vec<u8> = (0..160u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let leaves = wire::decode::decode(nested.as_bytes()).leaves.len();
    assert_eq!(leaves, 121, "the case is read");
    let mut group = criterion.benchmark_group("decode");
    // Counted in bytes of the JSON, whatever it is wrapped in.
    for (name, bytes) in [
        ("json", json.as_bytes()),
        ("base64(gzip(json))", nested.as_bytes()),
    ] {
        group.throughput(Throughput::Bytes(json.len() as u64));
        group.bench_function(name, |b| b.iter(|| wire::decode::decode(black_box(bytes))));
    }
    group.throughput(Throughput::Bytes(noise.len() as u64));
    group.bench_function("encrypted", |b| {
        b.iter(|| wire::decode::decode(black_box(&noise)))
    });
    group.finish();
}

criterion_group!(benches, sizes);
criterion_main!(benches);
