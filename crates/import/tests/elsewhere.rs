//! What was recorded elsewhere becomes a bundle; what cannot, says why.

use std::fs;
use std::path::{Path, PathBuf};

use bundle::{Bundle, SEAL, Writer};
use import::{CaptureOptions, Drift, ImportError, Options, Schedule, TableFault};
use record::{Body, Source};
use simulate::{Microphone, Recording, Sends, scene};
use stimulus::Seed;

/// Wall time and frame.
type Taken = (u64, Vec<u8>);

/// A session that leaks, as a bundle, with its schedule beside it and its packets with their wall time.
fn session(dir: &Path) -> (Bundle, PathBuf, Vec<Taken>) {
    let leaks = scene(31).muted(Sends::Level, Microphone::Running);
    session_of(dir, leaks)
}

fn session_of(dir: &Path, scene: simulate::Scene) -> (Bundle, PathBuf, Vec<Taken>) {
    let Recording {
        seed,
        manifest,
        records,
        packets,
    } = scene.record();
    let path = dir.join("bundle");
    let mut writer = Writer::create(&path, &manifest, &seed).unwrap();
    let wall = records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    let wall = wall.unwrap();
    for record in records {
        writer.push(record.t, record.source, record.body).unwrap();
    }
    writer.seal().unwrap();
    let bundle = Bundle::open(&path).unwrap();
    let schedule = dir.join("schedule.json");
    Schedule::of(&bundle)
        .write(&schedule, bundle.seed())
        .unwrap();
    let packets = packets.into_iter().map(|(t, data)| (t.0 + wall, data));
    (bundle, schedule, packets.collect())
}

/// A capture by a clock that is so much ahead.
fn pcap(packets: &[Taken], ahead_ns: i64) -> Vec<u8> {
    let head = [0xA1B2_C3D4u32, 0x0004_0002, 0, 0, 65_535, 1];
    let mut out = head.map(u32::to_le_bytes).concat();
    for (t, frame) in packets {
        let (t, len) = (t.saturating_add_signed(ahead_ns), frame.len() as u32);
        let (s, us) = ((t / 1_000_000_000) as u32, (t / 1_000 % 1_000_000) as u32);
        out.extend([s, us, len, len].map(u32::to_le_bytes).concat());
        out.extend_from_slice(frame);
    }
    out
}

fn options(schedule: &Path, out: &Path) -> Options {
    Options {
        schedule: schedule.to_owned(),
        out: out.to_owned(),
        ..Options::default()
    }
}

fn captures(paths: &[&Path]) -> CaptureOptions {
    CaptureOptions {
        captures: paths.iter().map(|path| path.to_path_buf()).collect(),
        keylog: None,
        device: Vec::new(),
        domains: vec!["example.org".to_owned()],
        search_s: 15,
        drift: Drift::Searched(100),
        here: None,
    }
}

#[test]
fn a_capture_by_another_clock_becomes_a_sealed_bundle() {
    let dir = tempfile::tempdir().unwrap();
    let (_, schedule, packets) = session(dir.path());
    let (half, out) = (packets.len() / 2, dir.path().join("out"));
    let [first, second] = [("a", &packets[..half]), ("b", &packets[half..])].map(|(name, part)| {
        let path = dir.path().join(name);
        fs::write(&path, pcap(part, 3_700_000_000)).unwrap();
        path
    });
    let of = captures(&[&second, &first]);
    let made = import::capture(&of, &options(&schedule, &out)).unwrap();
    assert!(out.join(SEAL).is_file() && made.seal.is_some());
    assert_eq!(made.packets().len(), packets.len());
    assert_eq!(made.manifest.net.domains, ["example.org"]);
    let aligned = made.records.iter().find_map(|r| match r.body {
        Body::Aligned { offset_ns, .. } => Some(offset_ns),
        _ => None,
    });
    // As near as is needed to tell blocks apart.
    let off_ns = aligned.unwrap() + 3_700_000_000;
    assert!(off_ns.abs() < 300_000_000, "{off_ns}");
    // Nothing is ever written over.
    let again = import::capture(&of, &options(&schedule, &out)).unwrap_err();
    assert!(matches!(again, ImportError::Folder(_)), "{again}");
    assert!(again.to_string().ends_with("name another folder by --out"));
}

