//! Numbers of hand-made sessions.

mod common;

use common::*;
use features::{Features, Group, Microphone, Missing, Trace, payload_audio};
use record::*;

/// Heard from 10.04 s; with the guard, block k is [10.24 + k, 11.24 + k) s.
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

fn values(features: &Features, name: &str) -> Vec<Result<f64, Missing>> {
    let names: Vec<&str> = features.series.iter().map(|s| s.name.as_str()).collect();
    let found = features.series.iter().find(|s| s.name == name);
    found
        .unwrap_or_else(|| panic!("{name} is not among {names:#?}"))
        .values
        .clone()
}

#[test]
fn counts_of_one_flow() {
    let mut scene = scene(3);
    // Before the first block: not counted.
    scene.out(BLOCK_0 - 1, 5_004, &[1; 10]);
    scene.out(BLOCK_0, 5_004, &[1; 72]);
    scene.out(BLOCK_0 + 100 * MS, 5_004, &[2; 72]);
    scene.out(BLOCK_0 + SECOND, 5_004, &[3; 172]);
    scene.out(BLOCK_0 + SECOND + 250 * MS, 5_004, &[3; 172]);
    scene.out(BLOCK_0 + SECOND + 750 * MS, 5_004, &[3; 72]);
    let features = compute(&mut scene);
    let flow = "udp 10.77.0.1:5004";
    assert_eq!(
        values(&features, "all out packets"),
        [Ok(2.0), Ok(3.0), Ok(0.0)]
    );
    assert_eq!(
        values(&features, "all out bytes"),
        [Ok(200.0), Ok(500.0), Ok(0.0)]
    );
    let mean = values(&features, &format!("{flow} out mean size"));
    assert_eq!(mean, [Ok(100.0), Ok(500.0 / 3.0), Err(Missing::NoData)]);
    let distinct = values(&features, &format!("{flow} out distinct payloads"));
    assert_eq!(distinct, [Ok(2.0), Ok(2.0), Ok(0.0)]);
    // Two packets of 100 B, then two of 200 B and one of 100 B.
    let name = format!("{flow} out commonest size");
    assert_eq!(
        values(&features, &name),
        [Ok(100.0), Ok(200.0), Err(Missing::NoData)]
    );
    let is_category = |s: &&features::Series| s.kind == features::Kind::Category;
    let categories: Vec<&str> = features
        .series
        .iter()
        .filter(is_category)
        .map(|s| s.name.as_str())
        .collect();
    assert_eq!(categories, [name]);
    let gap = values(&features, &format!("{flow} out longest gap"));
    assert_eq!(gap, [Ok(0.9), Ok(0.5), Ok(1.0)]);
    let deviation = values(&features, &format!("{flow} out gap deviation"));
    assert_eq!(
        deviation,
        [Err(Missing::NoData), Ok(0.125), Err(Missing::NoData)]
    );
    assert_eq!(features.flows.len(), 1);
    assert_eq!(features.flows[0].role, RemoteRole::Server);
    assert_eq!(features.flows[0].muted.packets_out, 5);
    assert_eq!(features.flows[0].muted.bytes_out, 700);
    assert_eq!(features.bytes_out, [Some(200.0), Some(500.0), Some(0.0)]);
}

