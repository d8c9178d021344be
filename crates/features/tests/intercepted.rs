//! What a proxy between the app and its servers told: a field of the flow, and not one byte that counts as read.

mod common;

use common::*;
use features::{Features, Missing};
use record::*;

const BLOCK_0: u64 = 10 * SECOND + 240 * MS;
const LOCAL: &str = "10.77.0.2:40000";
const REMOTE: &str = "203.0.113.9:443";
const GAIN: &str = "POST metrics.example/m $.gain (by the proxy)";

fn request(k: u64) -> Requested {
    Requested {
        local: LOCAL.into(),
        remote: REMOTE.into(),
        tls: Some(0x0304),
        method: "POST".into(),
        scheme: "https".into(),
        host: "metrics.example".into(),
        path_and_query: "/m".into(),
        headers: vec![
            // As it was sent in pieces, which the proxy has put together.
            ("transfer-encoding".into(), "chunked".into()),
            ("content-type".into(), "application/json".into()),
            // No line of its own, whatever a proxy tells.
            ("x-odd".into(), "a\r\ncontent-length: 3".into()),
        ],
        bytes: 0,
        data: Bytes(format!("{{\"gain\":{k}}}").into_bytes()),
    }
}

/// Four blocks with a sealed packet and what the proxy told of it.
fn session(tell: impl Fn(&mut Scene, u64, u64)) -> Features {
    let mut scene = Scene::new(0, 4);
    scene.begin(START.0, Phase::Muted);
    for k in 0..4 {
        let t = BLOCK_0 + k * SECOND + 200 * MS;
        let mut data = Vec::new();
        let noise = (0..99u32).map(|i| (i * 37) as u8);
        let sealed: Vec<u8> = [23, 3, 3, 0, 99].into_iter().chain(noise).collect();
        etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
            .ipv4([10, 77, 0, 2], [203, 0, 113, 9], 64)
            .tcp(40_000, 443, 1_000 + 104 * k as u32, 64_000)
            .write(&mut data, &sealed)
            .unwrap();
        scene.packets.push(wire::Packet {
            t: MonotonicNs(t),
            orig_len: data.len() as u32,
            data: data.into(),
        });
        tell(&mut scene, t + MS, k);
    }
    scene.records.sort_by_key(|record| record.t);
    scene.push(100 * SECOND, Source::Stage, Body::Finished);
    features_of(&scene.session())
}

fn values(features: &Features, name: &str) -> Option<Vec<Result<f64, Missing>>> {
    let series = features.series.iter().find(|series| series.name == name)?;
    assert_eq!(series.flow, Some(0), "of the connection that carried it");
    Some(series.values.clone())
}

#[test]
fn a_field_that_the_proxy_told_is_a_series_and_its_packets_stay_unread() {
    let features = session(|scene, t, k| {
        scene.push(t, Source::Sink, Body::Requested(Box::new(request(k))));
    });
    let gain = values(&features, GAIN);
    assert_eq!(gain, Some(vec![Ok(0.0), Ok(1.0), Ok(2.0), Ok(3.0)]));
    let totals = &features.flows[0].muted;
    assert!(totals.payload_bytes_out > 0);
    assert_eq!((totals.clear_bytes_out, totals.tapped_bytes_out), (0, 0));
    assert_eq!(features.flows[0].clear_text, None);
}

#[test]
fn what_is_no_request_is_read_too() {
    let features = session(|scene, t, k| {
        let message = Body::Sent {
            local: LOCAL.into(),
            remote: REMOTE.into(),
            tls: Some(0x0304),
            bytes: 20,
            data: Bytes(format!("{{\"level\":{}}}", 7 * k).into_bytes()),
        };
        scene.push(t, Source::Sink, message);
    });
    let level = values(&features, &format!("tls {REMOTE} $.level (by the proxy)"));
    assert_eq!(level, Some(vec![Ok(0.0), Ok(7.0), Ok(14.0), Ok(21.0)]));
}

#[test]
fn what_the_session_could_not_write_down_is_lost_and_not_absent() {
    let features = session(|scene, t, k| {
        if k != 2 {
            return scene.push(t, Source::Sink, Body::Requested(Box::new(request(k))));
        }
        let span = Span {
            from: MonotonicNs(t - MS),
            to: MonotonicNs(t),
        };
        let gap = Body::Gap {
            span,
            lost: Some(1),
            why: "more was asked of the sink than could be written down".into(),
        };
        scene.push(t, Source::Sink, gap);
    });
    let gain = values(&features, GAIN).expect("a series");
    assert_eq!(gain, [Ok(0.0), Ok(1.0), Err(Missing::Lost), Ok(3.0)]);
}

/// Packets tell of these themselves: in clear, or before they were encrypted.
#[test]
fn nothing_is_read_twice() {
    let in_clear = session(|scene, t, k| {
        let request = Requested {
            tls: None,
            ..request(k)
        };
        scene.push(t, Source::Sink, Body::Requested(Box::new(request)));
    });
    assert_eq!(values(&in_clear, GAIN), None);
    let tapped = session(|scene, t, k| {
        scene.push(t, Source::Sink, Body::Requested(Box::new(request(k))));
        let json = request(k).data.0;
        let head = "POST /m HTTP/1.1\r\nHost: metrics.example\r\nContent-Length: 10\r\n\r\n";
        let plain = [head.as_bytes(), &json].concat();
        let body = Body::Plaintext {
            library: "openssl".into(),
            command: "app".into(),
            pid: 7,
            connection: 0xabc,
            bytes: plain.len() as u32,
            data: Bytes(plain),
            masked: 0,
            carried: Some(Carried {
                protocol: "tcp".into(),
                local: LOCAL.into(),
                remote: REMOTE.into(),
                from_seq: None,
                to_seq: None,
            }),
        };
        scene.push(t, Source::Plaintext, body);
    });
    assert_eq!(values(&tapped, GAIN), None);
    let name = "POST metrics.example/m $.gain (before encryption)";
    assert!(values(&tapped, name).is_some());
}

#[test]
fn a_proxy_may_tell_anything() {
    for (local, remote, path) in [
        ("", REMOTE, "/m"),
        (LOCAL, "nowhere", "/m"),
        (
            LOCAL,
            REMOTE,
            "/m HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n",
        ),
        (LOCAL, REMOTE, ""),
    ] {
        let features = session(|scene, t, k| {
            let request = Requested {
                local: local.into(),
                remote: remote.into(),
                path_and_query: path.into(),
                ..request(k)
            };
            scene.push(t, Source::Sink, Body::Requested(Box::new(request)));
        });
        assert_eq!(features.flows[0].muted.clear_bytes_out, 0, "{path:?}");
        assert_eq!(values(&features, GAIN), None, "{remote} {path:?}");
    }
}