/// Offset that was taken, seconds, and whether it fits better than chance.
fn aligned(dir: &Path, scene: simulate::Scene, ahead_ns: i64) -> (f64, Option<bool>) {
    let (_, schedule, packets) = session_of(dir, scene);
    let path = dir.join("a.pcap");
    fs::write(&path, pcap(&packets, ahead_ns)).unwrap();
    let made = import::capture(&captures(&[&path]), &options(&schedule, &dir.join("out"))).unwrap();
    let aligned = made.records.iter().find_map(|r| match r.body {
        Body::Aligned {
            offset_ns,
            beyond_chance,
            ..
        } => Some((offset_ns as f64 / 1e9, beyond_chance)),
        _ => None,
    });
    aligned.unwrap()
}

/// Bytes tell nothing of a stream of constant rate: its level does, whichever way the clock is off.
#[test]
fn a_clock_is_found_by_levels_and_by_fields() {
    let pcmu = || {
        let sends = Sends::Pcmu;
        scene(37).unmuted(sends).muted(sends, Microphone::Running)
    };
    let json = || {
        let sends = Sends::Json { leaks: true };
        scene(38).unmuted(sends).muted(sends, Microphone::Running)
    };
    for (make, ahead_s) in [
        (&pcmu as &dyn Fn() -> simulate::Scene, 0.0),
        (&pcmu, -13.0),
        (&pcmu, 9.0),
        (&json, -13.0),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (offset_s, beyond_chance) = aligned(dir.path(), make(), (ahead_s * 1e9) as i64);
        assert_eq!(beyond_chance, Some(true), "{ahead_s}");
        assert!((offset_s + ahead_s).abs() < 0.3, "{ahead_s}: {offset_s}");
    }
}

/// Where nothing that was sent goes with the control, a clock is not moved by chance.
#[test]
fn a_clock_that_nothing_speaks_for_is_left_as_it_is() {
    for (seed, sends) in [
        (39, Sends::Constant),
        (40, Sends::Drift),
        (41, Sends::KeepAlive),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let scene = scene(seed).unmuted(sends).muted(sends, Microphone::Running);
        let aligned = aligned(dir.path(), scene, 0);
        assert_eq!(aligned, (0.0, Some(false)), "{sends:?}");
    }
}

/// ARP and the like are no packets, and they leave the device all the same.
#[test]
fn frames_without_ip_are_kept_where_they_are_the_devices() {
    let dir = tempfile::tempdir().unwrap();
    let (_, schedule, mut packets) = session(dir.path());
    let arp = |sender: [u8; 6]| {
        let mut frame = vec![0xFF; 6];
        frame.extend(sender);
        frame.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend([7; 20]);
        frame
    };
    let own: [u8; 6] = packets[0].1[6..12].try_into().unwrap();
    let t = packets[packets.len() / 2].0;
    let n = packets.len();
    packets.insert(n / 2, (t, arp(own)));
    packets.insert(n / 2, (t, arp([9; 6])));
    let path = dir.path().join("a.pcap");
    fs::write(&path, pcap(&packets, 0)).unwrap();
    let made = import::capture(
        &captures(&[&path]),
        &options(&schedule, &dir.path().join("out")),
    );
    let made = made.unwrap();
    let other = |packet: &&wire::Packet| wire::datagram(&packet.data).is_err();
    assert_eq!(made.packets().to_vec().iter().filter(other).count(), 1);
}

