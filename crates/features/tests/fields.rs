//! Values of messages as series, and which bytes count as read.

mod common;

use common::*;
use features::{ClearText, Features};
use record::*;
use wire::Packet;

const BLOCK_0: u64 = 10 * SECOND + 240 * MS;

fn scene(blocks: u32) -> Scene {
    let mut scene = Scene::new(0, blocks);
    scene.begin(START.0, Phase::Muted);
    scene
}

fn compute(scene: &mut Scene) -> Features {
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    let session = scene.session();
    features_of(&session)
}

/// Names of the fields, what follows the flow's own series.
fn fields(features: &Features) -> Vec<&str> {
    let names = features.series.iter().map(|s| &s.name[..]);
    names
        .filter(|name| !name.contains(" out ") && !name.starts_with("all in"))
        .collect()
}

fn values<'f>(features: &'f Features, name: &str) -> &'f [Result<f64, features::Missing>] {
    let found = features.series.iter().find(|s| s.name == name);
    &found
        .unwrap_or_else(|| panic!("{name}: {:?}", fields(features)))
        .values
}

/// A TCP segment to port 80.
fn tcp(scene: &mut Scene, t: u64, seq: u32, payload: &[u8]) {
    let mut data = Vec::new();
    etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
        .ipv4([10, 77, 0, 2], [10, 77, 0, 1], 64)
        .tcp(40_000, 80, seq, 64_000)
        .write(&mut data, payload)
        .unwrap();
    scene.packets.push(Packet {
        t: MonotonicNs(t),
        orig_len: data.len() as u32,
        data: data.into(),
    });
}

fn read_of(features: &Features) -> (u64, u64) {
    let totals = &features.flows[0].muted;
    (totals.clear_bytes_out, totals.payload_bytes_out)
}

#[test]
fn each_value_has_the_block_of_its_message() {
    let mut scene = scene(3);
    let mut sent = 0;
    for (block, texts) in [(0, vec!["a", "b"]), (1, vec!["a"])] {
        for (n, text) in (0..).zip(texts) {
            let json = format!(
                "{{\"level\":{},\"on\":{},\"s\":\"{text}\"}}",
                10 * block + n,
                n == 0
            );
            sent += json.len() as u64;
            scene.out(
                BLOCK_0 + block * SECOND + n * 100 * MS,
                5_443,
                json.as_bytes(),
            );
        }
    }
    let features = compute(&mut scene);
    let none = Err(features::Missing::NoData);
    let at = |name: &str| values(&features, &format!("udp 10.77.0.1:5443 {name}")).to_vec();
    assert_eq!(at("$.level"), [Ok(1.0), Ok(10.0), none]);
    assert_eq!(at("$.on"), [Ok(0.5), Ok(1.0), none]);
    assert_eq!(at("$.s (which text)"), [Ok(1.0), Ok(0.0), none]);
    assert_eq!(read_of(&features), (sent, sent));
    assert_eq!(features.flows[0].clear_text, Some(ClearText::Data));
}

#[test]
fn many_fields_share_one_weight_and_too_many_are_not_read() {
    let with = |n: usize| {
        let mut scene = scene(8);
        for block in 0..8 {
            let all: Vec<String> = (0..n)
                .map(|i| format!("\"f{i}\":{}", i as u64 + block))
                .collect();
            let json = format!("{{{}}}", all.join(","));
            scene.out(BLOCK_0 + block * SECOND, 5_443, json.as_bytes());
        }
        compute(&mut scene)
    };
    let weight = |features: &Features| -> f64 {
        let of = features.series.iter().filter(|s| s.name.contains('$'));
        of.map(|s| s.weight).sum()
    };
    let (few, many, too_many) = (with(4), with(100), with(200));
    assert!((weight(&few) - 4.0).abs() < 1e-9 && (weight(&many) - 8.0).abs() < 1e-9);
    let (clear, sent) = read_of(&many);
    assert_eq!((clear, many.n_fields_left_out), (sent, 0));
    assert_eq!(
        (read_of(&too_many).0, too_many.n_fields_left_out),
        // One path of the 128 tells which values there were.
        (0, 8 * 73)
    );
}

#[test]
fn a_request_in_two_segments_is_read_and_what_is_sent_again_is_not() {
    let mut scene = scene(2);
    let request = b"POST /r HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n{\"q\":1.5}";
    tcp(&mut scene, BLOCK_0, 1_000, &request[..20]);
    tcp(&mut scene, BLOCK_0 + SECOND, 1_020, &request[20..]);
    tcp(&mut scene, BLOCK_0 + SECOND + MS, 1_020, &request[20..]);
    let features = compute(&mut scene);
    let none = Err(features::Missing::NoData);
    // Its last byte came in the second block.
    assert_eq!(values(&features, "POST h/r $.q"), [none, Ok(1.5)]);
    let (len, again) = (request.len() as u64, request.len() as u64 - 20);
    assert_eq!(read_of(&features), (len, len + again));
    assert_eq!(features.flows[0].clear_text, Some(ClearText::Http));
}

#[test]
fn unsure_formats_are_believed_where_a_whole_flow_looks_alike() {
    // {"a": n} in MessagePack, in all messages and in every second one.
    let with = |every: u64| {
        let mut scene = scene(4);
        for n in 0..40u64 {
            // No counter: such would be known beforehand, whatever its format.
            let value = (n * n % 100) as u8;
            let noise = [0xC1, 0xFF, value, 0xC1, 0x99];
            let packed = [0x81, 0xA1, b'a', value];
            let message = if n.is_multiple_of(every) {
                &packed[..]
            } else {
                &noise
            };
            scene.out(BLOCK_0 + n * 100 * MS, 5_443, message);
        }
        compute(&mut scene)
    };
    let all = with(1);
    assert_eq!(values(&all, "udp 10.77.0.1:5443 $.a")[0], Ok(81.0));
    assert_eq!(read_of(&all), (160, 160));
    let half = with(2);
    assert_eq!((fields(&half).len(), read_of(&half).0), (0, 0));
}
