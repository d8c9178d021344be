//! Captures from elsewhere, made of sessions that never were.

use std::path::{Path, PathBuf};

use record::Body;
use serde_json::Value;
use simulate::{Recording, Scene};

use super::run;

/// Wall time and frame.
pub type Taken = (u64, Vec<u8>);

/// A sealed bundle of a made-up session, and its packets with their wall time.
pub fn bundle(dir: &Path, scene: Scene) -> (PathBuf, Vec<Taken>) {
    let Recording {
        seed,
        manifest,
        records,
        packets,
    } = scene.record();
    let path = dir.join("bundle");
    let mut writer = bundle::Writer::create(&path, &manifest, &seed).unwrap();
    let wall = records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    let wall = wall.unwrap();
    let mut capture = writer.capture_file("eth0", 65_535, "test").unwrap();
    let packets: Vec<Taken> = packets
        .into_iter()
        .map(|(t, data)| (t.0 + wall, data))
        .collect();
    for (t, frame) in &packets {
        capture.packet(*t, frame.len() as u32, frame).unwrap();
    }
    capture.flush().unwrap();
    for record in records {
        writer.push(record.t, record.source, record.body).unwrap();
    }
    writer.seal().unwrap();
    (path, packets)
}

/// What another machine's tcpdump would have written: microseconds, and a clock of its own.
pub fn pcap(packets: &[Taken], shift_ns: i64, drift_ppb: i64) -> Vec<u8> {
    let word = |n: u64| (n as u32).to_le_bytes();
    let mut out = [0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, 1]
        .map(word)
        .concat();
    let first = packets[0].0;
    for (t, frame) in packets {
        let drift = (*t as i64 - first as i64) / 1_000 * drift_ppb / 1_000_000;
        let t = t.saturating_add_signed(shift_ns + drift);
        let len = frame.len() as u64;
        out.extend(
            [t / 1_000_000_000, t / 1_000 % 1_000_000, len, len]
                .map(word)
                .concat(),
        );
        out.extend_from_slice(frame);
    }
    out
}

/// What is printed as JSON, and the exit code.
pub fn json(args: &[&str]) -> (Value, Option<i32>) {
    let said = run(args);
    let value = serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err));
    (value, said.code)
}
