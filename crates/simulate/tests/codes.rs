//! Several codes at once: each finds what only it can find, and none accuses.

use record::Code;
use simulate::{Microphone, Recording, Sends, scene};
use verdict::{Judgement, Note, Options, PlantedKind, Sealed, Verdict, judge, progress};

fn with_session<T>(recording: &Recording, f: impl FnOnce(&features::Session) -> T) -> T {
    let packets = recording.wire_packets();
    f(&features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    })
}

fn judged(recording: &Recording) -> Judgement {
    with_session(recording, |session| {
        let options = Options::default();
        judge(session, &recording.seed, Sealed::Unchanged, &options)
    })
}

fn log10_w(judgement: &Judgement, code: Code) -> f64 {
    let test = judgement.codes.iter().find(|c| c.code == code);
    test.expect("the code played").test.log10_w_max
}

/// A value a minute is out of the fast code's reach, and not of the slow one's.
#[test]
fn a_value_a_minute_is_found_by_the_slow_code() {
    let minute = Sends::Minute { step_tenth_db: 5 };
    let recording = scene(11)
        .blocks(45, 40 * 60)
        .all_codes()
        .muted(minute, Microphone::Running)
        .record();
    let judgement = judged(&recording);
    let by = [Code::Fast, Code::Medium, Code::Slow].map(|code| log10_w(&judgement, code));
    println!(
        "log10 W: fast, medium, slow {by:.1?}; together {:.1}",
        judgement.muted.log10_w_max
    );
    assert!(
        matches!(judgement.verdict, Verdict::Leaks { .. }),
        "{:?}",
        judgement.verdict
    );
    assert!(by[2] > 3.0 && by[0] < 2.0, "{by:?}");
    let named = judgement
        .findings
        .iter()
        .find(|f| f.named)
        .expect("a series is named");
    assert_eq!(named.code, Code::Slow, "{named:?}");
}

/// Who looks all the time ends such a run soon, and not before its name is told.
#[test]
fn a_value_a_minute_ends_a_run_when_it_is_named() {
    let minute = Sends::Minute { step_tenth_db: 5 };
    let ends = |blocks: u32| {
        let recording = scene(11)
            .blocks(45, 60 * blocks)
            .all_codes()
            .decided_after(60 * blocks)
            .muted(minute, Microphone::Running)
            .record();
        let seen = with_session(&recording, |session| progress(session, &recording.seed));
        (seen.leaks, seen.named)
    };
    let seen = [6, 10, 14, 18, 22, 26].map(ends);
    println!("leaks and is named after 6, 10 ... 26 minutes: {seen:?}");
    assert_eq!(seen[0], (false, false));
    assert_eq!(seen[5], (true, true));
}

/// Which sound it was, at equal loudness.
#[test]
fn what_is_heard_leaks_though_its_loudness_does_not() {
    let recording = scene(12)
        .blocks(45, 6 * 60)
        .all_codes()
        .muted(Sends::Content, Microphone::Running)
        .record();
    let judgement = judged(&recording);
    let by = [Code::Fast, Code::Content].map(|code| log10_w(&judgement, code));
    println!("log10 W: fast, content {by:.1?}");
    assert!(
        matches!(judgement.verdict, Verdict::Leaks { .. }),
        "{:?}",
        judgement.verdict
    );
    assert!(by[1] > 4.0 && by[0] < 2.0, "{by:?}");
}

/// Which of the named activities it was; the codes before them see nothing of it.
#[test]
fn a_named_activity_leaks() {
    let recording = scene(16)
        .blocks(45, 60)
        .activities(40)
        .muted(Sends::Activity, Microphone::Running)
        .record();
    let judgement = judged(&recording);
    let codes = [Code::Fast, Code::ActivityPair, Code::ActivityOne];
    let by = codes.map(|code| log10_w(&judgement, code));
    println!("log10 W: fast, pair, one of it {by:.1?}");
    assert!(
        matches!(judgement.verdict, Verdict::Leaks { .. }),
        "{:?}",
        judgement.verdict
    );
    assert!(by[1] > 4.0 && by[0] < 2.0 && by[2] < 2.0, "{by:?}");
    assert_eq!(judgement.muted.blocks, 60);
    // A mute that was not confirmed during the activities counts as well.
    let mut later = recording;
    let last = later.records.iter().map(|r| r.t).max().unwrap();
    let late = |r: &mut record::Record| match &mut r.body {
        record::Body::MuteSaid { muted, .. } if last.since(r.t) < 60_000_000_000 => *muted = None,
        _ => {}
    };
    later.records.iter_mut().for_each(late);
    let Verdict::Inconclusive { reasons } = judged(&later).verdict else {
        panic!("mute was not confirmed")
    };
    assert!(
        reasons
            .iter()
            .any(|r| matches!(r, verdict::Reason::MuteNotConfirmed { .. }))
    );
}

