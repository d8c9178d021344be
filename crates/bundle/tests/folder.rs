//! A bundle is written, sealed, opened, damaged, cut off.

use std::fs;
use std::path::Path;

use bundle::{Bundle, BundleError, SealError, Writer};
use record::{BUNDLE_FORMAT, Body, Manifest, MonotonicNs, Net, Source, Subject};
use stimulus::Seed;

fn manifest(seed: &Seed) -> Manifest {
    Manifest {
        format: BUNDLE_FORMAT,
        tool: "test".into(),
        started: "2026-01-01T00:00:00Z".into(),
        subject: Subject {
            recipe: "specimen".into(),
            recipe_sha256: String::new(),
            title: "A specimen".into(),
            binary: "/bin/true".into(),
            binary_sha256: String::new(),
            version: String::new(),
            packages: Vec::new(),
            mute_way: String::new(),
            called: Default::default(),
        },
        host: Vec::new(),
        profile: "smoke".into(),
        protocol: stimulus::profile("smoke").expect("smoke is a profile"),
        seed_sha256: seed.sha256_hex(),
        planted: Vec::new(),
        net: Net {
            app: vec!["10.77.0.2".into()],
            remotes: Vec::new(),
            domains: Vec::new(),
        },
        guided: None,
        library: None,
    }
}

/// Three records and two packets; not sealed yet.
fn written(dir: &Path) -> Writer {
    let seed = Seed([7; 32]);
    let mut writer = Writer::create(dir, &manifest(&seed), &seed).unwrap();
    let pair = |realtime_ns| Body::ClockPair {
        realtime_ns,
        bracket_ns: 40,
    };
    writer
        .push(MonotonicNs(1_000), Source::Clock, pair(5_000_000_000))
        .unwrap();
    writer
        .push(MonotonicNs(2_000), Source::Clock, pair(5_000_001_000))
        .unwrap();
    writer
        .push(MonotonicNs(3_000), Source::Stage, Body::Finished)
        .unwrap();
    writer.flush().unwrap();
    let mut capture = writer.capture_file("eth0", 65535, "test").unwrap();
    capture.packet(5_000_001_500, 3, b"two").unwrap();
    let line = format!("CLIENT_RANDOM {} {}\n", "a0".repeat(32), "0b".repeat(48));
    capture.tls_keys(line.as_bytes()).unwrap();
    capture.packet(5_000_000_100, 3, b"one").unwrap();
    capture.flush().unwrap();
    writer
}

fn open_error(dir: &Path) -> String {
    Bundle::open(dir)
        .expect_err("ought to be refused")
        .to_string()
}

#[test]
fn what_was_written_is_read_back_on_the_sessions_clock() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path()).seal().unwrap();
    let bundle = Bundle::open(dir.path()).unwrap();
    assert_eq!(bundle.records.len(), 3);
    let packets = bundle.packets().to_vec();
    let seen: Vec<_> = packets.iter().map(|p| (p.t, &p.data[..])).collect();
    assert_eq!(
        seen,
        [
            (MonotonicNs(1_100), &b"one"[..]),
            (MonotonicNs(2_500), &b"two"[..])
        ]
    );
    assert_eq!(bundle.keys().unwrap().len(), 1);
    assert_eq!(bundle.seal.unwrap().files.len(), 4);
}

#[test]
fn a_changed_file_is_named() {
    for file in ["manifest.json", "seed", "session.jsonl", "packets.pcapng"] {
        let dir = tempfile::tempdir().unwrap();
        written(dir.path()).seal().unwrap();
        let path = dir.path().join(file);
        let mut bytes = fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(
            open_error(dir.path()).starts_with(&format!("{file} was changed")),
            "{file}"
        );
    }
}

#[test]
fn added_and_missing_files_are_named() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path()).seal().unwrap();
    fs::write(dir.path().join("logs/more.txt"), "x").unwrap();
    assert!(open_error(dir.path()).starts_with("logs/more.txt was added"));
    fs::remove_file(dir.path().join("logs/more.txt")).unwrap();
    fs::remove_file(dir.path().join("packets.pcapng")).unwrap();
    assert!(open_error(dir.path()).starts_with("packets.pcapng is missing"));
}

#[test]
fn a_bundle_cut_off_anywhere_opens_up_to_its_last_whole_record() {
    let dir = tempfile::tempdir().unwrap();
    drop(written(dir.path()));
    let log = fs::read(dir.path().join("session.jsonl")).unwrap();
    let packets = fs::read(dir.path().join("packets.pcapng")).unwrap();
    let mut most = 0;
    for len in 0..=log.len() {
        fs::write(dir.path().join("session.jsonl"), &log[..len]).unwrap();
        let bundle = Bundle::open(dir.path()).unwrap();
        assert!(bundle.records.len() >= most && bundle.seal.is_none());
        most = bundle.records.len();
        let whole = log[..len].iter().filter(|&&b| b == b'\n').count();
        assert_eq!(bundle.records.len(), whole);
        assert_eq!(
            bundle.log_cut_bytes > 0,
            !log[..len].is_empty() && log[len - 1] != b'\n'
        );
    }
    let mut whole = 0;
    for len in 0..packets.len() {
        fs::write(dir.path().join("packets.pcapng"), &packets[..len]).unwrap();
        if let Ok(bundle) = Bundle::open(dir.path()) {
            let n = bundle.packets().len();
            assert!(n >= whole, "{len}");
            whole = n;
        }
    }
    assert_eq!(whole, 1);
}

#[test]
fn a_folder_that_is_no_bundle_and_a_newer_bundle_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    assert!(matches!(
        Bundle::open(dir.path()),
        Err(BundleError::NoBundle(_))
    ));
    let other = dir.path().join("b");
    drop(written(&other));
    fs::write(other.join("manifest.json"), "{\"format\": 99}").unwrap();
    assert!(open_error(&other).contains("format 99 is newer"));
}

#[test]
fn a_seed_that_does_not_fit_its_commitment_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    drop(written(dir.path()));
    fs::write(dir.path().join("seed"), Seed([8; 32]).to_hex()).unwrap();
    assert!(open_error(dir.path()).contains("not the seed"));
}

#[test]
fn a_seal_that_is_no_seal_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path()).seal().unwrap();
    fs::write(dir.path().join("seal.json"), "[]").unwrap();
    assert!(matches!(
        Bundle::open(dir.path()),
        Err(BundleError::Seal(SealError::Unreadable(_)))
    ));
}