#[test]
fn a_schedule_and_its_key_belong_together() {
    let dir = tempfile::tempdir().unwrap();
    let (bundle, schedule, _) = session(dir.path());
    let (opened, seed) = Schedule::open(&schedule).unwrap();
    assert_eq!(seed.to_hex(), bundle.seed().to_hex());
    let only_there = |source| matches!(source, Source::Packets | Source::Sockets);
    assert!(!opened.records.iter().any(|r| only_there(r.source)));
    // Neither is written over.
    let again = opened.write(&schedule, &seed).unwrap_err();
    assert!(matches!(again, ImportError::Write { .. }), "{again}");

    let key = schedule.with_extension("key");
    fs::write(&key, format!("{}\n", Seed([9; 32]).to_hex())).unwrap();
    let why = Schedule::open(&schedule).unwrap_err();
    assert!(matches!(why, ImportError::OthersKey { .. }), "{why}");
    fs::write(&key, "no key").unwrap();
    let why = Schedule::open(&schedule).unwrap_err();
    assert!(matches!(why, ImportError::BadKey { .. }), "{why}");
    fs::remove_file(&key).unwrap();
    let why = Schedule::open(&schedule).unwrap_err();
    assert!(matches!(why, ImportError::ReadKey { .. }), "{why}");

    let newer = fs::read_to_string(&schedule).unwrap();
    let newer = newer.replacen("\"format\":1", "\"format\":99", 1);
    fs::write(&schedule, newer).unwrap();
    let why = Schedule::open(&schedule).unwrap_err();
    assert!(matches!(why, ImportError::NewerSchedule { format: 99, .. }));
    fs::write(&schedule, r#"[{"sound": "speech", "start_s": 3}]"#).unwrap();
    let why = Schedule::open(&schedule).unwrap_err();
    assert!(matches!(why, ImportError::NotDrawn(_)), "{why}");
    fs::write(&schedule, "{}").unwrap();
    let why = Schedule::open(&schedule).unwrap_err();
    assert!(matches!(why, ImportError::NotSchedule { .. }), "{why}");
}

#[test]
fn what_cannot_become_a_bundle_leaves_none() {
    let dir = tempfile::tempdir().unwrap();
    let (_, schedule, packets) = session(dir.path());
    let out = dir.path().join("out");
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let refused = |path: &Path| {
        let of = captures(&[path]);
        let why = import::capture(&of, &options(&schedule, &out)).unwrap_err();
        assert!(!out.exists(), "{why}");
        why
    };
    let why = refused(&file("text", b"hello, this is no capture"));
    assert!(matches!(why, ImportError::NotCapture { .. }), "{why}");
    let why = refused(&file("empty", b""));
    assert!(
        why.to_string().ends_with("can be read: it is empty"),
        "{why}"
    );
    let why = refused(&dir.path().join("none"));
    assert!(matches!(why, ImportError::Scan(_)), "{why}");
    let why = refused(&file("later", &pcap(&packets, 3_600_000_000_000)));
    assert!(matches!(why, ImportError::OtherTime { .. }), "{why}");
    let mut other_link = pcap(&packets, 0);
    other_link[20] = 147;
    let why = refused(&file("link", &other_link));
    assert!(matches!(why, ImportError::NothingOfDevice { .. }), "{why}");

    let mut options = options(&schedule, &out);
    options.mic_logs = vec![file("log", b"hello\n")];
    let of = captures(&[&file("good", &pcap(&packets, 0))]);
    let why = import::capture(&of, &options).unwrap_err();
    assert!(matches!(why, ImportError::MicLog { .. }), "{why}");
    assert!(!out.exists());
}

#[test]
fn a_table_becomes_a_bundle_or_says_where_it_is_none() {
    let dir = tempfile::tempdir().unwrap();
    let (_, schedule, _) = session(dir.path());
    let path = dir.path().join("table.csv");
    let out = dir.path().join("out");
    let table = |text: &str| {
        fs::write(&path, text).unwrap();
        import::table(&path, &options(&schedule, &out))
    };
    let fault = |text: &str| match table(text) {
        Err(ImportError::Table { line, why, .. }) => (line, why),
        other => panic!("{text}: {other:?}"),
    };
    let is = |text: &str, line: u64, kind: fn(&TableFault) -> bool| {
        let (at, why) = fault(text);
        assert!(at == line && kind(&why), "{text}: line {at}: {why}");
    };
    is(
        "t,a\n1,2\nnoon,3\n",
        3,
        |w| matches!(w, TableFault::Time(t) if t == "noon"),
    );
    is("t,a\n1,2,3\n", 2, |w| {
        matches!(
            w,
            TableFault::Fields {
                found: 3,
                expected: 2
            }
        )
    });
    is("t,a\n1,2\n2,x\n", 1, |w| {
        matches!(w, TableFault::Mixed { texts: 1, .. })
    });
    is("t,a\n1,x\n", 1, |w| matches!(w, TableFault::NoNumbers));
    let why = table("t,a\n-9,2\n").unwrap_err();
    assert!(matches!(why, ImportError::NoRow(_)), "{why}");
    let made = table("t,a\n1,2\n2,3.5\n").unwrap();
    let rows = made.records.iter().filter_map(|r| match &r.body {
        Body::Row { values } => Some(values["a"]),
        _ => None,
    });
    assert_eq!(rows.collect::<Vec<_>>(), [2.0, 3.5]);
}
