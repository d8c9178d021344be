//! `muteproof flows --network sink`: what an app tries to send is read whole, and nothing leaves.

mod common;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use bundle::Bundle;
use common::{Said, run, skip, specimens, test_recipe};
use record::Body;
use serde_json::Value;
use wire::Transport;

/// The app's address on every stage.
const APP: &str = "10.77.0.2";

/// What the specimen tells, as it stands in its source.
const REPORT: &str = "{\"deviceModel\":\"Specimen 1\",\"timezone\":\"Europe/Berlin\",\"city\":\"Beispielstadt\",\
                      \"carrier\":\"example\",\"advertisingId\":\"00000000-5eed-4000-8000-000000000000\"}";

/// Runs something on the sink for some seconds; nothing where this machine has no stage for it.
fn on_sink(out: &Path, what: &[&str]) -> Option<Said> {
    specimens();
    let out = out.display().to_string();
    let options = [
        "flows",
        "--network",
        "sink",
        "--seconds",
        "3",
        "--format",
        "json",
        "--out",
        &out,
    ];
    let said = run(&[&options[..], what].concat());
    let lacks = ["namespace", "is missing", "not installed"];
    if said.code == Some(3) && lacks.iter().any(|word| said.err.contains(word)) {
        skip(&said.err);
        return None;
    }
    Some(said)
}

fn json(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
}

#[test]
fn what_is_told_at_start_is_read_whole_and_is_a_third_party_s() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let Some(said) = on_sink(&out, &[&test_recipe("start-report")]) else {
        return;
    };
    assert_eq!(said.code, Some(0), "{}", said.err);
    let flows = json(&said);
    assert_eq!(flows["origin"], "sink");
    let sent = flows["sent"].as_array().expect("requests");
    let [one] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(one["method"], "POST");
    assert_eq!(
        one["url"],
        "https://metrics.example.net/v1/start?app=specimen"
    );
    assert_eq!(one["body"], REPORT);
    assert!(flows["opaque"].is_null(), "{}", flows["opaque"]);
    let receivers = flows["receivers"].as_array().expect("receivers");
    let told = receivers.iter().find(|r| r["name"] == "example.net");
    let told = told.unwrap_or_else(|| panic!("{receivers:?}"));
    assert_eq!(told["party"], "third");
    assert_eq!(told["name_is_independent"], true);
    assert_eq!(told["hosts"], serde_json::json!(["metrics.example.net"]));
    assert_eq!(
        told["channels"],
        serde_json::json!([{ "is": "tls", "version": 0x0304 }])
    );
    nothing_leaves(&out);
    // The same facts say the same again.
    let again = run(&["flows", "--format", "json", &out.display().to_string()]);
    assert_eq!(again.out, said.out);
    // And a copy without contents has none of it.
    let copy = dir.path().join("copy");
    let (from, to) = (out.display().to_string(), copy.display().to_string());
    let redacted = run(&["bundle", "redact", &from, &to]);
    assert_eq!(redacted.code, Some(0), "{}", redacted.err);
    for file in walk(&copy) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap()).into_owned();
        for word in [
            "Beispielstadt",
            "metrics.example",
            "v1/start",
            "QmVpc3BpZWxzdGFkd",
        ] {
            assert!(!text.contains(word), "{}: {word}", file.display());
        }
    }
}

#[test]
fn who_trusts_nobody_is_counted_as_opaque() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let Some(said) = on_sink(&out, &[&test_recipe("pinned-report")]) else {
        return;
    };
    let flows = json(&said);
    assert!(flows["sent"].is_null(), "{}", flows["sent"]);
    let expected = serde_json::json!([
        { "host": "metrics.example.net", "how": "certificate", "connections": 1 }
    ]);
    assert_eq!(flows["opaque"], expected);
}

#[test]
fn an_app_that_tells_nothing_is_seen_to_tell_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let Some(said) = on_sink(&out, &["specimen-honest"]) else {
        return;
    };
    let flows = json(&said);
    assert!(
        flows["sent"].is_null() && flows["opaque"].is_null(),
        "{flows}"
    );
    let receivers = flows["receivers"].as_array().expect("receivers");
    assert!(
        receivers.iter().all(|r| r["party"] == "first"),
        "{receivers:?}"
    );
    assert_eq!(flows["only_asked"], serde_json::json!([]));
}

