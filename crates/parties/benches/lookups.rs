//! How long one look-up takes, once the tables are unpacked.

use std::hint::black_box;
use std::net::IpAddr;

use criterion::{Criterion, criterion_group, criterion_main};
use parties::{Request, country, decode, organisation};

fn lookups(criterion: &mut Criterion) {
    let hosts = [
        "o1.ingest.sentry.io",
        "www.google-analytics.com",
        "example.org",
    ];
    criterion.bench_function("organisation, three hosts", |b| {
        b.iter(|| hosts.map(|host| organisation(black_box(host))));
    });
    let addresses: [IpAddr; 2] = [
        [1, 1, 1, 1].into(),
        [0x2a00, 0x1450, 0, 0, 0, 0, 0, 1].into(),
    ];
    criterion.bench_function("country, two addresses", |b| {
        b.iter(|| addresses.map(|address| country(black_box(address))));
    });
    let body = br#"{"advertiser_id":"a","extinfo":"[\"a2\",\"org.example\",1,\"1.0\",\"14\",\"Pixel 7\"]"}"#;
    let request = Request {
        method: "POST",
        scheme: "https",
        host: "graph.facebook.com",
        path_and_query: "/v16.0/1/activities",
        body,
        ..Request::default()
    };
    criterion.bench_function("decode, a request of the Facebook SDK", |b| {
        b.iter(|| decode(black_box(&request)));
    });
    let unknown = Request {
        host: "example.org",
        ..request
    };
    criterion.bench_function("decode, a request to nobody known", |b| {
        b.iter(|| decode(black_box(&unknown)));
    });
}

criterion_group!(benches, lookups);
criterion_main!(benches);
