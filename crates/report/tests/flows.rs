//! Who received what, as it is printed.

mod common;
mod shaped;

use common::{IDENTIFIERS, RECEIVERS};
use dataflow::{LeftOut, Opaque, Origin, Party, Receiver, Refusal, Sent, Told};
use report::{CaptureFile, Flows, Lang, OnList, flows_html, flows_json, flows_text};

fn sample() -> Flows {
    let [third, own] = RECEIVERS.clone();
    let claimed = Receiver {
        name: "call.example.org".into(),
        party: Party::Claimed,
        name_is_independent: false,
        known: Vec::new(),
        hosts: (0..9).map(|n| format!("h{n}.call.example.org")).collect(),
        bytes: None,
        seconds: None,
        ..third.clone()
    };
    Flows {
        name: "call.pcapng".into(),
        origin: Origin::Capture,
        file: Some(CaptureFile {
            bytes: 1_000,
            damages: Vec::new(),
            cut: Some(987),
            tls_keys: 0,
        }),
        own: vec!["example.org".into()],
        receivers: vec![third, claimed, own],
        listed: vec![OnList {
            list: "easyprivacy.txt".into(),
            host: "metrics.example.net".into(),
            requests: 2,
        }],
        told: ["Pixel", "iPhone"]
            .map(|value| Told {
                host: "metrics.example.net".into(),
                tracker: "Example Analytics".into(),
                property: "model".into(),
                value: value.into(),
                place: "body $.device.model".into(),
                requests: 3,
            })
            .into(),
        identifiers: IDENTIFIERS.clone(),
        sent: vec![Sent {
            method: "POST".into(),
            url: "https://metrics.example.net/v1/start?a=b".into(),
            requests: 2,
            bytes: 1_234,
            body: Some("{\"model\":\n\"One\"}".into()),
        }],
        opaque: [
            Refusal::Certificate,
            Refusal::Closed,
            Refusal::Silent,
            Refusal::Failed,
        ]
        .map(|how| Opaque {
            host: "pinned.example.net".into(),
            how,
            connections: 3,
        })
        .into(),
        only_asked: vec!["update.example.net".into()],
        left_out: LeftOut {
            not_ip: 3,
            of_others: 12_345,
            ..LeftOut::default()
        },
        leftovers: None,
        ended: Some("exit code 2".into()),
        lists: vec!["a list 1.0 (2026-03-01, CC0-1.0)".into()],
    }
}

#[test]
fn a_page_of_text() {
    for lang in Lang::ALL {
        let page = String::from_utf8(flows_text(&sample(), lang).unwrap()).unwrap();
        insta::assert_snapshot!(format!("flows_{}", lang.tag()), page);
        let page = String::from_utf8(flows_html(&sample(), lang).unwrap()).unwrap();
        let body = page.split_once("<body>").unwrap().1;
        insta::assert_snapshot!(format!("flows_{}_html", lang.tag()), body);
    }
}

#[test]
fn what_the_network_chose_prints_no_control_characters() {
    let mut flows = sample();
    flows.receivers[0]
        .hosts
        .insert("a\u{1b}]52;c;\u{202e}b".into());
    flows.only_asked.push("\u{7}".into());
    for bytes in [
        flows_text(&flows, Lang::En).unwrap(),
        flows_json(&flows).unwrap(),
    ] {
        let text = String::from_utf8(bytes).unwrap();
        let bad = text
            .chars()
            .find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
        assert_eq!(bad, None, "{text}");
    }
}

#[test]
fn the_json_has_everything() {
    let json = shaped::shaped("flows", flows_json(&sample()).unwrap());
    assert_eq!(json["receivers"][0]["channels"][1]["version"], 0x0303);
    assert_eq!(json["receivers"][1]["hosts"].as_array().unwrap().len(), 9);
    assert_eq!(json["left_out"]["of_others"], 12_345);
    assert_eq!(json["origin"], "capture");
}
