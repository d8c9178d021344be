//! Every kind of finding has words in every language.

mod shaped;

use inspect::{Counts, Finding, FlowName, Inspection, KnownBy, LeftOut, Transport, What};
use report::{CaptureFile, Damage, Inspected, Lang, inspection, inspection_json};

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
