//! Captures from elsewhere: judged as the bundle they belong to, read in whatever way they are packed.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use common::elsewhere::{bundle, json, pcap};
use common::{program, run};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use record::Body;
use serde_json::Value;
use simulate::{Microphone, Scene, Sends, scene};

/// Verdict and code of a bundle, and of a capture of it by another clock.
fn both(scene: Scene, keep: impl Fn(usize) -> bool) -> [(Value, Option<i32>); 2] {
    let dir = tempfile::tempdir().unwrap();
    let (bundle, packets) = bundle(dir.path(), scene);
    let name = |file: &str| dir.path().join(file).display().to_string();
    let bundle = bundle.display().to_string();
    let schedule = name("schedule.json");
    assert_eq!(
        run(&["bundle", "schedule", &bundle, &schedule]).code,
        Some(0)
    );
    let kept = (0..packets.len()).filter(|i| keep(*i * 100 / packets.len()));
    let kept: Vec<_> = kept.map(|i| packets[i].clone()).collect();
    fs::write(name("a.pcap"), pcap(&kept, 3_700_000_000, 50_000)).unwrap();
    let (capture, out) = (name("a.pcap"), name("out"));
    let elsewhere = json(&[
        "analyze",
        "--json",
        "--capture",
        &capture,
        "--schedule",
        &schedule,
        "--out",
        &out,
    ]);
    // The bundle that was made is one like any other.
    assert_eq!(json(&["analyze", "--json", &out]).0, elsewhere.0);
    [json(&["analyze", "--json", &bundle]), elsewhere]
}

fn verdict(of: &(Value, Option<i32>)) -> &str {
    of.0["judgement"]["verdict"]["is"]
        .as_str()
        .unwrap_or_else(|| panic!("{}", of.0["judgement"]["verdict"]))
}

#[test]
fn a_capture_by_another_clock_gives_the_bundles_verdict() {
    for (seed, sends, microphone) in [
        (31, Sends::Level, Microphone::Running),
        (32, Sends::KeepAlive, Microphone::Closed),
        (33, Sends::KeepAlive, Microphone::Running),
    ] {
        let [bundle, elsewhere] = both(scene(seed).muted(sends, microphone), |_| true);
        assert_eq!(verdict(&bundle), verdict(&elsewhere));
        assert_eq!(bundle.1, elsewhere.1);
    }
}

/// Two thirds of a second off at the end: the drift is found on the muted phase, and stands in the bundle with
/// the number of those that were tried; where it is declared, or the run is short, there is no search.
#[test]
fn a_long_runs_drift_is_searched_for() {
    let dir = tempfile::tempdir().unwrap();
    let leaks = scene(36)
        .blocks(45, 600)
        .muted(Sends::Level, Microphone::Running);
    let (bundle, packets) = bundle(dir.path(), leaks);
    let name = |file: &str| dir.path().join(file).display().to_string();
    let (schedule, capture) = (name("schedule.json"), name("a.pcap"));
    let bundle = bundle.display().to_string();
    assert_eq!(
        run(&["bundle", "schedule", &bundle, &schedule]).code,
        Some(0)
    );
    fs::write(&capture, pcap(&packets, 2_000_000_000, 1_000_000)).unwrap();
    let aligned = |out: &str, more: &[&str]| {
        let out = name(out);
        let args = ["analyze", "--json", "--capture", &capture];
        let rest = ["--schedule", &schedule, "--out", &out];
        let said = json(&[&args[..], &rest[..], more].concat());
        assert_eq!(verdict(&said), "leaks");
        let records = bundle::Bundle::open(Path::new(&out)).unwrap().records;
        let aligned = records.iter().find_map(|r| match r.body {
            Body::Aligned {
                drift_ppb, drifts, ..
            } => Some((drift_ppb, drifts)),
            _ => None,
        });
        let test = &said.0["judgement"]["muted"];
        let number = |name: &str| test[name].as_f64().unwrap();
        (
            aligned.unwrap(),
            number("log10_w_max"),
            number("log10_needed"),
        )
    };
    let ((drift, drifts), w, needed) = aligned("searched", &["--search-drift", "1000"]);
    let declared = aligned("declared", &["--drift", "0"]);
    println!("{drift} ppb of {drifts}: log10 W {w:.1} of {needed:.2}; declared {declared:?}");
    // Those that are tried lie 143 parts in a million apart.
    assert!((drift - 1_000_000).abs() <= 150_000, "{drift}");
    assert_eq!(declared.0, (0, 1));
    assert!(w > declared.1, "{w} {declared:?}");
    assert!((needed - declared.2 - f64::from(drifts).log10()).abs() < 1e-9);
}

