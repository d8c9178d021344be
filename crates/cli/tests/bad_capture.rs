//! Captures from elsewhere in which something is wrong, or not where it is looked for: told, and the rest judged.

mod common;

use std::fs;
use std::net::Ipv6Addr;
use std::path::Path;

use common::elsewhere::{Taken, bundle, json, pcap};
use common::run;
use simulate::{Microphone, Sends, scene};

/// A packet as two fragments that overlap by eight bytes.
fn overlapping(frame: &[u8]) -> [Vec<u8>; 2] {
    const HEADERS: usize = 34;
    let part = |bytes: &[u8], place: u16| {
        let mut out = [&frame[..HEADERS], bytes].concat();
        let len = (out.len() - 14) as u16;
        out[16..18].copy_from_slice(&len.to_be_bytes());
        out[20..22].copy_from_slice(&place.to_be_bytes());
        out
    };
    let payload = &frame[HEADERS..];
    [part(&payload[..16], 0x2000), part(&payload[8..], 1)]
}

/// Each kind of bad capture of a session that leaks, and of one that does not: the verdict, what is said, and
/// the code.
#[test]
fn what_is_wrong_with_a_capture_is_told_and_the_rest_is_judged() {
    let dir = tempfile::tempdir().unwrap();
    let name = |file: &str| dir.path().join(file).display().to_string();
    let schedule_of = |bundle: &Path, file: &str| {
        let (bundle, file) = (bundle.display().to_string(), name(file));
        assert_eq!(run(&["bundle", "schedule", &bundle, &file]).code, Some(0));
        file
    };
    let leaks = scene(37).muted(Sends::Level, Microphone::Running);
    let (leaking, good) = bundle(dir.path(), leaks);
    let schedule = schedule_of(&leaking, "schedule.json");
    let spoiled = |by: &dyn Fn(usize, &mut Taken)| {
        let mut packets = good.clone();
        packets.iter_mut().enumerate().for_each(|(i, p)| by(i, p));
        pcap(&packets, 0, 0)
    };
    let late = good.len() * 9 / 10;
    let fragments: Vec<Taken> = good
        .iter()
        .enumerate()
        .flat_map(|(i, (t, frame))| match i % 10 {
            0 => overlapping(frame).map(|part| (*t, part)).to_vec(),
            _ => vec![(*t, frame.clone())],
        })
        .collect();
    let mut other_link = pcap(&good, 0, 0);
    other_link[20] = 147;
    let whole = pcap(&good, 0, 0);
    let cases = [
        ("whole", whole.clone(), "", 0),
        ("cut", whole[..whole.len() - 9].to_vec(), "", 2),
        ("overlapping fragments", pcap(&fragments, 0, 0), "", 0),
        // Half a second late in the file, as by an interface of its own.
        (
            "disorder",
            {
                let mut packets = good.clone();
                packets.chunks_mut(4).for_each(<[_]>::reverse);
                pcap(&packets, 0, 0)
            },
            "",
            0,
        ),
        (
            "wrong lengths",
            spoiled(&|i, (_, frame)| match i % 40 {
                0 => frame[14] = 0x41,
                20 => frame[16..18].copy_from_slice(&[0, 5]),
                _ => {}
            }),
            "no_packets",
            0,
        ),
        (
            "a time of none",
            spoiled(&|i, (t, _)| {
                if i == late {
                    *t = 0;
                }
            }),
            "impossible time",
            0,
        ),
        (
            "a clock set back",
            spoiled(&|i, (t, _)| {
                if i >= late {
                    *t -= 20_000_000_000;
                }
            }),
            "time goes back by",
            0,
        ),
        (
            "damage",
            {
                let mut bytes = whole.clone();
                let at = bytes.len() * 9 / 10;
                bytes[at..at + 300].fill(0xFF);
                bytes
            },
            "damaged here",
            2,
        ),
    ];
    for (kind, bytes, says, code) in cases {
        let (capture, out) = (name("a.pcap"), name(kind));
        fs::write(&capture, bytes).unwrap();
        let inspected = json(&["inspect", "--json", &capture]);
        let left_out = &inspected.0["left_out"];
        let [fragments, malformed, back] = ["fragments", "malformed", "back_in_time_first"]
            .map(|what| left_out[what].as_u64().unwrap() as usize);
        // "Nothing" is no answer where something was not looked into.
        let found = inspected.0["findings"].as_array().unwrap();
        let is_unknown = found.is_empty() && fragments + malformed > 0;
        let expected = if is_unknown { 2 } else { code };
        assert_eq!(inspected.1, Some(expected), "{kind}");
        let tenth = good.len().div_ceil(10);
        let expected = match kind {
            // Both of them: whose bytes are meant is not known.
            "overlapping fragments" => [2 * tenth, 0, 0],
            "wrong lengths" => [0, good.len().div_ceil(20), 0],
            "a time of none" | "a clock set back" => [0, 0, late + 1],
            _ => [0; 3],
        };
        assert_eq!([fragments, malformed, back], expected, "{kind}");
        let args = ["analyze", "--json", "--capture", &capture, "--schedule"];
        let (report, code) = json(&[&args[..], &[&schedule, "--out", &out]].concat());
        let verdict = &report["judgement"]["verdict"]["is"];
        let notes = report["judgement"]["notes"].to_string();
        println!("{kind}: {verdict}, {code:?}");
        assert_eq!((verdict.as_str(), code), (Some("leaks"), Some(1)), "{kind}");
        assert!(notes.contains(says), "{kind}: {notes}");
    }
    // What lies behind a clock that was set back might have followed the sound: nobody is cleared by it.
    let folder = tempfile::tempdir().unwrap();
    let quiet = scene(33).muted(Sends::KeepAlive, Microphone::Running);
    let (quiet, mut packets) = bundle(folder.path(), quiet);
    let schedule_of_quiet = schedule_of(&quiet, "quiet.json");
    let mut verdicts = Vec::new();
    for out in ["quiet", "quiet-set-back"] {
        let (capture, out) = (name("quiet.pcap"), name(out));
        fs::write(&capture, pcap(&packets, 0, 0)).unwrap();
        let args = ["analyze", "--json", "--capture", &capture, "--schedule"];
        let (report, code) = json(&[&args[..], &[&schedule_of_quiet, "--out", &out]].concat());
        let verdict = &report["judgement"]["verdict"]["is"];
        verdicts.push((verdict.as_str().unwrap().to_owned(), code));
        let half = packets.len() * 6 / 10;
        packets[half..]
            .iter_mut()
            .for_each(|(t, _)| *t -= 20_000_000_000);
    }
    let expected = [("partly_seen", Some(4)), ("inconclusive", Some(2))];
    assert_eq!(verdicts, expected.map(|(is, code)| (is.to_owned(), code)));
    let capture = name("other.pcap");
    fs::write(&capture, other_link).unwrap();
    let (found, code) = json(&["inspect", "--json", &capture]);
    let n = good.len() as u64;
    assert_eq!(
        (found["left_out"]["link_layer"].as_u64(), code),
        (Some(n), Some(2))
    );
    let args = ["analyze", "--capture", &capture, "--schedule", &schedule];
    let said = run(&[&args[..], &["--out", &name("other")]].concat());
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(
        said.err.contains(&format!("{n} of link type 147")),
        "{}",
        said.err
    );
}

