//! A damaged or hostile bundle gets a judgement, never a panic and never the memory.

use record::{Body, Manifest, MonotonicNs};
use simulate::{Microphone, Recording, Sends, scene};
use verdict::{Judgement, Options, Sealed, Verdict, judge, progress};

fn judged(recording: &Recording) -> Judgement {
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    progress(&session, &recording.seed);
    judge(
        &session,
        &recording.seed,
        Sealed::Unchanged,
        &Options::default(),
    )
}

fn leaking() -> Recording {
    scene(1)
        .blocks(21, 24)
        .muted(Sends::L16, Microphone::Running)
        .record()
}

#[test]
fn nonsense_in_the_manifest_is_survived() {
    type Damage = fn(&mut Manifest);
    let damages: &[Damage] = &[
        |m| m.protocol.symbols = 0,
        |m| m.protocol.symbols = u32::MAX,
        |m| m.protocol.sample_rate_hz = 0,
        |m| m.protocol.sample_rate_hz = u32::MAX,
        |m| m.protocol.block_ns = 0,
        |m| m.protocol.block_ns = u64::MAX,
        |m| m.protocol.block_ns = 900_000_001,
        |m| m.protocol.guard_ns = u64::MAX,
        |m| m.protocol.control_blocks = 0,
        |m| m.protocol.muted_blocks = u32::MAX,
        |m| (m.protocol.high_dbfs, m.protocol.low_dbfs) = (f32::NAN, f32::INFINITY),
        |m| m.protocol.alpha = f64::NAN,
        |m| m.protocol.alpha = 0.0,
        |m| m.protocol.alpha = 7.0,
        |m| m.net.app = vec!["nowhere".into()],
        |m| m.net.remotes.clear(),
        |m| m.seed_sha256 = "x".into(),
    ];
    let whole = leaking();
    for (i, damage) in damages.iter().enumerate() {
        let mut recording = whole.clone();
        damage(&mut recording.manifest);
        let judgement = judged(&recording);
        println!("damage {i}: {:?}", judgement.verdict);
    }
}

#[test]
fn nonsense_in_the_log_is_survived() {
    let whole = leaking();
    let empty = Recording {
        records: vec![],
        packets: vec![],
        ..whole.clone()
    };
    assert!(matches!(judged(&empty).verdict, Verdict::NotRun { .. }));
    for every in [2, 3, 7] {
        let mut recording = whole.clone();
        for (i, record) in recording.records.iter_mut().enumerate() {
            if i % every == 0 {
                record.t = MonotonicNs(u64::MAX - i as u64);
            }
            if let Body::Levels {
                rms_dbfs, hop_ns, ..
            } = &mut record.body
            {
                rms_dbfs
                    .iter_mut()
                    .step_by(every)
                    .for_each(|level| *level = f32::NAN);
                *hop_ns += (i % every) as u64;
            }
        }
        judged(&recording);
        let mut recording = whole.clone();
        for (_, data) in recording.packets.iter_mut() {
            data.truncate(every * 9);
        }
        judged(&recording);
        let mut recording = whole.clone();
        for record in &mut recording.records {
            if let Body::Levels { hop_ns, .. } = &mut record.body {
                *hop_ns = 0;
            }
            if let Body::PhaseBegin { latency_ns, .. } = &mut record.body {
                *latency_ns = u64::MAX;
            }
            if let Body::ClockPair {
                realtime_ns,
                bracket_ns,
            } = &mut record.body
            {
                (*realtime_ns, *bracket_ns) = (u64::MAX, u64::MAX);
            }
        }
        judged(&recording);
    }
    let mut recording = whole;
    recording
        .packets
        .iter_mut()
        .for_each(|(t, _)| *t = MonotonicNs(u64::MAX));
    judged(&recording);
}