#[test]
fn without_a_control_nothing_is_concluded() {
    // What was sent in the first half is not in the capture.
    let quiet = scene(34).muted(Sends::KeepAlive, Microphone::Running);
    let [_, elsewhere] = both(quiet, |percent| percent > 60);
    assert_eq!(
        (verdict(&elsewhere), elsewhere.1),
        ("inconclusive", Some(2))
    );
}

#[test]
fn packed_and_cut_files_are_inspected_and_others_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_, packets) = bundle(dir.path(), scene(35).blocks(20, 20));
    let bytes = pcap(&packets, 0, 0);
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd =
        ruzstd::encoding::compress_to_vec(&bytes[..], ruzstd::encoding::CompressionLevel::Fastest);
    let of = |path: &str| json(&["inspect", "--json", path]);
    let (mut plain, code) = of(&file("plain", &bytes));
    assert_eq!(
        (plain["packets"].as_u64(), code),
        (Some(packets.len() as u64), Some(0))
    );
    for (name, packed) in [("gzip", &gzip), ("zstd", &zstd)] {
        let (mut seen, code) = of(&file(name, packed));
        seen["name"] = Value::Null;
        plain["name"] = Value::Null;
        assert_eq!((&seen, code), (&plain, Some(0)), "{name}");
    }
    let (cut, code) = of(&file("cut", &bytes[..bytes.len() - 3]));
    assert_eq!(
        (cut["packets"].as_u64(), code),
        (Some(packets.len() as u64 - 1), Some(2))
    );
    let (empty, code) = of(&file("empty", &[]));
    assert_eq!((empty["packets"].as_u64(), code), (Some(0), Some(2)));
    assert!(cut["file"]["cut"].as_u64().is_some());
    let (cut, code) = of(&file("cut-gzip", &gzip[..gzip.len() / 2]));
    assert!(cut["packets"].as_u64().is_some_and(|n| n > 0) && code == Some(2));
    let (damaged, code) = of(&file("damaged", &{
        let mut bytes = bytes.clone();
        bytes[24 + 11] = 0xFF;
        bytes
    }));
    assert_eq!(damaged["file"]["damages"][0]["offset"], 32);
    assert_eq!(
        (damaged["packets"].as_u64(), code),
        (Some(packets.len() as u64 - 1), Some(2))
    );
    let text = run(&["inspect", &file("text", b"no capture")]);
    assert!(
        text.code == Some(3) && text.err.contains("no capture"),
        "{}",
        text.err
    );
    for lang in ["en", "de"] {
        let said = run(&["inspect", "--lang", lang, &file("plain", &bytes)]);
        assert!(
            said.code == Some(0) && !said.out.contains('['),
            "{}{}",
            said.out,
            said.err
        );
    }
}

/// A plain file is read in pieces by all cores, a packed one from front to end by one.
#[test]
fn what_several_cores_find_is_what_one_does() {
    let dir = tempfile::tempdir().unwrap();
    let packets: Vec<_> = (0..40_000u32)
        .map(|i| {
            let source = i % 7;
            // Some do not fit into what is kept of the piece before, and some are no packets of sound.
            let mut frame = frame(match i % 5_000 {
                4_999 => 200_000,
                _ => 40 + (i as usize * 37) % 400,
            });
            frame[29] = source as u8;
            frame[42..46].copy_from_slice(&[0x90, 111, ((i / 7) >> 8) as u8, (i / 7) as u8]);
            frame[46..50].copy_from_slice(&(i / 7 * 960).to_be_bytes());
            frame[53] = source as u8;
            frame[54..62].copy_from_slice(&[0xBE, 0xDE, 0, 1, 0x10, i as u8, 0, 0]);
            if i % 50 == 0 {
                frame[42] = b'G';
            }
            (1_700_000_000_000_000_000 + u64::from(i) * 3_000_000, frame)
        })
        .collect();
    let whole = pcap(&packets, 0, 0);
    let mut damaged = whole.clone();
    for part in 1..5 {
        let at = damaged.len() / 5 * part;
        damaged[at..at + 700].fill(0xEE);
    }
    let cut = &whole[..whole.len() - 9];
    for (name, bytes) in [("whole", &whole[..]), ("damaged", &damaged), ("cut", cut)] {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(bytes).unwrap();
        let [plain, packed] = [(name, bytes), ("packed", &gzip.finish().unwrap())].map(|file| {
            let path = dir.path().join(file.0);
            fs::write(&path, file.1).unwrap();
            let (mut found, code) = json(&["inspect", "--json", &path.display().to_string()]);
            found["name"] = Value::Null;
            (found, code)
        });
        assert!(plain.0["packets"].as_u64() > Some(35_000), "{name}");
        assert!(
            plain.0["findings"]
                .as_array()
                .is_some_and(|all| all.len() >= 7)
        );
        assert_eq!(plain, packed, "{name}");
    }
}

