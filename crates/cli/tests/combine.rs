//! Several sessions of one app, judged together.

mod common;

use std::path::{Path, PathBuf};

use common::run;
use record::Body;
use serde_json::Value;
use simulate::{Microphone, Scene, Sends, scene};
use tempfile::TempDir;

/// A sealed bundle of a made-up session.
fn write(dir: &Path, scene: Scene, title: &str) -> PathBuf {
    write_with(dir, scene, title, None)
}

/// With a further fact at its beginning.
fn write_with(dir: &Path, scene: Scene, title: &str, fact: Option<Body>) -> PathBuf {
    let mut recording = scene.record();
    recording.manifest.subject.title = title.to_owned();
    let mut writer =
        bundle::Writer::create(dir, &recording.manifest, &recording.seed).expect("a bundle");
    let offset_ns = recording.records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    let offset_ns = offset_ns.expect("a clock");
    let mut capture = writer.capture_file("eth0", 65_535, "test").expect("a file");
    for (t, frame) in &recording.packets {
        let len = frame.len() as u32;
        capture
            .packet(t.0 + offset_ns, len, frame)
            .expect("a packet");
    }
    capture.flush().expect("written");
    if let Some(body) = fact {
        let t = recording.records[0].t;
        let source = record::Source::Packets;
        writer.push(t, source, body).expect("a record");
    }
    for record in recording.records {
        writer
            .push(record.t, record.source, record.body)
            .expect("a record");
    }
    writer.seal().expect("sealed");
    dir.to_owned()
}

/// Two sessions too short to show a weak leak by themselves.
fn two(dir: &TempDir, sends: Sends) -> [String; 2] {
    [21, 22].map(|seed| {
        let scene = scene(seed).blocks(45, 24).muted(sends, Microphone::Running);
        let path = write(&dir.path().join(format!("{seed}")), scene, "Made-up app");
        path.display().to_string()
    })
}

fn combined(args: &[&str]) -> (Value, Option<i32>) {
    let said = run(&[&["combine", "--json"], args].concat());
    let value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err));
    (value, said.code)
}

#[test]
fn evidence_of_independent_sessions_multiplies() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = two(&dir, Sends::Level);
    let (one, _) = combined(&[&a]);
    let (other, _) = combined(&[&b]);
    let (both, code) = combined(&[&a, &b]);
    let w = |v: &Value| v["log10_w"].as_f64().unwrap();
    println!(
        "10^{:.1} and 10^{:.1}, together 10^{:.1}",
        w(&one),
        w(&other),
        w(&both)
    );
    assert!((w(&both) - w(&one) - w(&other)).abs() < 1e-9);
    assert!(w(&both) > 3.0 && both["leaks"] == true);
    assert_eq!(code, Some(1));
}

#[test]
fn honest_sessions_do_not_add_up_to_a_leak() {
    let dir = tempfile::tempdir().unwrap();
    let [a, b] = two(&dir, Sends::Drift);
    let (both, code) = combined(&[&a, &b]);
    assert_eq!(both["leaks"], false, "{both}");
    assert_eq!(code, Some(4));
    let said = run(&["combine", &a, &b]);
    assert!(said.out.contains("Together: nothing found"), "{}", said.out);
}

#[test]
fn one_session_twice_and_two_apps_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let [a, _] = two(&dir, Sends::Drift);
    let said = run(&["combine", &a, &a]);
    assert_eq!((said.code, said.complaints().len()), (Some(3), 1));
    assert!(said.err.contains("same session"), "{}", said.err);
    let scene = scene(23)
        .blocks(45, 24)
        .muted(Sends::Drift, Microphone::Running);
    let other = write(&dir.path().join("other"), scene, "Another app");
    let said = run(&["combine", &a, &other.display().to_string()]);
    assert_eq!((said.code, said.complaints().len()), (Some(3), 1));
    assert!(said.err.contains("different apps"), "{}", said.err);
}

/// Of ten drifts that were tried the one was taken that speaks most against the app: its evidence counts a
/// tenth.
#[test]
fn a_search_for_the_drift_is_paid_for() {
    let dir = tempfile::tempdir().unwrap();
    let scene = |seed| {
        let scene = scene(seed).blocks(45, 24);
        scene.muted(Sends::Level, Microphone::Running)
    };
    let plain = write(&dir.path().join("plain"), scene(23), "Made-up app");
    let searched = dir.path().join("searched");
    let aligned = Body::Aligned {
        offset_ns: 0,
        drift_ppb: 0,
        candidates: 1,
        drifts: 10,
        beyond_chance: None,
    };
    write_with(&searched, scene(23), "Made-up app", Some(aligned));
    let at_end = |path: &Path| {
        let (one, _) = combined(&[&path.display().to_string()]);
        one["sessions"][0]["log10_w_at_end"].as_f64().unwrap()
    };
    let (plain, searched) = (at_end(&plain), at_end(&searched));
    assert!((plain - searched - 1.0).abs() < 1e-6, "{plain} {searched}");
}
