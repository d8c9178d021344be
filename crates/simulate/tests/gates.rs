//! The two gates that try the test itself on the session's own numbers.

use record::{Body, Phase, Record, Source, Span};
use simulate::{Microphone, Recording, Scene, Sends, scene};
use verdict::{Answer, Judgement, Options, PlantedKind, Reason, Sealed, Verdict, judge};

fn judged(recording: &Recording) -> Judgement {
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    let options = Options::default();
    judge(&session, &recording.seed, Sealed::Unchanged, &options)
}

fn drifting(seed: u64) -> Scene {
    scene(seed).muted(Sends::Drift, Microphone::Running)
}

#[test]
fn an_honest_session_passes_both_and_says_how_small_a_leak_it_finds() {
    let recording = drifting(5).record();
    let judgement = judged(&recording);
    let redraws = judgement.redraws.clone().unwrap();
    println!("{redraws:?}");
    assert_eq!((redraws.draws, redraws.blocks), (1_000, 60));
    assert!(redraws.accused <= redraws.allowed && redraws.series > 10);
    let detects = judgement.detects.clone().unwrap();
    println!("{detects:?}");
    assert_eq!((detects.tries, detects.blocks), (200, 60));
    let down_to = |kind| {
        let found = detects.planted.iter().find(|p| p.kind == kind);
        found.and_then(|p| p.down_to)
    };
    // The loud blocks are 50 dB louder: noise of 10 dB hides nothing, of 120 dB nearly all.
    assert!((10.0..120.0).contains(&down_to(PlantedKind::Loudness).unwrap()));
    // A flag that is wrong in two of five blocks cannot be found in a minute.
    assert!((0.0..0.4).contains(&down_to(PlantedKind::Flag).unwrap()));
    // Sizes that wander by 40 B hide a single one.
    assert!(down_to(PlantedKind::PacketSize).is_none_or(|bytes| bytes >= 3.0));
    assert_eq!(
        judged(&recording),
        judgement,
        "the same bundle, the same judgement"
    );
}

/// More time finds smaller leaks.
#[test]
fn a_longer_session_finds_smaller_leaks() {
    let flag = |blocks| {
        let judgement = judged(&drifting(6).blocks(45, blocks).record());
        let detects = judgement.detects.unwrap();
        let flag = detects.planted.iter().find(|p| p.kind == PlantedKind::Flag);
        flag.and_then(|p| p.down_to).unwrap_or(-1.0)
    };
    let (short, long) = (flag(45), flag(240));
    println!("a flag is found with up to {short} wrong in 45 blocks, {long} in 240");
    assert!(long > short);
}

#[test]
fn a_session_too_short_for_the_plainest_leak_is_inconclusive() {
    // Twenty blocks pass the count, and leave a perfect flag among so many series no time.
    let judgement = judged(&drifting(7).blocks(45, 20).alpha(1e-6).record());
    let Verdict::Inconclusive { reasons } = &judgement.verdict else {
        panic!("{:?}", judgement.verdict)
    };
    assert_eq!(reasons[..], [Reason::NothingDetectable { tries: 200 }]);
}

/// The exact test agrees with the bets on a plain leak and on an honest app, and is not asked where
/// the run's length was chosen by looking.
#[test]
fn the_second_opinion_agrees_and_is_exact_only_for_whole_runs() {
    let leaking = || scene(9).muted(Sends::Level, Microphone::Running);
    let second = judged(&leaking().record()).second_opinion.unwrap();
    println!("leaking: {second:?}");
    assert!(second.agrees && second.p < 0.001 && second.series.is_some());
    let honest = judged(&drifting(9).record()).second_opinion.unwrap();
    println!("honest: {honest:?}");
    assert!(honest.agrees && honest.p > 0.01);
    assert_eq!(
        judged(&leaking().decided_after(40).record()).second_opinion,
        None
    );
}

/// A leak that was found answers the question; how small another might have been is not asked.
#[test]
fn a_leak_is_not_asked_for_its_limit() {
    let judgement = judged(&scene(8).muted(Sends::Level, Microphone::Running).record());
    assert!(matches!(judgement.verdict, Verdict::Leaks { .. }));
    assert_eq!(judgement.detects, None);
    // The coins that were never played find nothing even in its numbers.
    let redraws = judgement.redraws.unwrap();
    assert!(redraws.accused <= redraws.allowed, "{redraws:?}");
}

/// A loss that was noticed, over so much of the muted time.
fn lost(share: f64) -> Judgement {
    let mut recording = drifting(5).record();
    let begins = |record: &Record| match record.body {
        Body::PhaseBegin {
            phase: Phase::Muted,
            ..
        } => Some(record.t),
        _ => None,
    };
    let from = recording.records.iter().find_map(begins).unwrap();
    let protocol = &recording.manifest.protocol;
    let muted_ns = protocol.block_ns * u64::from(protocol.muted_blocks);
    let to = from.offset((muted_ns as f64 * share) as i64);
    let (span, why) = (Span { from, to }, "the ring was full".to_owned());
    let lost = Some(4_500_000);
    recording.records.push(Record {
        t: to,
        source: Source::Packets,
        seq: 0,
        body: Body::Gap { span, lost, why },
    });
    judged(&recording)
}

/// An app can drown what it sends in packets that nobody has room for: then nothing is cleared.
#[test]
fn too_little_seen_of_the_muted_time_is_inconclusive() {
    for share in [0.6, 2.0] {
        let judgement = lost(share);
        let Verdict::Inconclusive { reasons } = &judgement.verdict else {
            panic!("{share}: {:?}", judgement.verdict)
        };
        let few = |reason: &Reason| matches!(reason, Reason::TooLittleSeen { of: 60, .. });
        assert!(reasons.iter().any(few), "{share}: {reasons:?}");
        let hears = &judgement.hears;
        for answer in [hears.operator_server, hears.third_parties] {
            assert_eq!(answer, Answer::Unknown, "{share}");
        }
    }
    assert!(
        matches!(lost(0.2).verdict, Verdict::PartlySeen { .. }),
        "{:?}",
        lost(0.2).verdict
    );
}
