//! `muteproof flows` on what people hold: a bundle, a capture, logs; what is wrong with them is one line.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::elsewhere::bundle;
use common::run;
use etherparse::PacketBuilder;
use serde_json::Value;
use sha2::Digest;
use simulate::{Microphone, Sends, scene};
use wire::pcapng::{LINK_ETHERNET, Section, Writer};

const DEVICE: [u8; 4] = [192, 168, 1, 7];
const ROUTER: [u8; 4] = [192, 168, 1, 1];
const OPERATOR: [u8; 4] = [198, 51, 100, 1];
const TRACKER: [u8; 4] = [203, 0, 113, 9];

fn udp(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(from.0, to.0, 64);
    builder
        .udp(from.1, to.1)
        .write(&mut frame, payload)
        .unwrap();
    frame
}

fn tcp(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    let builder = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(from.0, to.0, 64);
    let builder = builder.tcp(from.1, to.1, 1, 1_000).ack(1);
    builder.write(&mut frame, payload).unwrap();
    frame
}

/// An answer of the router: this name has this address.
fn answer(name: &str, address: [u8; 4]) -> Vec<u8> {
    let mut message = vec![0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    for label in name.split('.') {
        message.push(label.len() as u8);
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4]);
    message.extend(address);
    udp((ROUTER, 53), (DEVICE, 40_000), &message)
}

/// A device that asks for two names, calls the operator, and tells a tracker something in clear text.
fn capture(dir: &Path) -> PathBuf {
    let mut writer = Writer::new(&Section::default());
    let interface = writer.interface("eth0", LINK_ETHERNET, 0);
    let request = b"POST /v1 HTTP/1.1\r\nHost: metrics.example.net\r\nContent-Length: 2\r\n\r\n{}";
    let frames = [
        answer("call.example.org", OPERATOR),
        answer("metrics.example.net", TRACKER),
        udp((DEVICE, 50_000), (OPERATOR, 5_004), &[0x80; 60]),
        tcp((DEVICE, 50_001), (TRACKER, 80), request),
    ];
    for (i, frame) in frames.iter().enumerate() {
        let t = 1_700_000_000_000_000_000 + i as u64 * 1_000_000_000;
        writer.packet(interface, t, frame.len() as u32, frame);
    }
    let path = dir.join("call.pcapng");
    fs::write(&path, writer.take()).unwrap();
    path
}

fn json(args: &[&str]) -> (Option<i32>, Value) {
    let said = run(&[&["flows", "--format", "json"], args].concat());
    let json = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err));
    (said.code, json)
}

/// (Party, name, channels) of each receiver.
fn receivers(json: &Value) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let all = json["receivers"].as_array().unwrap().iter();
    all.map(|r| {
        let channels = r["channels"].as_array().unwrap().iter();
        let channels = channels.map(|c| text(&c["is"])).collect();
        (text(&r["party"]), text(&r["name"]), channels)
    })
    .collect()
}

#[test]
fn a_capture_tells_the_operator_from_third_parties() {
    let dir = tempfile::tempdir().unwrap();
    let path = capture(dir.path()).display().to_string();
    let (code, found) = json(&[&path, "--own", "example.org"]);
    assert_eq!(code, Some(0));
    let all = receivers(&found);
    let of = |party: &str| {
        all.iter()
            .filter(|r| r.0 == party)
            .cloned()
            .collect::<Vec<_>>()
    };
    let third = ("third", "example.net", vec!["http".to_owned()]);
    assert_eq!(
        of("third"),
        [(third.0.to_owned(), third.1.to_owned(), third.2)]
    );
    assert_eq!(of("first").len(), 1, "{all:?}");
    // The router, and nobody else.
    assert_eq!(of("local_network").len(), 1, "{all:?}");
    // Without a word on whose it is, nobody is told to be a third party, and that is said.
    let said = run(&["flows", &path]);
    assert!(
        said.out
            .contains("Whose server is the operator's was not said"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("Third parties\n"), "{}", said.out);
}

#[test]
fn what_is_denied_is_an_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let path = capture(dir.path()).display().to_string();
    let code = |args: &[&str]| run(&[&["flows", &path], args].concat()).code;
    assert_eq!(code(&["--deny", "clear-text"]), Some(1));
    assert_eq!(
        code(&["--own", "example.org", "--deny", "third-party"]),
        Some(1)
    );
    let own = ["--own", "example.org", "--own", "example.net"];
    assert_eq!(
        code(&[&own[..], &["--deny", "third-party"]].concat()),
        Some(0)
    );
    // Where something was not read, nothing is said to be absent.
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
    assert_eq!(
        code(&[&own[..], &["--deny", "third-party"]].concat()),
        Some(2)
    );
}

#[test]
fn a_bundle_has_its_parts_and_its_recipes_operator() {
    let dir = tempfile::tempdir().unwrap();
    let (path, _) = bundle(
        dir.path(),
        scene(37).muted(Sends::Level, Microphone::Running),
    );
    let path = path.display().to_string();
    let (code, found) = json(&[&path]);
    assert_eq!(code, Some(0));
    assert_eq!(found["origin"], "bundle");
    let all = receivers(&found);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].0, "first");
    let moments = found["receivers"][0]["moments"].as_array().unwrap();
    for moment in ["control", "muted"] {
        assert!(moments.iter().any(|m| m == moment), "{moments:?}");
    }
}