/// Whatever a program asks of the sink, the sink calls nobody: no proxy's request, no address in a request, no
/// name server that the program chose itself.
#[test]
fn nobody_is_called_whatever_is_asked() {
    if !Path::new("/usr/bin/curl").is_file() {
        skip("curl is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let script = "printf '\\001\\002 Someone Special\\n' | timeout 3 openssl s_client -connect 198.51.100.8:5223 & \
                  curl -s -m 5 -x http://proxy.example.net:8080 https://example.org/ ; \
                  curl -s -m 5 -x http://192.0.2.1:8080 http://example.org/through ; \
                  curl -s -m 5 -d url=https://example.org/hook http://192.0.2.1/webhook ; \
                  curl -s -m 5 -H 'Host: example.org' --http1.1 https://192.0.2.7/ ; \
                  curl -s -m 5 -X POST --data-binary @/bin/true https://example.net/large ; \
                  printf 'hello, who is there?\\n' | curl -s -m 5 telnet://198.51.100.7:5222 ; exit 0";
    let Some(said) = on_sink(&out, &["--", "/bin/sh", "-c", script]) else {
        return;
    };
    let flows = json(&said);
    let sent = flows["sent"].as_array().expect("requests");
    let urls: BTreeSet<&str> = sent.iter().filter_map(|one| one["url"].as_str()).collect();
    for url in [
        "http://example.org:443",
        "http://example.org/through",
        "http://192.0.2.1/webhook",
        "https://example.net/large",
    ] {
        assert!(urls.contains(url), "{url}: {urls:?}");
    }
    nothing_leaves(&out);
    let bundle = Bundle::open(&out.join("bundle")).unwrap();
    let mut spoken = bundle.records.iter().filter_map(|r| match &r.body {
        Body::Sent { remote, data, .. } => Some((remote.clone(), data.0.clone())),
        _ => None,
    });
    let expected = (
        "198.51.100.7:5222".to_owned(),
        b"hello, who is there?\n".to_vec(),
    );
    assert!(spoken.any(|one| one == expected), "{}", said.err);
    // What is no HTTP and went by TLS is looked through as well.
    if !common::installed("openssl") {
        return skip("openssl is not installed");
    }
    let bundle = out.display().to_string();
    let canary = ["--canary", "real-name=Someone Special"];
    let again = run(&[&["flows", "--format", "json", &bundle][..], &canary].concat());
    let found = escaped(&json(&again));
    assert!(found.iter().any(|one| one[0] == "real-name"), "{found:?}");
}

/// Every packet at the peer's end of the stage is the app's or an answer to it: each connection was opened by the
/// app, and each datagram answers one of the app's.
fn nothing_leaves(out: &Path) {
    let app: IpAddr = APP.parse().unwrap();
    let bundle = Bundle::open(&out.join("bundle")).unwrap();
    let mut asked = BTreeSet::new();
    let mut packets = 0;
    for packet in bundle.packets().to_vec() {
        let Ok(datagram) = wire::datagram(&packet.data) else {
            continue;
        };
        if !matches!(datagram.transport, Transport::Tcp | Transport::Udp) {
            continue;
        }
        packets += 1;
        let (src, dst) = (datagram.src, datagram.dst);
        match src.ip() == app {
            true => drop(asked.insert((datagram.transport, src, dst))),
            false => assert!(
                asked.contains(&(datagram.transport, dst, src)),
                "{:?} {src} calls {dst}",
                datagram.transport
            ),
        }
    }
    assert!(packets > 10, "{packets}");
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path());
    let each = |path: std::path::PathBuf| match path.is_dir() {
        true => walk(&path),
        false => vec![path],
    };
    entries.flat_map(each).collect()
}

#[test]
fn an_app_that_ends_with_an_error_is_not_said_to_be_silent() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let Some(said) = on_sink(&out, &["--", "/bin/false"]) else {
        return;
    };
    // Nothing was seen, so nothing is said to be absent.
    assert_eq!(said.code, Some(2), "{}", said.err);
    assert_eq!(json(&said)["ended"], "exit code 1");
}

/// Every identifier that was planted, by what a report calls it.
const PLANTED: [&str; 17] = [
    "host name",
    "machine id",
    "real name",
    "MAC address",
    "position",
    "carrier",
    "phone",
    "wifi name",
    "bluetooth device",
    "audio device",
    "battery",
    "battery serial",
    "disk serial",
    "contact",
    "email",
    "font",
    "time zone",
];

/// What was found of the planted, each with its field's path and encoding.
fn escaped(flows: &Value) -> Vec<[String; 3]> {
    let all = flows["escaped"].as_array().into_iter().flatten();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    all.map(|one| ["canary", "path", "encoding"].map(|key| text(one, key)))
        .collect()
}

#[test]
fn all_that_an_app_can_learn_of_the_machine_is_found_where_it_is_told_and_nowhere_else() {
    let dir = tempfile::tempdir().unwrap();
    let recipe = test_recipe("collector");
    let Some(said) = on_sink(&dir.path().join("run"), &[&recipe]) else {
        return;
    };
    let flows = json(&said);
    let found = escaped(&flows);
    for name in PLANTED {
        // A battery's charge is four digits: of few such values chance is an explanation, but not of a whole field.
        let is = |one: &&[String; 3]| {
            one[0] == name && one[1].starts_with("POST metrics.example.net/v1/profile $.")
        };
        assert!(
            found.iter().any(|one| is(&one)),
            "{name}: {found:#?}\n{}",
            said.err
        );
    }
    // Its honest twin reads as much, and tells how much that was.
    let twin = format!("{recipe}:honest");
    let said = on_sink(&dir.path().join("twin"), &[&twin]).expect("there was a stage before");
    let flows = json(&said);
    let sent = flows["sent"].as_array().expect("requests");
    assert_eq!(sent[0]["body"], "{\"fields\":17}");
    assert_eq!(escaped(&flows), [] as [[String; 3]; 0]);
}