/// Nothing found: the bound is the fast code's, the others say that no control vouches for them,
/// and each says how small a leak it would have found.
#[test]
fn what_no_control_reached_says_so() {
    let recording = scene(13)
        .blocks(45, 20 * 60)
        .all_codes()
        .muted(Sends::Drift, Microphone::Running)
        .record();
    let judgement = judged(&recording);
    assert!(
        matches!(judgement.verdict, Verdict::PartlySeen { .. }),
        "{:?}",
        judgement.verdict
    );
    let codes = vec![Code::Medium, Code::Slow, Code::Content];
    assert!(
        judgement.notes.contains(&Note::NotControlled { codes }),
        "{:?}",
        judgement.notes
    );
    let controlled = |c: &&verdict::CodeTest| c.controlled;
    assert_eq!(judgement.codes.iter().filter(controlled).count(), 1);
    assert_eq!(judgement.bound.unwrap().blocks, 20 * 60);
    let shares: f64 = judgement.codes.iter().map(|c| c.share).sum();
    assert!((shares - 1.0).abs() < 1e-12);
    let loudness = |code| {
        let planted = judgement.detects.as_ref().unwrap().planted.iter();
        let mut planted = planted.filter(|p| p.code == code && p.kind == PlantedKind::Loudness);
        planted.next().unwrap().down_to
    };
    println!(
        "loudness found down to: fast {:?}, medium {:?}",
        loudness(Code::Fast),
        loudness(Code::Medium)
    );
    assert!(loudness(Code::Fast) > loudness(Code::Medium));
}

/// With all codes at once honest apps are still accused at most as declared.
#[test]
fn honest_apps_are_not_accused_by_several_codes() {
    let mut accused = 0;
    let n = 24;
    for seed in 0..n {
        let recording = scene(2_000 + seed)
            .blocks(45, 180)
            .all_codes()
            .alpha(0.05)
            .muted(Sends::Drift, Microphone::Running)
            .record();
        accused += u32::from(with_session(&recording, |s| progress(s, &recording.seed)).leaks);
    }
    println!("{accused} of {n} accused at 0.05");
    // 99 % limit of a binomial with 24 tries.
    assert!(accused <= 4, "{accused}");
}

/// A run that was ended because it was decided has the blocks until then, and its verdict rests on
/// bets that were settled by then.
#[test]
fn a_decided_run_ends_early_and_keeps_its_verdict() {
    let leaking = |blocks| {
        let scene = scene(14).blocks(45, 180).decided_after(blocks);
        scene.muted(Sends::Level, Microphone::Running).record()
    };
    let recording = leaking(40);
    let judgement = judged(&recording);
    assert!(
        matches!(judgement.verdict, Verdict::Leaks { .. }),
        "{:?}",
        judgement.verdict
    );
    assert!(
        judgement.stopped_early && judgement.muted.blocks == 40,
        "{}",
        judgement.muted.blocks
    );
    let early = |n: &Note| matches!(n, Note::StoppedEarly { .. });
    assert!(judgement.notes.iter().any(early));
    let seen = with_session(&recording, |session| progress(session, &recording.seed));
    assert!(seen.leaks && seen.named, "{seen:?}");
    // What somebody who watches sees is what is judged in the end.
    assert!((seen.muted_log10_w - judgement.muted.log10_w).abs() < 1e-9);
    assert_eq!(judged(&leaking(10)).muted.blocks, 10);
}

/// The bound of an honest run falls as it goes on, so that a run may end at a wanted one.
#[test]
fn the_bound_falls_with_the_run() {
    let at = |blocks| {
        let recording = scene(15)
            .blocks(45, blocks)
            .muted(Sends::Drift, Microphone::Running)
            .record();
        with_session(&recording, |s| progress(s, &recording.seed)).bits_per_block_at_most
    };
    let (short, long) = (at(60), at(480));
    println!("at most {short:.2} bits a block after 60 blocks, {long:.2} after 480");
    assert!(long < short && long < 0.3);
}

/// What one known client sent: loudness once a minute inside encrypted messages of constant length.
/// Where the plaintext is traced before encryption, its three fields are named and no other; where it
/// is not, nothing is found, and the report says how many bytes nobody could read.
#[test]
fn sealed_telemetry_is_found_in_its_plaintext_alone() {
    let sealed = |traced: bool| {
        let scene = scene(17).blocks(45, 45 * 60).all_codes();
        let scene = scene.muted(Sends::SealedMinute, Microphone::Running);
        let scene = if traced { scene } else { scene.untraced() };
        judged(&scene.record())
    };
    let traced = sealed(true);
    println!("traced: slow 10^{:.1}", log10_w(&traced, Code::Slow));
    assert!(
        matches!(traced.verdict, Verdict::Leaks { .. }),
        "{:?}",
        traced.verdict
    );
    let named = traced.findings.iter().filter(|f| f.named);
    let named: Vec<&str> = named.map(|f| &f.series[..]).collect();
    println!("named: {named:#?}");
    let gain = |n: &&str| n.starts_with("POST telemetry/metrics|base64 ") && n.contains("Gain");
    assert!(!named.is_empty() && named.iter().all(gain), "{named:?}");
    let untraced = sealed(false);
    assert!(
        matches!(untraced.verdict, Verdict::PartlySeen { opaque_bytes_per_min } if opaque_bytes_per_min > 900.0),
        "{:?}",
        untraced.verdict
    );
    assert!(untraced.muted.log10_w_max < 2.0);
}
