//! The other participants hear the sound, or only something that is as loud.

use simulate::{Microphone, Scene, Sends, scene};
use verdict::{Judgement, LeakKind, Options, Sealed, Verdict, judge};

fn judged(scene: Scene) -> Judgement {
    let recording = scene.record();
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    judge(
        &session,
        &recording.seed,
        Sealed::Unchanged,
        &Options::default(),
    )
}

fn kind(scene: Scene) -> LeakKind {
    match judged(scene).verdict {
        Verdict::Leaks { kind, .. } => kind,
        other => panic!("{other:?}"),
    }
}

/// An app whose packets say nothing: they are sealed and of one size.
fn opaque(seed: u64) -> Scene {
    let sends = Sends::Constant;
    scene(seed).unmuted(sends).muted(sends, Microphone::Running)
}

#[test]
fn sound_at_the_peer_is_sound_whatever_the_packets_look_like() {
    for seed in 0..8 {
        assert_eq!(
            kind(opaque(seed).peer_hears_all()),
            LeakKind::Audio,
            "{seed}"
        );
    }
}

#[test]
fn noise_that_is_as_loud_is_a_level() {
    for seed in 0..8 {
        let kind = kind(opaque(seed).peer_hears_loudness());
        assert_eq!(kind, LeakKind::Level, "{seed}");
    }
}