/// What another program adds to a capture is read until the person has seen enough.
#[test]
fn a_capture_that_grows_is_followed_until_ctrl_c() {
    let dir = tempfile::tempdir().unwrap();
    let (_, packets) = bundle(dir.path(), scene(36).blocks(20, 20));
    let bytes = pcap(&packets, 0, 0);
    let path = dir.path().join("growing");
    let (begin, rest) = bytes.split_at(bytes.len() / 2 + 5);
    fs::write(&path, begin).unwrap();
    let mut follow = Command::new(program())
        .args(["inspect", "--follow", "--json"])
        .arg(&path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It says so once Ctrl-C is caught.
    let mut said = String::new();
    let mut err = BufReader::new(follow.stderr.take().unwrap());
    err.read_line(&mut said).unwrap();
    assert!(said.contains("Ctrl-C"), "{said}");
    let mut growing = fs::File::options().append(true).open(&path).unwrap();
    growing.write_all(rest).unwrap();
    kill(Pid::from_raw(follow.id() as i32), Signal::SIGINT).unwrap();
    let out = follow.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    let seen: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(seen["packets"].as_u64(), Some(packets.len() as u64));
    assert!(seen["file"]["cut"].is_null());

    let packed = dir.path().join("packed");
    fs::write(&packed, [0x1F, 0x8B, 8, 0]).unwrap();
    let said = run(&["inspect", "--follow", &packed.display().to_string()]);
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("is packed"), "{}", said.err);
}

/// A loudspeaker beside a device whose packets grow with the sound, muted or not.
#[test]
fn what_was_played_from_a_file_is_found_in_a_capture() {
    let dir = tempfile::tempdir().unwrap();
    let name = |file: &str| dir.path().join(file).display().to_string();
    let (wav, schedule) = (name("sound.wav"), name("schedule.json"));
    let play = [
        "play",
        "--profile",
        "smoke",
        "--wav",
        &wav,
        "--schedule",
        &schedule,
    ];
    let said = run(&play);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(fs::read(&wav).unwrap().starts_with(b"RIFF"));
    assert_eq!(run(&play).code, Some(3), "neither is written over");
    let text = fs::read_to_string(&schedule).unwrap();
    assert!(!text.contains(fs::read_to_string(name("schedule.key")).unwrap().trim()));
    let value: Value = serde_json::from_str(&text).unwrap();
    let mut packets = Vec::new();
    for record in value["records"].as_array().unwrap() {
        let t = record["t"].as_u64().unwrap();
        let levels = record["body"]["rms_dbfs"].as_array();
        for (i, level) in levels.into_iter().flatten().enumerate() {
            let bytes = 60 + (level.as_f64().unwrap() + 120.0).max(0.0) as usize;
            // Played at a moment in 2001; the device is 80 ms late.
            let wall = 1_000_000_000_000_000_000 + t + i as u64 * 20_000_000 + 80_000_000;
            packets.push((wall - 1_000_000_000, frame(bytes)));
        }
    }
    fs::write(name("a.pcap"), pcap(&packets, 1_300_000_000, 0)).unwrap();
    let (capture, out) = (name("a.pcap"), name("out"));
    let began = "2001-09-09T01:46:40Z";
    let (value, code) = json(&[
        "analyze",
        "--json",
        "--capture",
        &capture,
        "--schedule",
        &schedule,
        "--out",
        &out,
        "--began",
        began,
        "--muted",
        "60..136",
    ]);
    let reasons = &value["judgement"]["verdict"];
    assert_eq!(
        (reasons["is"].as_str(), code),
        (Some("leaks"), Some(1)),
        "{reasons}"
    );
    // Without a word on the mute nothing is concluded.
    let out = name("unsaid");
    let (value, _) = json(&[
        "analyze",
        "--json",
        "--capture",
        &capture,
        "--schedule",
        &schedule,
        "--out",
        &out,
        "--began",
        began,
    ]);
    assert_eq!(value["judgement"]["verdict"]["is"], "inconclusive");
}

