//! How fast the nested case is read, JSON in gzip in base64 in an HTTP request, and how fast TLS is
//! opened.

use std::hint::black_box;

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use miniz_oxide::deflate::compress_to_vec;
use wire::tls::{Keys, Piece, Session, Side};

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
    let head = format!(
        "POST /v1/r HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n",
        nested.len()
    );
    let request = [head.as_bytes(), nested.as_bytes()].concat();
    let leaves = wire::decode::decode(nested.as_bytes()).leaves.len();
    assert_eq!(leaves, 121, "the case is read");
    assert_eq!(wire::decode::decode(&request).leaves.len(), 122);
    let mut group = criterion.benchmark_group("decode");
    // Counted in bytes of the JSON, whatever it is wrapped in.
    for (name, bytes) in [
        ("json", json.as_bytes()),
        ("base64(gzip(json))", nested.as_bytes()),
        ("http(base64(gzip(json)))", &request),
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

/// A recorded connection (TLS 1.3, AES-128-GCM): what both sides sent, and the key log.
const SAMPLE: &str = include_str!("../tests/data/tls-13-aes128.txt");

/// HKDF-Expand-Label of TLS 1.3, without context.
fn expand<const N: usize>(secret: &[u8], label: &str) -> [u8; N] {
    let label = format!("tls13 {label}");
    let info = [&[0, N as u8, label.len() as u8], label.as_bytes(), &[0]].concat();
    let mut out = [0; N];
    let hkdf = hkdf::Hkdf::<sha2::Sha256>::from_prk(secret).unwrap();
    hkdf.expand(&info, &mut out).unwrap();
    out
}

/// So many records of 16 KiB, as the client of the sample would have sent them.
fn records(secret: &[u8], n: u64) -> Vec<u8> {
    let key: [u8; 16] = expand(secret, "key");
    let iv: [u8; 12] = expand(secret, "iv");
    let key = Aes128Gcm::new(&key.into());
    let mut out = Vec::new();
    for seq in 0..n {
        let mut nonce = iv;
        nonce[4..]
            .iter_mut()
            .zip(seq.to_be_bytes())
            .for_each(|(n, s)| *n ^= s);
        let mut content = vec![b'x'; 16 << 10];
        content.push(23);
        let [high, low] = (content.len() as u16 + 16).to_be_bytes();
        let header = [23, 3, 3, high, low];
        let tag = key.encrypt_inout_detached(&nonce.into(), &header, content.as_mut_slice().into());
        out.extend([&header[..], &content, &tag.unwrap()].concat());
    }
    out
}

fn tls(criterion: &mut Criterion) {
    let lines = |kind| {
        let lines = SAMPLE.lines().filter_map(move |line| line.split_once(' '));
        lines.filter(move |(k, _)| *k == kind).map(|(_, rest)| rest)
    };
    let log: String = lines("K").map(|line| format!("{line}\n")).collect();
    let keys = Keys::parse(log.as_bytes());
    let secret = lines("K").find_map(|line| line.strip_prefix("CLIENT_TRAFFIC_SECRET_0 "));
    let secret = hex::decode(secret.unwrap().split(' ').next_back().unwrap()).unwrap();
    let sent = |kind, n: usize| -> Vec<Vec<u8>> {
        lines(kind)
            .take(n)
            .map(|l| hex::decode(l).unwrap())
            .collect()
    };
    // Both hellos, and the client's end of the handshake.
    let (client, server) = (sent("C", 2), sent("S", 1));
    let records = records(&secret, 64);
    let read = |bytes: &[u8]| {
        let mut session = Session::default();
        let mut len = 0;
        let mut on = |piece| {
            if let Piece::Content { content, .. } = piece {
                len += content.len();
            }
        };
        session.push(Side::Client, &client[0], &keys, &mut on);
        session.push(Side::Server, &server[0], &keys, &mut on);
        session.push(Side::Client, &client[1], &keys, &mut on);
        for part in bytes.chunks(1_400) {
            session.push(Side::Client, part, &keys, &mut on);
        }
        len
    };
    assert_eq!(read(&records), 64 * (16 << 10), "all of it is opened");
    let mut group = criterion.benchmark_group("tls");
    group.throughput(Throughput::Bytes(records.len() as u64));
    group.bench_function("aes-128-gcm", |b| b.iter(|| read(black_box(&records))));
    group.finish();
}

criterion_group!(benches, sizes, tls);
criterion_main!(benches);
