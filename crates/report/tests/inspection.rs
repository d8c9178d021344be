//! Every kind of finding has words in every language.

mod shaped;

use inspect::dump::{Connection, Dump, DumpKind, Point, Remote, Track, TrackKind};
use inspect::{Counts, Finding, FlowName, Inspection, KnownBy, LeftOut, Transport, What};
use report::{
    CaptureFile, Damage, Export, Inspected, Lang, Told, export_of_a_tool, export_of_a_tool_json,
    inspection, inspection_json,
};

fn all() -> Vec<What> {
    let ssrc = 7;
    let level = |encrypted_payload| What::AudioLevel {
        ssrc,
        extension: 1,
        values: 40,
        voice_share: 0.5,
        encrypted_payload,
    };
    let tls = |version| What::Tls {
        version,
        server_name: None,
    };
    vec![
        level(true),
        level(false),
        What::VoiceActivityByGaps { ssrc },
        What::VoiceActivityByMarker { ssrc },
        What::ComfortNoise { ssrc },
        What::SilenceFrames { ssrc },
        What::SizesVary {
            ssrc,
            min: 1,
            max: 9,
            sizes: 5,
        },
        What::PlainSound {
            ssrc,
            payload_type: 0,
            codec: "PCMU".into(),
            seconds: 3.0,
        },
        What::Srtp {
            ssrc,
            known_by: KnownBy::Dtls,
        },
        What::Srtp {
            ssrc,
            known_by: KnownBy::Length,
        },
        What::Rtp {
            ssrc,
            payload_type: 96,
        },
        What::Cryptex { ssrc },
        What::TelephoneEvents { ssrc, keys: 4 },
        What::Dtls { version: "1.0" },
        What::Dtls { version: "1.2" },
        What::Quic {
            version: 1,
            server_name: Some("example.test".to_owned()),
        },
        tls(Some("1.0")),
        tls(None),
        What::ClearRequest {
            request: "GET /".into(),
            host: None,
        },
        What::ClearSignalling,
        What::KeysInSignalling,
    ]
}

#[test]
fn every_finding_has_words_and_many_alike_are_said_together() {
    let flow = FlowName {
        transport: Transport::Udp,
        from: ([10, 0, 0, 1], 1).into(),
        to: ([10, 0, 0, 2], 2).into(),
    };
    // Twelve of each: eight are shown, four are counted.
    let findings = all().into_iter().flat_map(|what| {
        (0..12).map(move |i| Finding {
            what: what.clone(),
            flow,
            packets: [i + 1, 100],
            n: 9,
            rfc: "RFC 3550",
        })
    });
    let left_out = LeftOut {
        not_ip: 1,
        malformed: 2,
        malformed_first: 3,
        link_layer: 4,
        link_type: 105,
        carriers: 14,
        carriers_first: 15,
        fragments: 5,
        cut: 6,
        without_time: 7,
        back_in_time: 8,
        back_in_time_first: 9,
        flows_evicted: 9,
        flows_not_listed: 10,
        streams: 11,
        findings: 12,
        names: 13,
    };
    let damage = |skipped| Damage {
        offset: 5,
        why: "a length".into(),
        skipped,
    };
    let inspected = Inspected {
        name: "a.pcap".into(),
        file: CaptureFile {
            bytes: 9,
            damages: vec![damage(None), damage(Some(4))],
            cut: Some(77),
            tls_keys: 3,
        },
        inspection: Inspection {
            packets: 1,
            bytes: 2,
            first_ns: 0,
            last_ns: 5,
            tunnelled: 0,
            relayed: 16,
            repeated: 17,
            counts: Counts::default(),
            findings: findings.collect(),
            flows: Vec::new(),
            left_out,
        },
    };
    for (lang, more) in [(Lang::En, "and 4 more: "), (Lang::De, "und 4 weitere: ")] {
        let text = String::from_utf8(inspection(&inspected, lang).unwrap()).unwrap();
        assert_eq!(text.matches(more).count(), all().len(), "{text}");
    }
    let json = inspection_json(&inspected).unwrap();
    let value = shaped::shaped("inspect", json);
    assert_eq!(value["findings"][0]["is"], "audio_level");
    assert_eq!(value["findings"][0]["flow"]["transport"], "udp");
}