/// UDP from 10.0.0.5 with so many bytes of payload.
fn frame(payload: usize) -> Vec<u8> {
    let mut out = vec![0; 42 + payload];
    out[12] = 8;
    out[14] = 0x45;
    // As with segmentation offload where it is too long for an IP packet.
    let len = |head: usize| u16::try_from(head + payload).unwrap_or(0).to_be_bytes();
    out[16..18].copy_from_slice(&len(28));
    out[22..24].copy_from_slice(&[64, 17]);
    out[26..34].copy_from_slice(&[10, 0, 0, 5, 198, 51, 100, 7]);
    out[34..38].copy_from_slice(&[0x9C, 0x40, 0x13, 0x88]);
    out[38..40].copy_from_slice(&len(8));
    out
}

#[test]
fn the_devices_own_log_is_laid_on_the_schedule() {
    let dir = tempfile::tempdir().unwrap();
    let quiet = scene(36).muted(Sends::KeepAlive, Microphone::Running);
    let (bundle, packets) = bundle(dir.path(), quiet);
    let name = |file: &str| dir.path().join(file).display().to_string();
    let (bundle, schedule) = (bundle.display().to_string(), name("schedule.json"));
    assert_eq!(
        run(&["bundle", "schedule", &bundle, &schedule]).code,
        Some(0)
    );
    fs::write(name("a.pcap"), pcap(&packets, 0, 0)).unwrap();
    // From the first packet on to long after the last: the app never let go.
    let line = |kind: &str, ns: u64| {
        let time = jiff::Timestamp::from_nanosecond(i128::from(ns)).unwrap();
        format!(
            r#"{{"type":"access","category":"microphone","kind":"{kind}","timeStamp":"{time}","identifier":"1","accessor":{{"identifier":"org.example.call","identifierType":"bundleID"}}}}"#
        )
    };
    let (first, last) = (packets[0].0, packets.last().unwrap().0);
    let log = [
        line("intervalBegin", first),
        line("intervalEnd", last + 3_600_000_000_000),
    ];
    fs::write(name("report.ndjson"), log.join("\n")).unwrap();
    fs::write(
        name("dump.txt"),
        "RecordActivityMonitor dump time: 1:00:00 PM\n",
    )
    .unwrap();
    let (capture, out) = (name("a.pcap"), name("out"));
    let (report, ndjson, dump) = (name("none"), name("report.ndjson"), name("dump.txt"));
    let of = |logs: &[&str], out: &str| {
        let mut args = vec![
            "analyze",
            "--json",
            "--capture",
            &capture,
            "--schedule",
            &schedule,
            "--out",
            out,
            "--mic-log",
        ];
        args.extend(logs);
        run(&args)
    };
    let said = of(&[&ndjson, &dump], &out);
    let report_of: Value = serde_json::from_str(&said.out).unwrap();
    let notes = report_of["judgement"]["notes"].as_array().unwrap();
    let note = |is: &str| notes.iter().find(|n| n["is"] == is);
    let accessed = note("accessed").expect("the app had it");
    assert_eq!(accessed["app"], "org.example.call");
    assert_eq!(accessed["seconds"], accessed["of_seconds"]);
    assert!(
        note("not_accessed").is_none(),
        "the other log tells of no time"
    );
    let silent = note("log_not_of_that_time").expect("it says nothing");
    assert_eq!(silent["log"], "dumpsys audio (Android)");
    assert!(note("elsewhere").is_some() && note("staged").is_none());
    // What is no log is one line, and nothing is written.
    fs::write(&report, "hello\n").unwrap();
    let other = name("other");
    let said = of(&[&report], &other);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("none of the logs"), "{}", said.err);
    assert!(!Path::new(&other).exists());
}

