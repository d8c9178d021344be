//! The truth table: scenes whose answer is known, judged by the whole chain.

use record::{Failure, RemoteRole};
use simulate::{Microphone, Recording, Scene, Sends, scene};
use verdict::{Answer, Judgement, LeakKind, MicrophoneStatus, Options, Reason, Receiver, Scope};
use verdict::{Sealed, SendingStatus, Verdict, judge};

fn judged(scene: Scene) -> Judgement {
    judged_with(&scene.record(), Sealed::Unchanged, &Options::default())
}

fn judged_with(recording: &Recording, sealed: Sealed, options: &Options) -> Judgement {
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    judge(&session, &recording.seed, sealed, options)
}

fn reasons(judgement: &Judgement) -> &[Reason] {
    match &judgement.verdict {
        Verdict::Inconclusive { reasons } | Verdict::NotRun { reasons } => reasons,
        other => panic!("{other:?}"),
    }
}

fn leak(judgement: &Judgement) -> (LeakKind, &[Receiver]) {
    match &judgement.verdict {
        Verdict::Leaks {
            kind, receivers, ..
        } => (*kind, receivers),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_app_that_closes_its_microphone_passes() {
    let judgement = judged(scene(1));
    println!(
        "control W 1e{:.1} after {:?} s, muted 1e{:.1}, sham 1e{:.1}, {} series",
        judgement.control.log10_w_max,
        judgement.control.crossed_after_s,
        judgement.muted.log10_w_max,
        judgement.sham.log10_w_max,
        judgement.control.series
    );
    assert_eq!(
        judgement.verdict,
        Verdict::NoLeakSeen {
            scope: Scope::NoReads
        }
    );
    assert_eq!(judgement.microphone, MicrophoneStatus::Closed);
    assert_eq!(judgement.sending, SendingStatus::NothingFound);
    assert_eq!(judgement.hears.operator_server, Answer::NothingFound);
    assert_eq!(judgement.hears.third_parties, Answer::NothingSent);
    assert!(judgement.bound.is_some_and(|b| b.accuracy_at_most < 0.85));
    assert_eq!(judgement.blocks.len(), 105);
}

#[test]
fn a_paused_stream_is_handed_nothing() {
    let judgement = judged(scene(2).muted(Sends::KeepAlive, Microphone::Corked));
    assert_eq!(
        judgement.verdict,
        Verdict::NoLeakSeen {
            scope: Scope::NoReads
        }
    );
    assert_eq!(judgement.microphone, MicrophoneStatus::OpenNotRunning);
}

#[test]
fn an_app_that_listens_is_never_cleared_by_packets_alone() {
    for sends in [
        Sends::Nothing,
        Sends::KeepAlive,
        Sends::Constant,
        Sends::Drift,
    ] {
        let recording = scene(3).muted(sends, Microphone::Running).record();
        let judgement = judged_with(&recording, Sealed::Unchanged, &Options::default());
        assert!(
            matches!(judgement.verdict, Verdict::PartlySeen { .. }),
            "{:?}",
            judgement.verdict
        );
        let strict = Options {
            require_plaintext: true,
            ..Options::default()
        };
        let judgement = judged_with(&recording, Sealed::Unchanged, &strict);
        if sends != Sends::Nothing {
            assert!(matches!(
                reasons(&judgement),
                [Reason::PlaintextRequired { .. }]
            ));
        }
    }
}

#[test]
fn each_kind_of_leak_is_found_and_named() {
    for (sends, expected) in [
        (Sends::Level, LeakKind::Level),
        (Sends::VoiceActivity, LeakKind::VoiceActivity),
        (Sends::L16, LeakKind::Audio),
        (Sends::Pcmu, LeakKind::Audio),
    ] {
        let judgement = judged(scene(4).unmuted(sends).muted(sends, Microphone::Running));
        println!(
            "{sends:?}: W 1e{:.0} after {:?} s, {:?}",
            judgement.muted.log10_w_max, judgement.muted.crossed_after_s, judgement.verdict
        );
        assert_eq!(
            leak(&judgement),
            (expected, &[Receiver::OperatorServer][..]),
            "{sends:?}"
        );
        assert!(judgement.findings.iter().any(|f| f.named));
        assert_eq!(judgement.hears.operator_server, Answer::Yes);
        assert_eq!(judgement.hears.other_participants, Answer::NothingFound);
        assert!(judgement.destinations[0].follows);
        assert!(judgement.muted.crossed_after_s.unwrap() < 30.0);
    }
}

#[test]
fn the_receivers_are_told_apart() {
    let leaking = |seed| scene(seed).muted(Sends::Level, Microphone::Running);
    let heard = judged(leaking(5).peer_hears_all());
    let both = [Receiver::OtherParticipants, Receiver::OperatorServer];
    assert_eq!(leak(&heard).1, both);
    let third = judged(leaking(6).to(RemoteRole::ThirdParty));
    assert_eq!(leak(&third).1, [Receiver::ThirdParty]);
    let direct = judged(leaking(7).to(RemoteRole::Participant).without_peer());
    assert_eq!(leak(&direct).1, [Receiver::OtherParticipants]);
}

#[test]
fn a_peer_that_hears_a_constant_stream_is_a_leak() {
    let scene = scene(8)
        .unmuted(Sends::Constant)
        .muted(Sends::Constant, Microphone::Running);
    let judgement = judged(scene.peer_hears_all());
    // The server passes it on: it had it too.
    let both = [Receiver::OtherParticipants, Receiver::OperatorServer];
    assert_eq!(leak(&judgement).1, both);
}

#[test]
fn a_blind_instrument_says_so() {
    let blind = |seed| {
        scene(seed)
            .unmuted(Sends::Constant)
            .muted(Sends::Constant, Microphone::Running)
    };
    let judgement = judged(blind(9).without_peer());
    assert!(matches!(
        reasons(&judgement),
        [Reason::ControlSilent { .. }]
    ));
    // With a peer the control fires there, but packets that follow nothing clear nobody.
    let judgement = judged(blind(9));
    assert!(matches!(
        reasons(&judgement),
        [Reason::ControlSilent { .. }]
    ));
    assert!(judgement.notes.contains(&verdict::Note::ControlByPeerOnly));
    // An app that closes its microphone was heard before: that is what the control has to show.
    let closes = scene(9)
        .unmuted(Sends::Constant)
        .muted(Sends::Constant, Microphone::Closed);
    let judgement = judged(closes);
    assert!(matches!(judgement.verdict, Verdict::NoLeakSeen { .. }));
}

#[test]
fn a_leak_stands_without_a_control() {
    let judgement = judged(
        scene(10)
            .unmuted(Sends::Constant)
            .without_peer()
            .muted(Sends::Level, Microphone::Running),
    );
    assert_eq!(leak(&judgement).0, LeakKind::Level);
}

#[test]
fn a_leak_stands_where_only_power_was_lost() {
    let leaking = || scene(26).muted(Sends::Level, Microphone::Running);
    leak(&judged(leaking().late_while_muted(60_000_000)));
    leak(&judged(leaking().blocks(10, 60)));
}

#[test]
fn the_gates_make_it_inconclusive() {
    let crosstalk = scene(11).muted(Sends::ShamLevel, Microphone::Closed);
    let is = |scene: Scene, what: fn(&Reason) -> bool| {
        let judgement = judged(scene);
        assert!(
            reasons(&judgement).iter().any(what),
            "{:?}",
            judgement.verdict
        );
    };
    is(crosstalk, |r| matches!(r, Reason::ShamFires { .. }));
    is(scene(12).silent(), |r| {
        matches!(r, Reason::SoundNotHeard { .. })
    });
    is(
        scene(13).mute_unconfirmed(),
        |r| matches!(r, Reason::MuteNotConfirmed { blocks, of: 60 } if (2..8).contains(blocks)),
    );
    is(
        scene(14).late_while_muted(60_000_000),
        |r| matches!(r, Reason::EdgesDiffer { by_ms } if (40.0..80.0).contains(by_ms)),
    );
    is(scene(15).late_while_muted(150_000_000), |r| {
        matches!(r, Reason::EdgesOff { .. })
    });
    is(scene(16).blocks(45, 10), |r| {
        matches!(
            r,
            Reason::TooFewBlocks {
                phase: record::Phase::Muted,
                ..
            }
        )
    });
    is(scene(17).fails_after(30, Failure::AppEnded), |r| {
        matches!(
            r,
            Reason::RunFailed {
                failure: Failure::AppEnded,
                ..
            }
        )
    });
    let drift = scene(18)
        .muted(Sends::Drift, Microphone::Closed)
        .loses_busy_loud_blocks();
    is(drift, |r| {
        matches!(
            r,
            Reason::LossFollowsSound { .. } | Reason::LostBlocks { .. }
        )
    });
    let leaking = scene(19).muted(Sends::Level, Microphone::Running);
    is(leaking.mute_unconfirmed(), |r| {
        matches!(r, Reason::MuteNotConfirmed { .. })
    });
}

#[test]
fn the_seal_and_the_seed_are_checked() {
    let recording = scene(20).muted(Sends::Level, Microphone::Running).record();
    let judgement = judged_with(&recording, Sealed::No, &Options::default());
    assert_eq!(reasons(&judgement), [Reason::NotSealed]);
    let other = Recording {
        seed: scene(21).record().seed,
        ..recording
    };
    let judgement = judged_with(&other, Sealed::Unchanged, &Options::default());
    assert!(reasons(&judgement).contains(&Reason::SeedDiffers));
}

#[test]
fn a_run_that_never_came_to_be_muted_was_not_run() {
    let judgement = judged(scene(22).fails_after(0, Failure::NotMuted));
    assert!(matches!(judgement.verdict, Verdict::NotRun { .. }));
    assert!(
        reasons(&judgement)
            .iter()
            .any(|r| matches!(r, Reason::RunFailed { .. }))
    );
}

#[test]
fn a_few_lost_blocks_do_not_hide_a_strong_leak() {
    let scene = scene(23)
        .muted(Sends::Level, Microphone::Running)
        .loses_every(20);
    let judgement = judged(scene);
    let charged = judgement.charged.as_ref().expect("blocks were lost");
    println!(
        "W dropped 1e{:.1}, charged 1e{:.1}",
        judgement.muted.log10_w_max, charged.log10_w_max
    );
    assert_eq!(leak(&judgement).0, LeakKind::Level);
}

#[test]
fn progress_grows_with_the_session() {
    let recording = scene(24).muted(Sends::Level, Microphone::Running).record();
    let packets = recording.wire_packets();
    let mut before = 0;
    for share in [0, 3, 6, 10] {
        let n_records = recording.records.len() * share / 10;
        let last = recording.records[..n_records]
            .last()
            .map_or(record::MonotonicNs(0), |r| r.t);
        let session = features::Session {
            manifest: &recording.manifest,
            records: &recording.records[..n_records],
            packets: &&packets[..packets.partition_point(|p| p.t <= last)],
            keys: None,
        };
        let progress = verdict::progress(&session, &recording.seed);
        println!("{progress:?}");
        assert!(progress.control_blocks + progress.muted_blocks >= before);
        before = progress.control_blocks + progress.muted_blocks;
    }
    assert_eq!(before, 105);
}

#[test]
fn the_same_session_gives_the_same_judgement() {
    let recording = scene(25).record();
    let once = judged_with(&recording, Sealed::Unchanged, &Options::default());
    assert_eq!(
        once,
        judged_with(&recording, Sealed::Unchanged, &Options::default())
    );
}

/// The smoke profile's control has to fire whatever an app's way of sending, without a peer.
#[test]
fn a_control_of_45_blocks_fires() {
    for sends in [Sends::Level, Sends::VoiceActivity, Sends::L16, Sends::Pcmu] {
        let weakest = (100..108)
            .map(|seed| {
                let recording = scene(seed)
                    .blocks(45, 0)
                    .unmuted(sends)
                    .without_peer()
                    .record();
                let packets = recording.wire_packets();
                let session = features::Session {
                    manifest: &recording.manifest,
                    records: &recording.records,
                    packets: &packets,
                    keys: None,
                };
                verdict::progress(&session, &recording.seed).control_log10_w
            })
            .fold(f64::MAX, f64::min);
        println!("{sends:?}: weakest of 8 controls W 1e{weakest:.1}");
        assert!(weakest >= 3.0, "{sends:?}: {weakest}");
    }
}
