//! What was sent over TLS is read where the capture holds its keys, and only there.

mod common;

use common::*;
use features::Features;
use record::*;
use wire::Packet;
use wire::tls::Keys;

const SAMPLES: [&str; 4] = [
    include_str!("../../wire/tests/data/tls-13-aes128.txt"),
    include_str!("../../wire/tests/data/tls-13-chacha20.txt"),
    include_str!("../../wire/tests/data/tls-12-aes256.txt"),
    include_str!("../../wire/tests/data/tls-12-chacha20.txt"),
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
    digits.map(|pair| byte(pair).unwrap()).collect()
}

/// The recorded connection, played in one block in segments of `mss` bytes; the keys with it.
fn scene(sample: &str, mss: usize) -> Scene {
    let mut scene = Scene::new(0, 4);
    scene.begin(START.0, Phase::Muted);
    let mut keylog = String::new();
    let (mut seq, mut t) = ([1_000u32, 9_000], 11 * SECOND);
    for line in sample.lines() {
        let (kind, rest) = line.split_once(' ').unwrap();
        let from_app = match kind {
            "C" => true,
            "S" => false,
            "K" => {
                keylog.extend([rest, "\n"]);
                continue;
            }
            _ => continue,
        };
        for part in bytes(rest).chunks(mss) {
            let (app, server) = (([10, 77, 0, 2], 40_000), ([10, 77, 0, 1], 443));
            let (src, dst) = if from_app {
                (app, server)
            } else {
                (server, app)
            };
            let seq = &mut seq[usize::from(from_app)];
            let mut data = Vec::new();
            etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
                .ipv4(src.0, dst.0, 64)
                .tcp(src.1, dst.1, *seq, 64_000)
                .write(&mut data, part)
                .unwrap();
            *seq += part.len() as u32;
            scene.packets.push(Packet {
                t: MonotonicNs(t),
                orig_len: data.len() as u32,
                data: data.into(),
            });
            t += MS;
        }
    }
    scene.keys = Some(Keys::parse(keylog.as_bytes()));
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    scene
}

fn compute(scene: &Scene) -> Features {
    let session = scene.session();
    features_of(&session)
}

#[test]
fn what_the_keys_open_is_read_and_is_no_clear_text() {
    for sample in SAMPLES {
        for mss in [1_400, 100, 7] {
            let features = compute(&scene(sample, mss));
            let level = features
                .series
                .iter()
                .find(|s| s.name == "POST localhost/v1/metrics $.level[1]");
            let level = level.expect("the body's value is a series");
            assert!(level.values.contains(&Ok(2.0)));
            let flow = &features.flows[0];
            assert_eq!(flow.clear_text, None);
            // Read are the record of the head, whole, and twenty bytes of the body's; the line's end
            // behind that is no request.
            let is_13 = sample.lines().any(|line| line.contains("TRAFFIC"));
            let around = match (is_13, sample == SAMPLES[2]) {
                (true, _) => 5 + 1 + 16,
                (false, true) => 5 + 8 + 16,
                (false, false) => 5 + 16,
            };
            let head =
                "POST /v1/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 21\r\n\r\n\n";
            let read = around + head.len() + 20;
            assert_eq!(flow.muted.clear_bytes_out, read as u64, "{mss}");
            let labels = features
                .series
                .iter()
                .filter(|s| s.name.starts_with("tls "));
            assert!(labels.count() > 0);
        }
    }
}

#[test]
fn without_keys_nothing_changes() {
    for sample in SAMPLES {
        let with = scene(sample, 100);
        let mut without = scene(sample, 100);
        without.keys = None;
        let plain = compute(&without);
        assert_eq!(plain.flows[0].muted.clear_bytes_out, 0);
        assert!(!plain.series.iter().any(|s| s.name.contains("POST")));
        // Keys of other connections are as good as none.
        let other = format!("CLIENT_RANDOM {} {}", "00".repeat(32), "00".repeat(48));
        without.keys = Some(Keys::parse(other.as_bytes()));
        assert_eq!(compute(&without), plain);
        // What was there before is there still.
        let all = compute(&with);
        for series in &plain.series {
            let same = |s: &&features::Series| s.name == series.name && s.values == series.values;
            assert!(all.series.iter().any(|s| same(&s)), "{}", series.name);
        }
    }
}

#[test]
fn a_hole_takes_only_what_it_touches() {
    let mut scene = scene(SAMPLES[0], 1_400);
    let from_app = |p: &Packet| p.data[26..30] == [10, 77, 0, 2];
    let sent = (0..scene.packets.len()).filter(|&n| from_app(&scene.packets[n]));
    // Hello, end of the handshake, head, body, farewell: without its head the body says nothing.
    let [.., head, _, _] = sent.collect::<Vec<_>>()[..] else {
        panic!("as recorded");
    };
    scene.packets.remove(head);
    let features = compute(&scene);
    assert_eq!(features.flows[0].muted.clear_bytes_out, 0);
    // Without the farewell all else is read.
    let mut whole = self::scene(SAMPLES[0], 1_400);
    let all = compute(&whole).flows[0].muted.clear_bytes_out;
    whole.packets.truncate(whole.packets.len() - 2);
    assert_eq!(compute(&whole).flows[0].muted.clear_bytes_out, all);
}