#[test]
fn an_identifier_is_found_in_a_capture_however_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = Writer::new(&Section::default());
    let interface = writer.interface("eth0", LINK_ETHERNET, 0);
    // The SHA-256 of `someone@example.org`, in lower case, as advertisers ask for it.
    let body = r#"{"user":{"em":"HASH"},"model":"x"}"#;
    let hash = hex::encode(sha2::Sha256::digest(b"someone@example.org"));
    let body = body.replace("HASH", &hash);
    let len = body.len();
    let request = format!(
        "POST /v1 HTTP/1.1\r\nHost: metrics.example.net\r\nContent-Length: {len}\r\n\r\n{body}"
    );
    let frame = tcp((DEVICE, 50_001), (TRACKER, 80), request.as_bytes());
    writer.packet(
        interface,
        1_700_000_000_000_000_000,
        frame.len() as u32,
        &frame,
    );
    let path = dir.path().join("call.pcapng");
    fs::write(&path, writer.take()).unwrap();
    let path = path.display().to_string();
    let email = "email=Someone@Example.org";
    let looked = ["--canary", email, "--canary", "phone=+49 30 1234567"];
    let (code, found) = json(&[&[path.as_str()][..], &looked, &["--deny", "canary"]].concat());
    assert_eq!(code, Some(1));
    let escaped = found["escaped"].as_array().unwrap();
    assert_eq!(escaped.len(), 1, "{escaped:#?}");
    let text = |key: &str| escaped[0][key].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (text("canary"), text("receiver")),
        ("email".into(), "metrics.example.net".into())
    );
    assert_eq!(text("path"), "POST metrics.example.net/v1 $.user.em");
    assert!(text("encoding").starts_with("sha256"), "{escaped:#?}");
    let said = run(&[&["flows", &path][..], &looked].concat());
    assert!(
        said.out.contains("Not found in what could be read: phone"),
        "{}",
        said.out
    );
    let said = run(&["flows", &path, "--canary", "nothing"]);
    assert_eq!(said.code, Some(3), "{}", said.err);
}

#[test]
fn a_log_of_a_browser_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("page.har");
    let har = r#"{"log": {"version": "1.2", "entries": [
        {"request": {"url": "https://www.google-analytics.com/g/collect?v=2&tid=G-EXAMPLE&ul=de-de&sr=1920x1080"}},
        {"request": {"url": "https://meet.example.org/"}}]}}"#;
    fs::write(&path, har).unwrap();
    let (code, found) = json(&[&path.display().to_string(), "--own", "example.org"]);
    assert_eq!((code, &found["origin"]), (Some(0), &Value::from("har")));
    let first = &found["receivers"][0];
    assert_eq!(
        (&first["name"], &first["party"]),
        (&"google-analytics.com".into(), &"third".into())
    );
    assert_eq!(first["known"][0]["organisation"], "Google");
    let told = found["told"].as_array().unwrap();
    let field = |property: &str| told.iter().find(|t| t["property"] == property).cloned();
    assert_eq!(
        field("trackingCode")
            .or(field("propertyId"))
            .map(|t| t["value"].clone()),
        Some("G-EXAMPLE".into()),
        "{told:#?}"
    );
    // Packed it says the same.
    let packed = dir.path().join("page.har.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut gzip, har.as_bytes()).unwrap();
    fs::write(&packed, gzip.finish().unwrap()).unwrap();
    let (code, again) = json(&[&packed.display().to_string(), "--own", "example.org"]);
    assert_eq!((code, &again["receivers"]), (Some(0), &found["receivers"]));
    // One list of the person's own, where no package has any.
    let list = dir.path().join("trackers.txt");
    fs::write(&list, "||google-analytics.com^$third-party\n").unwrap();
    let list = list.display().to_string();
    let (_, listed) = json(&[&path.display().to_string(), "--list", &list]);
    let hits = listed["listed"].as_array().unwrap();
    let ours = hits.iter().find(|hit| hit["list"] == "trackers.txt");
    let host = ours.map(|hit| hit["host"].clone());
    assert_eq!(host, Some("www.google-analytics.com".into()));
    assert!(
        found["lists"]
            .as_array()
            .is_some_and(|lists| lists.len() > 2)
    );
}

#[test]
fn what_cannot_be_read_is_one_line_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let of = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let cases = [
        (
            of("letter.txt", b"dear reader"),
            "none of the logs that are read",
        ),
        (
            of("cut.har", br#"{"log": {"entries": [{"#),
            "HAR, line 1, column",
        ),
        (
            of("none.har", br#"{"log": {"entries": []}}"#),
            "holds no entry",
        ),
        (dir.path().join("absent").display().to_string(), "absent"),
    ];
    for (path, why) in cases {
        let said = run(&["flows", &path]);
        assert_eq!((said.code, said.out.as_str()), (Some(3), ""), "{path}");
        assert!(said.err.contains(why), "{}", said.err);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
    }
}