#[test]
fn names_are_unique_values_finite_and_lengths_right() {
    let mut scene = scene(4);
    for i in 0..400u64 {
        let port = 5_000 + (i % 40) as u16;
        scene.out(BLOCK_0 + i * 10 * MS, port, &vec![i as u8; i as usize]);
    }
    let features = compute(&mut scene);
    let mut names: Vec<&str> = features.series.iter().map(|s| s.name.as_str()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(names.contains(&"other flows out bytes"));
    for series in &features.series {
        assert_eq!(series.values.len(), 4);
        assert!(
            series
                .values
                .iter()
                .flatten()
                .all(|value| value.is_finite())
        );
        assert!((series.weight > 0.0) == (series.group != Group::Ingress));
    }
    assert_eq!(features.flows.len(), 40);
    for flow in 0..40 {
        assert!(
            features
                .series
                .iter()
                .filter(|s| s.flow == Some(flow))
                .count()
                <= 16
        );
    }
}

#[test]
fn what_comes_in_is_ingress() {
    let mut scene = scene(2);
    scene.udp(
        BLOCK_0,
        ([10, 77, 0, 1], 5_004),
        ([10, 77, 0, 2], 40_000),
        &[0; 72],
    );
    let features = compute(&mut scene);
    assert_eq!(values(&features, "all in bytes"), [Ok(100.0), Ok(0.0)]);
    assert!(
        features
            .series
            .iter()
            .all(|s| s.group == Group::Ingress && s.weight == 0.0)
    );
    assert_eq!(features.flows[0].muted.packets_in, 1);
}

/// Feedback and requests over the same port are neither small sound nor against its being RTP.
#[test]
fn sizes_of_rtp_are_those_of_sound() {
    let mut scene = scene(2);
    let feedback = [0x80, 205, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8];
    for n in 0..20u64 {
        let t = BLOCK_0 + n * 100 * MS;
        let long = if n == 3 { 60 } else { 160 };
        scene.out(t, 5_004, &rtp(n as u16, 111, &vec![9; long]));
        scene.out(t + 10 * MS, 5_004, &feedback);
    }
    let features = compute(&mut scene);
    assert!(features.flows[0].is_rtp);
    // Headers of IPv4, UDP and RTP: 20 + 8 + 12 B.
    let smallest = values(&features, "udp 10.77.0.1:5004 out smallest RTP size");
    assert_eq!(smallest, [Ok(100.0), Ok(200.0)]);
    let mean = values(&features, "udp 10.77.0.1:5004 out RTP mean size");
    assert_eq!(mean, [Ok(190.0), Ok(200.0)]);
}

#[test]
fn g711_in_rtp_has_its_level() {
    let mut scene = scene(2);
    for n in 0..100u64 {
        // Loud in the first block (code 0x80 is the highest), silent in the second.
        let code = if n < 50 { 0x80 } else { 0xFF };
        scene.out(
            BLOCK_0 + n * 20 * MS,
            5_004,
            &rtp(n as u16, 0, &[code; 160]),
        );
    }
    let features = compute(&mut scene);
    assert!(features.flows[0].is_rtp);
    let levels = values(&features, "udp 10.77.0.1:5004 out level as G.711");
    assert!((levels[0].unwrap() + 0.17).abs() < 0.01, "{levels:?}");
    assert_eq!(levels[1], Ok(f64::from(SILENCE_DBFS)));
    // Headers differ in each packet, payloads do not.
    assert!(
        !features
            .series
            .iter()
            .any(|s| s.name.ends_with("distinct payloads"))
    );
}

#[test]
fn a_level_byte_in_the_header_extension_is_a_series() {
    let mut scene = scene(2);
    for n in 0..100u64 {
        let level = if n < 50 { 20 } else { 127 };
        let mut packet = rtp(n as u16, 111, &[0xBE, 0xDE, 0, 1, 0x10, level, 0, 0, 9, 9]);
        packet[0] |= 0x10;
        scene.out(BLOCK_0 + n * 20 * MS, 5_004, &packet);
    }
    let features = compute(&mut scene);
    let bytes = values(&features, "udp 10.77.0.1:5004 rtp extension 1 level");
    assert_eq!(bytes, [Ok(20.0), Ok(127.0)]);
}

#[test]
fn the_peers_output() {
    let mut scene = scene(2);
    let loud_then_quiet = [vec![-30.0; 200], vec![-70.0; 200]].concat();
    scene.levels(BLOCK_0, Source::Peer, loud_then_quiet);
    let features = compute(&mut scene);
    let level = values(&features, "peer output level");
    assert!((level[0].unwrap() + 30.0).abs() < 1e-6 && (level[1].unwrap() + 70.0).abs() < 1e-6);
    assert_eq!(
        values(&features, "peer output audible share"),
        [Ok(1.0), Ok(0.0)]
    );
    assert!(features.peer_dbfs.iter().all(Option::is_some));
    assert_eq!(features.heard_dbfs, [None, None]);
}

#[test]
fn loss_takes_a_blocks_values_and_is_a_series() {
    let mut scene = scene(3);
    for n in 0..30u64 {
        scene.out(BLOCK_0 + n * 100 * MS, 5_004, &vec![0; 100 + n as usize]);
    }
    let at = MonotonicNs(BLOCK_0 + SECOND + 300 * MS);
    let span = Span {
        from: at,
        to: at.offset(MS as i64),
    };
    let body = Body::Gap {
        span,
        lost: Some(3),
        why: "ring full".into(),
    };
    scene.push(at.0, Source::Packets, body);
    let features = compute(&mut scene);
    assert_eq!(
        values(&features, "lost by packets"),
        [Ok(0.0), Ok(1.0), Ok(0.0)]
    );
    assert_eq!(values(&features, "all out bytes")[1], Err(Missing::Lost));
    assert_eq!(features.bytes_out[1], None);
}

#[test]
fn without_a_capture_nothing_was_watched() {
    let mut scene = scene(2);
    scene.out(BLOCK_0, 5_004, &[0; 9]);
    scene
        .records
        .retain(|r| !matches!(r.body, Body::Attached { .. }));
    let features = compute(&mut scene);
    assert_eq!(features.packets_out, [None, None]);
}

#[test]
fn the_microphones_states() {
    let mut scene = scene(4);
    let stream = |application: &str, corked| RecordStream {
        index: 1,
        application: application.into(),
        binary: None,
        application_id: None,
        source: "mic".into(),
        corked,
        muted: false,
    };
    let streams = |streams: Vec<RecordStream>| Body::Streams { streams };
    scene.push(
        BLOCK_0,
        Source::Streams,
        streams(vec![stream("b", false), stream("a", true)]),
    );
    let at = BLOCK_0 + SECOND;
    scene.push(at, Source::Streams, streams(vec![stream("b", true)]));
    scene.push(at + SECOND, Source::Streams, streams(Vec::new()));
    scene.push(
        at + 2 * SECOND,
        Source::Streams,
        Body::Detached { why: None },
    );
    let gap = Span {
        from: MonotonicNs(at + 100 * MS),
        to: MonotonicNs(at + 200 * MS),
    };
    scene.push(
        at,
        Source::Streams,
        Body::Gap {
            span: gap,
            lost: None,
            why: String::new(),
        },
    );
    let features = compute(&mut scene);
    use Microphone::*;
    let states: Vec<_> = features.microphone.iter().map(|s| s.state).collect();
    let expected = [
        Unknown,
        OpenRunning,
        OpenNotRunning,
        Unknown,
        OpenNotRunning,
        Closed,
        Unknown,
    ];
    assert_eq!(states, expected);
    assert_eq!(features.microphone[1].who, ["a", "b"]);
    assert!(
        features
            .microphone
            .windows(2)
            .all(|pair| pair[0].span.to == pair[1].span.from)
    );
    let share = values(&features, "microphone running share");
    let unknown = Err(Missing::NotWatched);
    assert_eq!(share, [Ok(1.0), unknown, Ok(0.0), unknown]);
}

#[test]
fn mute_must_be_said_and_never_denied() {
    let mut scene = scene(6);
    let said = |muted| Body::MuteSaid {
        muted,
        said: String::new(),
    };
    scene.push(BLOCK_0 - SECOND, Source::Mute, said(Some(true)));
    scene.push(BLOCK_0 + SECOND + MS, Source::Mute, said(Some(true)));
    scene.push(BLOCK_0 + SECOND + 2 * MS, Source::Mute, said(Some(false)));
    scene.push(BLOCK_0 + 2 * SECOND + MS, Source::Mute, said(None));
    let features = compute(&mut scene);
    // Block 2 still hears the denial before it; by block 5 the last word is too old.
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(features.mute_confirmed, [yes, no, no, None, None, None]);
}

#[test]
fn payloads_as_sound() {
    let mut scene = scene(2);
    for n in 0..100u64 {
        let payload = [0x00, 0x40].repeat(320);
        scene.out(BLOCK_0 + n * 20 * MS, 5_004, &payload);
    }
    let features = compute(&mut scene);
    let span = Span {
        from: MonotonicNs(0),
        to: MonotonicNs(u64::MAX),
    };
    let decoded = payload_audio(&Trace::new(&scene.session()), &features.flows[0], span);
    let little = decoded
        .iter()
        .find(|d| d.decoding == "L16 little-endian")
        .unwrap();
    assert_eq!((little.sample_rate_hz, little.chunks.len()), (16_000, 100));
    assert_eq!(little.chunks[0], (MonotonicNs(BLOCK_0), vec![0.5; 320]));
    let pcmu = decoded.iter().find(|d| d.decoding == "PCMU").unwrap();
    assert_eq!(pcmu.sample_rate_hz, 32_000);
}

/// The goal: ten minutes at 100 packets a second in well under a second (release). Here with the
/// debug profile's light optimisation and room for a busy machine.
#[test]
fn ten_minutes_are_quick() {
    let mut scene = scene(600);
    for n in 0..60_000u64 {
        let payload = rtp(n as u16, 0, &[n as u8; 160]);
        scene.out(BLOCK_0 + n * 10 * MS, 5_004 + (n % 5) as u16, &payload);
    }
    for n in 0..600 {
        scene.levels(
            BLOCK_0 - 240 * MS + n * SECOND,
            Source::Mic,
            vec![-30.0; 200],
        );
    }
    scene.push(1_000 * SECOND, Source::Stage, Body::Finished);
    let begin = std::time::Instant::now();
    let session = scene.session();
    let features = features_of(&session);
    let took = begin.elapsed();
    println!("{} series in {took:?}", features.series.len());
    assert!(took.as_secs() < 5);
}