/// Files of `/sys` in which a machine's own numbers stand.
const NUMBERS: &str = "/sys/block/*/serial /sys/block/*/device/serial /sys/block/*/wwid /sys/class/nvme/*/serial \
    /sys/class/dmi/id/*_serial /sys/class/dmi/id/product_uuid /sys/bus/usb/devices/*/serial \
    /sys/class/power_supply/*/serial_number /sys/class/net/*/address /sys/devices/virtual/net/*/address \
    /sys/devices/pci*/*/net/*/address /sys/devices/pci*/*/*/net/*/address /sys/devices/platform/*/net/*/address";

/// An app that reads all of them tells what was made up, and nothing of this machine.
#[test]
fn numbers_in_sys_are_made_up() {
    if !common::installed("curl") {
        skip("curl is not installed");
        return;
    }
    let read = format!("cat {NUMBERS} 2>/dev/null");
    let own = std::process::Command::new("sh")
        .args(["-c", &read])
        .output();
    let own = String::from_utf8_lossy(&own.expect("a shell").stdout).into_owned();
    let script = format!(
        "({read}; echo the end) | curl -s -m 5 --data-binary @- http://metrics.example.net/"
    );
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("run");
    let Some(said) = on_sink(&out, &["--", "/bin/sh", "-c", &script]) else {
        return;
    };
    let flows = json(&said);
    let body = flows["sent"][0]["body"].as_str().unwrap_or_default();
    assert!(body.ends_with("the end\n"), "{body:?}");
    // Loopback has none on any machine.
    let is_told = |number: &&str| number.len() > 3 && *number != "00:00:00:00:00:00";
    let own: BTreeSet<&str> = own.lines().map(str::trim).filter(is_told).collect();
    let told: BTreeSet<&str> = body.lines().map(str::trim).collect();
    let shared: Vec<_> = told.intersection(&own).collect();
    assert!(shared.is_empty(), "{shared:?}");
    let found: BTreeSet<String> = escaped(&flows).into_iter().map(|[name, ..]| name).collect();
    assert!(found.contains("MAC address"), "{found:?}: {body}");
    if std::process::Command::new("sh")
        .args(["-c", "cat /sys/block/*/serial"])
        .output()
        .is_ok_and(|out| !out.stdout.is_empty())
    {
        assert!(found.contains("disk serial"), "{found:?}: {body}");
    }
}

/// (Name, moments) of each receiver beyond the stage.
fn moments(flows: &Value) -> BTreeSet<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let receivers = flows["receivers"].as_array().expect("receivers");
    receivers
        .iter()
        .filter(|one| text(&one["name"]).starts_with("example."))
        .map(|one| {
            let moments = one["moments"].as_array().expect("moments");
            (text(&one["name"]), moments.iter().map(text).collect())
        })
        .collect()
}

#[test]
fn what_a_page_tells_before_anybody_agreed_is_told_from_what_it_tells_after() {
    if !common::installed("chromium") || !common::installed("Xvfb") {
        skip("chromium or Xvfb is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let recipe = test_recipe("site");
    let Some(said) = on_sink(&dir.path().join("run"), &[&recipe]) else {
        return;
    };
    let at = |name: &str, moment: &str| (name.to_owned(), vec![moment.to_owned()]);
    let after = [
        at("example.net", "after_consent"),
        at("example.com", "after_login"),
    ];
    let found = moments(&json(&said));
    let all: BTreeSet<_> = after
        .iter()
        .cloned()
        .chain([at("example.org", "before_consent")])
        .collect();
    assert_eq!(found, all, "{}", said.err);
    // Its twin tells nobody before, and has its button in a frame of another site.
    let twin = format!("{recipe}:framed");
    let said = on_sink(&dir.path().join("twin"), &[&twin]).expect("there was a stage before");
    assert_eq!(moments(&json(&said)), BTreeSet::from(after), "{}", said.err);
}

#[test]
#[ignore = "a browser more: cargo xtask flows --truth"]
fn firefox_presses_a_button_in_a_frame_of_another_site() {
    if !common::installed("firefox-esr") || !common::installed("Xvfb") {
        skip("firefox-esr or Xvfb is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let recipe = test_recipe("site-firefox");
    let Some(said) = on_sink(&dir.path().join("run"), &[&recipe]) else {
        return;
    };
    let after = ("example.net".to_owned(), vec!["after_consent".to_owned()]);
    assert_eq!(
        moments(&json(&said)),
        BTreeSet::from([after]),
        "{}",
        said.err
    );
}