/// A call of ten seconds, in the second half of which the page was given nothing to hear, and sent all the same.
fn told(kind: DumpKind) -> Dump {
    let points = |value: fn(f64) -> f64| {
        let point = |s: u32| Point {
            t_ms: 1_780_000_000_000.0 + f64::from(s) * 1e3,
            value: value(f64::from(s)),
        };
        (0..=10).map(point).collect::<Vec<_>>()
    };
    let level = |s: f64| if s < 5.0 { 0.1 } else { 0.0 };
    let track = |kind, levels, bytes| Track {
        kind,
        name: "T\u{1b}[2J1".into(),
        levels,
        bytes,
    };
    let remote = |address: &str| Remote {
        address: address.into(),
        port: 50_000,
        transport: "udp".into(),
        candidate: "relay".into(),
        sent: 12,
    };
    let connection = |page: Option<&str>, tracks| Connection {
        name: "23-4".into(),
        page: page.map(str::to_owned),
        tracks,
        remotes: vec![remote("203.0.113.5"), remote("")],
        servers: vec!["stun:stun.example.org".into(); 40],
    };
    let sound = vec![
        track(TrackKind::Source, points(level), Vec::new()),
        track(TrackKind::Sent, Vec::new(), points(|s| s * 4_000.0)),
        track(TrackKind::Received, points(|_| 0.5), points(|s| s * 100.0)),
        track(TrackKind::Sent, Vec::new(), Vec::new()),
    ];
    Dump {
        kind,
        browser: Some("Chrome".into()),
        connections: vec![
            connection(Some("https://meet.example.org"), sound),
            connection(None, vec![]),
        ],
        unread: 3,
    }
}

#[test]
fn exports_of_tools_are_told_in_every_language() {
    let har = br#"{"log":{"entries":[
        {"request":{"method":"GET","url":"http://plain.example.org/a","headersSize":10,"bodySize":5},
         "response":{"headersSize":7,"bodySize":100}},
        {"request":{"url":"https://app.example.org/b"}}, {"request":{}}]}}"#;
    let har = dataflow::logs::read(har).unwrap();
    let dumps = [DumpKind::WebrtcInternals, DumpKind::Rtcstats].map(told);
    let text = |told, lang| {
        let muted_s = Some([5.0, 10.0]);
        let export = Export {
            name: "a.txt",
            told,
            muted_s,
        };
        let json = export_of_a_tool_json(&export).unwrap();
        let json = shaped::shaped("inspect-export", &json);
        assert!(json["unread"].as_u64() > Some(0), "{json}");
        let text = String::from_utf8(export_of_a_tool(&export, lang).unwrap()).unwrap();
        assert!(!text.contains('\u{1b}'), "{text}");
        (text.split_whitespace().collect::<Vec<_>>().join(" "), json)
    };
    for lang in Lang::ALL {
        for dump in &dumps {
            text(Told::Dump(dump), lang);
        }
        text(Told::Har(&har), lang);
    }
    let (english, json) = text(Told::Dump(&dumps[0]), Lang::En);
    let muted = &json["connections"][0]["tracks"][0]["muted"];
    assert_eq!(
        (&muted["levels"], &muted["zero"]),
        (&6.into(), &6.into()),
        "{json}"
    );
    let (_, while_muted) = english
        .split_once("While muted, as you say: 5 s to 10 s")
        .unwrap();
    let (while_muted, _) = while_muted.split_once("Over time").unwrap();
    assert!(
        while_muted.contains("digital silence in all 6 values"),
        "{while_muted}"
    );
    assert!(
        while_muted.contains("Sound that was sent, T1: 32.0 kbit/s"),
        "{while_muted}"
    );
    let (requests, _) = text(Told::Har(&har), Lang::En);
    assert!(
        requests.contains("plain.example.org: 1 requests, 15 bytes there, 107 back, IN THE CLEAR"),
        "{requests}"
    );
    assert!(
        !requests.contains("app.example.org: 1 requests, 0 bytes there, 0 back, IN"),
        "{requests}"
    );
}