/// The named address sends the same all the time; another one of the same network interface sends the level.
#[test]
fn what_a_device_sends_from_another_address_is_judged_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let leaks = scene(38).muted(Sends::Level, Microphone::Running);
    let (bundle, packets) = bundle(dir.path(), leaks);
    let name = |file: &str| dir.path().join(file).display().to_string();
    let (schedule, capture, out) = (name("schedule.json"), name("a.pcap"), name("out"));
    let bundle = bundle.display().to_string();
    assert_eq!(
        run(&["bundle", "schedule", &bundle, &schedule]).code,
        Some(0)
    );
    let by_both = |(t, frame): &Taken| {
        let [dst, src] = [0, 6].map(|at| frame[at..at + 6].try_into().unwrap());
        let built = || etherparse::PacketBuilder::ethernet2(src, dst);
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        let keep_alive = built().ipv4([10, 0, 0, 5], [198, 51, 100, 7], 64);
        keep_alive
            .udp(5_000, 6_000)
            .write(&mut v4, &[0; 40])
            .unwrap();
        let [device, server] =
            ["2001:db8::5", "2001:db8:1::7"].map(|a| a.parse::<Ipv6Addr>().unwrap());
        let level = built().ipv6(device.octets(), server.octets(), 64);
        level
            .udp(5_000, 6_000)
            .write(&mut v6, &frame[42..])
            .unwrap();
        [(*t, v4), (*t, v6)]
    };
    let packets: Vec<Taken> = packets.iter().flat_map(by_both).collect();
    fs::write(&capture, pcap(&packets, 0, 0)).unwrap();
    let args = ["analyze", "--json", "--capture", &capture, "--schedule"];
    let rest = [&schedule, "--out", &out, "--device", "10.0.0.5"];
    let (report, code) = json(&[&args[..], &rest].concat());
    let judgement = &report["judgement"];
    assert_eq!(
        (judgement["verdict"]["is"].as_str(), code),
        (Some("leaks"), Some(1))
    );
    let notes = judgement["notes"].as_array().unwrap().iter();
    let elsewhere = notes
        .filter(|note| note["is"] == "elsewhere")
        .collect::<Vec<_>>();
    let addresses = serde_json::json!(["10.0.0.5", "2001:db8::5"]);
    assert_eq!(elsewhere[0]["addresses"], addresses);
}
