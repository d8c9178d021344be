//! Plaintext before encryption: under the flow that carried it, and which of its bytes count as read.

mod common;

use common::*;
use features::Features;
use record::*;
use wire::Packet;

const BLOCK_0: u64 = 10 * SECOND + 240 * MS;
const REMOTE: &str = "10.77.0.1:443";

fn scene() -> Scene {
    let mut scene = Scene::new(0, 4);
    scene.begin(START.0, Phase::Muted);
    scene
}

fn compute(scene: &mut Scene) -> Features {
    scene.records.sort_by_key(|record| record.t);
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    let session = scene.session();
    features_of(&session)
}

fn tcp(scene: &mut Scene, t: u64, seq: u32, syn: bool, payload: &[u8]) {
    let mut data = Vec::new();
    let builder = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
        .ipv4([10, 77, 0, 2], [10, 77, 0, 1], 64)
        .tcp(40_000, 443, seq, 64_000);
    let builder = if syn { builder.syn() } else { builder };
    builder.write(&mut data, payload).unwrap();
    scene.packets.push(Packet {
        t: MonotonicNs(t),
        orig_len: data.len() as u32,
        data: data.into(),
    });
}

fn record_of(kind: u8, len: usize) -> Vec<u8> {
    let mut out = vec![kind, 3, 3];
    out.extend((len as u16).to_be_bytes());
    out.extend((0..len).map(|i| (i * 37 + len) as u8));
    out
}

fn carried(seq: Option<(u32, u32)>) -> Option<Carried> {
    Some(Carried {
        protocol: "tcp".into(),
        local: "10.77.0.2:40000".into(),
        remote: REMOTE.into(),
        from_seq: seq.map(|(from, _)| from),
        to_seq: seq.map(|(_, to)| to),
    })
}

fn plaintext(scene: &mut Scene, t: u64, data: &[u8], masked: u32, carried: Option<Carried>) {
    let body = Body::Plaintext {
        library: "openssl".into(),
        command: "app".into(),
        pid: 7,
        connection: 0xabc,
        bytes: data.len() as u32,
        data: Bytes(data.to_vec()),
        masked,
        carried,
    };
    scene.push(t, Source::Plaintext, body);
}

fn request(k: u64) -> Vec<u8> {
    let json = format!("{{\"gain\":{k},\"pad\":\"{}\"}}", "word ".repeat(20));
    format!(
        "POST /m HTTP/1.1\r\nHost: t\r\nContent-Length: {}\r\n\r\n{json}",
        json.len()
    )
    .into_bytes()
}

/// A connection that shakes hands and sends a request in each block, sealed with so much overhead;
/// with or without TCP's numbers, and with calls that hold less than their records.
fn session(overhead: usize, numbered: bool, less: bool) -> (Features, u64, u64) {
    let mut scene = scene();
    let mut seq = u32::MAX - 300;
    tcp(&mut scene, BLOCK_0, seq, true, b"");
    seq = seq.wrapping_add(1);
    let hello = [record_of(22, 150), record_of(20, 1), record_of(23, 53)].concat();
    tcp(&mut scene, BLOCK_0 + MS, seq, false, &hello);
    seq = seq.wrapping_add(hello.len() as u32);
    let mut sent = 0;
    for k in 0..4 {
        let t = BLOCK_0 + k * SECOND + 200 * MS;
        let plain = request(k);
        // Two records for one call, in three packets that do not keep to them.
        let cipher = [
            record_of(23, 40 + overhead),
            record_of(23, plain.len() - 40 + overhead),
        ]
        .concat();
        for (n, part) in cipher.chunks(70).enumerate() {
            let at = seq.wrapping_add(70 * n as u32);
            tcp(&mut scene, t + n as u64, at, false, part);
        }
        let to = seq.wrapping_add(cipher.len() as u32);
        let carried = carried(numbered.then_some((seq, to)));
        if less {
            // Of the same call less was accepted than its records hold.
            plaintext(&mut scene, t + MS, &plain[..plain.len() - 1], 0, carried);
        } else {
            plaintext(&mut scene, t + MS, &plain, 0, carried);
        }
        (seq, sent) = (to, sent + cipher.len() as u64);
    }
    (compute(&mut scene), sent, hello.len() as u64)
}