/// What tools export is told by what it is; what is not read is named, and what is read in its place.
#[test]
fn exports_of_tools_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let report = |t: u64, level: f64| {
        format!(
            r#"["g","PC_0",{{"t":{t},"0":{{"type":12,"11":"audio","57":{level}}},"1":{{"type":2,"11":"audio","80":{t}}}}},1000]"#
        )
    };
    let lines = [
        "RTCStatsDump".to_owned(),
        r#"{"fileFormat":3}"#.to_owned(),
        report(1_000, 0.5),
        report(2_000, 0.0),
        report(3_000, 0.0),
    ];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(lines.join("\n").as_bytes()).unwrap();
    let dump = file("call.gz", &gzip.finish().unwrap());
    let (found, code) = json(&["inspect", "--json", "--muted", "1..2", &dump]);
    assert_eq!((found["kind"].as_str(), code), (Some("rtcstats"), Some(0)));
    let tracks = &found["connections"][0]["tracks"];
    assert_eq!(tracks[0]["muted"]["zero"], 2, "{found}");
    assert_eq!(tracks[1]["muted"]["bits_per_s"], 8_000.0, "{found}");
    let text = run(&["inspect", &dump]);
    assert!(
        text.out
            .contains("What the page was given by the microphone"),
        "{}",
        text.out
    );

    let har = r#"{"log":{"entries":[{"request":{"url":"https://app.example.org/b"}}]}}"#;
    let (found, code) = json(&["inspect", "--json", &file("a.har", har.as_bytes())]);
    assert_eq!((found["kind"].as_str(), code), (Some("har"), Some(0)));

    let flows = file("flows", b"20:7:version;2:21#4:type;}");
    let refused = run(&["inspect", &flows]);
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    assert!(
        refused.err.contains("export it as HAR first"),
        "{}",
        refused.err
    );
    let damaged = file("damaged", b"RTCStatsDump\n{\"fileFormat\":3}\n[oh\n[]\n");
    let refused = run(&["inspect", &damaged]);
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    assert!(refused.err.contains("rtcstats, line 3"), "{}", refused.err);
    assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
}

/// A block of pcapng.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let padding = vec![0; body.len().next_multiple_of(4) - body.len()];
    let len = (body.len() + padding.len() + 12) as u32;
    [
        &kind.to_le_bytes()[..],
        &len.to_le_bytes(),
        body,
        &padding,
        &len.to_le_bytes(),
    ]
    .concat()
}

/// As PCAPdroid writes it: raw IP, what app an address is of in blocks of its own, and keys in several blocks of
/// secrets between the packets, whose last line need not be ended.
#[test]
fn keys_in_a_capture_are_counted_and_kept_apart() {
    let secrets = |lines: &str| {
        let head = [0x544C_534Bu32, lines.len() as u32]
            .map(u32::to_le_bytes)
            .concat();
        block(10, &[&head[..], lines.as_bytes()].concat())
    };
    let key = |n: u8| {
        format!(
            "CLIENT_RANDOM {} {}",
            hex::encode([n; 32]),
            hex::encode([n; 48])
        )
    };
    let ip = {
        let mut ip = Vec::new();
        let of = etherparse::PacketBuilder::ipv4([10, 0, 0, 1], [203, 0, 113, 5], 9);
        of.udp(5_000, 6_000).write(&mut ip, b"payload").unwrap();
        ip
    };
    let packet = {
        let len = ip.len() as u32;
        let head = [0, 0x0006_5400, 0, len, len].map(u32::to_le_bytes).concat();
        block(6, &[&head[..], &ip].concat())
    };
    let section = [&0x1A2B_3C4Du32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xFF; 8]].concat();
    let interface = [101u32, 0].map(u32::to_le_bytes).concat();
    let own = [
        &62_652u32.to_le_bytes()[..],
        &[1, 2, 3, 4],
        b"org.example.app",
    ]
    .concat();
    let bytes = [
        block(0x0A0D_0D0A, &section),
        block(1, &interface),
        block(0x0BAD, &own),
        secrets(&key(1)),
        packet.clone(),
        secrets(&format!("# by a proxy\r\n{}\r\n{}", key(2), key(3))),
        packet,
    ];
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phone.pcapng");
    fs::write(&path, bytes.concat()).unwrap();
    let path = path.display().to_string();
    let (found, _) = json(&["inspect", "--json", &path]);
    assert_eq!(found["file"]["tls_keys"], 3, "{found}");
    assert_eq!(found["file"]["damages"].as_array().map(Vec::len), Some(0));
    let text = run(&["inspect", &path]);
    assert!(text.out.contains("3 lines of TLS keys"), "{}", text.out);
}