fn read_of(features: &Features) -> (u64, u64, u64) {
    let totals = &features.flows[0].muted;
    (
        totals.clear_bytes_out,
        totals.tapped_bytes_out,
        totals.payload_bytes_out,
    )
}

#[test]
fn records_that_hold_what_was_read_are_read_and_the_handshake_is_not() {
    for (overhead, unread) in [(17, 0), (16, 0), (24, 4 * 2 * 8)] {
        let (features, sent, hello) = session(overhead, true, false);
        let read = sent - unread;
        assert_eq!(read_of(&features), (read, read, sent + hello));
        // Named as ever, and a field of the flow.
        let name = "POST t/m $.gain (before encryption)";
        let gain = features.series.iter().find(|s| s.name == name);
        let gain = gain.unwrap_or_else(|| panic!("{overhead}: no {name}"));
        assert_eq!(gain.values, [Ok(0.0), Ok(1.0), Ok(2.0), Ok(3.0)]);
        assert_eq!(gain.flow, Some(0));
        assert_eq!(features.flows[0].remote.to_string(), REMOTE);
        // Nobody on the way can read it.
        assert_eq!(features.flows[0].clear_text, None);
    }
}

#[test]
fn what_does_not_add_up_is_not_read() {
    // An overhead that no way to seal has; no numbers; a call of other length.
    for (overhead, numbered, less) in [(37, true, false), (17, false, false), (17, true, true)] {
        let (features, ..) = session(overhead, numbered, less);
        let (clear, tapped, _) = read_of(&features);
        assert_eq!((clear, tapped), (0, 0), "{overhead} {numbered} {less}");
    }
    // It is bet on all the same, under its flow.
    let (features, ..) = session(37, true, false);
    let of_flow = |s: &features::Series| s.name.contains("$.gain") && s.flow == Some(0);
    assert!(features.series.iter().any(of_flow));
}

#[test]
fn masked_bytes_and_bytes_sent_again_are_not_read() {
    let mut scene = scene();
    let plain = request(1);
    let cipher = record_of(23, plain.len() + 17);
    let t = BLOCK_0 + 100 * MS;
    tcp(&mut scene, t, 1_000, true, b"");
    tcp(&mut scene, t, 1_001, false, &cipher);
    tcp(&mut scene, t + 10 * MS, 1_001, false, &cipher);
    let all = (1_001, 1_001 + cipher.len() as u32);
    plaintext(&mut scene, t + MS, &plain, 9, carried(Some(all)));
    let features = compute(&mut scene);
    let once = cipher.len() as u64;
    assert_eq!(read_of(&features), (once - 9, once - 9, 2 * once));
}

#[test]
fn plaintext_of_no_known_socket_stands_by_itself() {
    let mut scene = scene();
    for k in 0..4 {
        let t = BLOCK_0 + k * SECOND + 200 * MS;
        tcp(&mut scene, t, 77, false, &record_of(23, 200));
        plaintext(&mut scene, t, &request(k), 0, None);
    }
    let features = compute(&mut scene);
    let name = "POST t/m $.gain (before encryption)";
    let gain = features.series.iter().find(|s| s.name == name).unwrap();
    assert_eq!((gain.flow, read_of(&features).0), (None, 0));
}

/// RTP with G.711 that says how loud it is, sealed: the packet's payload is other bytes, and ten
/// more.
#[test]
fn srtp_packets_are_found_again_by_source_and_number() {
    for library in ["srtp_protect", "rtp_log"] {
        srtp_packets_are_found_again(library);
    }
}

fn srtp_packets_are_found_again(library: &str) {
    let mut scene = scene();
    let mut expected = 0;
    for n in 0..40u16 {
        let t = BLOCK_0 + u64::from(n) * 100 * MS;
        // Loud in odd blocks: codes of a high segment.
        let code = if (n / 10) % 2 == 1 { 0x80 } else { 0xF0 };
        let codes: Vec<u8> = (0..160).map(|i| code | (i % 4) as u8).collect();
        let plain = rtp(n, 0, &codes);
        let mut sealed = plain[..12].to_vec();
        sealed.extend((0..170u32).map(|i| (i * i * 77 + u32::from(n) * 13) as u8));
        scene.out(t, 5_004, &sealed);
        let body = Body::Plaintext {
            library: library.into(),
            command: "app".into(),
            pid: 7,
            connection: 1,
            bytes: plain.len() as u32,
            data: Bytes(plain.clone()),
            masked: 0,
            carried: None,
        };
        scene.push(t - 5, Source::Plaintext, body);
        expected += plain.len() as u64;
    }
    let features = compute(&mut scene);
    let (clear, tapped, sent) = read_of(&features);
    // The tag stays unread.
    assert_eq!((clear, sent), (expected, expected + 400));
    assert_eq!(tapped, expected - 40 * 12);
    let name = "udp 10.77.0.1:5004 rtp level as G.711 (before encryption)";
    let level = features.series.iter().find(|s| s.name == name);
    let level = level.unwrap_or_else(|| {
        let names: Vec<_> = features.series.iter().map(|s| &s.name).collect();
        panic!("{names:?}")
    });
    let level: Vec<f64> = level.values.iter().map(|v| v.unwrap()).collect();
    assert!(
        level[1] > level[0] + 20.0 && level[3] > level[2] + 20.0,
        "{level:?}"
    );
}

/// The same with Opus, which a browser wrote into its log.
#[test]
fn opus_in_an_app_s_own_log_is_heard() {
    let mut encoder =
        ropus::Encoder::builder(48_000, ropus::Channels::Mono, ropus::Application::Voip)
            .build()
            .unwrap();
    let mut scene = scene();
    for n in 0..200u16 {
        let t = BLOCK_0 + u64::from(n) * 20 * MS;
        let loud = (n / 50) % 2 == 1;
        let tone = |i: i32| {
            if loud {
                (f64::from(i) * 0.05).sin() * 8_000.0
            } else {
                0.0
            }
        };
        let samples: Vec<i16> = (0..960).map(|i| tone(i) as i16).collect();
        let mut packet = [0; 1_500];
        let len = encoder.encode(&samples, &mut packet).unwrap();
        let plain = rtp(n, 111, &packet[..len]);
        let mut sealed = plain[..12].to_vec();
        let bytes = 0..(len + 10) as u32;
        sealed.extend(bytes.map(|i| (i * i * 77 + u32::from(n) * 13) as u8));
        scene.out(t, 5_004, &sealed);
        let body = Body::Plaintext {
            library: "rtp_log".into(),
            command: String::new(),
            pid: 0,
            connection: 0,
            bytes: plain.len() as u32,
            data: Bytes(plain.clone()),
            masked: 0,
            carried: None,
        };
        scene.push(t + 200 * MS, Source::Plaintext, body);
    }
    let features = compute(&mut scene);
    let name = "udp 10.77.0.1:5004 rtp level as Opus (before encryption)";
    let level = features.series.iter().find(|s| s.name == name);
    let level: Vec<f64> = level
        .expect("a level")
        .values
        .iter()
        .map(|v| v.unwrap())
        .collect();
    assert!(
        level[1] > level[0] + 20.0 && level[3] > level[2] + 20.0,
        "{level:?}"
    );
    let (_, tapped, _) = read_of(&features);
    assert!(tapped > 0, "what can be heard was read");
}
