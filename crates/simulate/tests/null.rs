//! Honest apps by the dozen: how often is one accused, or left without an answer?

use simulate::{Microphone, Sends, scene};
use verdict::{Options, Sealed, Verdict, judge};

#[test]
fn honest_apps_are_accused_at_most_as_declared_and_always_get_an_answer() {
    honest(30);
}

/// The same over many more: `cargo test --release -p simulate -- --ignored`.
#[test]
#[ignore = "a minute in a release build"]
fn many_honest_apps() {
    honest(300);
}

fn honest(reps: u64) {
    const ALPHA: f64 = 0.05;
    let mut leaks = 0;
    for seed in 0..reps {
        for sends in [Sends::Drift, Sends::KeepAlive] {
            let scene = scene(1_000 + seed).blocks(40, 40).alpha(ALPHA);
            let recording = scene.muted(sends, Microphone::Running).record();
            let packets = recording.wire_packets();
            let session = features::Session {
                manifest: &recording.manifest,
                records: &recording.records,
                packets: &packets,
                keys: None,
            };
            let options = Options::default();
            match judge(&session, &recording.seed, Sealed::Unchanged, &options).verdict {
                Verdict::Leaks { .. } => leaks += 1,
                Verdict::PartlySeen { .. } => {}
                other => panic!("seed {seed}, {sends:?}: {other:?}"),
            }
        }
    }
    let n = 2.0 * reps as f64;
    let limit = n * ALPHA + 2.33 * (n * ALPHA * (1.0 - ALPHA)).sqrt() + 0.5;
    println!("{leaks} of {n} accused at {ALPHA}, 99 % limit {limit:.1}");
    assert!(f64::from(leaks) <= limit, "{leaks}");
}

/// A/A over a leaking app's own numbers: with coins that were never played nothing is found.
#[test]
fn redrawn_coins_accuse_nobody() {
    let recording = scene(7)
        .alpha(0.05)
        .muted(Sends::Level, Microphone::Running)
        .record();
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    let repeats = verdict::repeats(&session, &stimulus::Seed([1; 32]), 300);
    println!(
        "{} of 300 redraws accused at 0.05, {} series",
        repeats.n_accused, repeats.series
    );
    // 99 % limit: 15 + 2.33 * sqrt(14.25) + 0.5 = 24.3.
    assert!(repeats.n_accused <= 24);
    assert_eq!((repeats.blocks, repeats.log10_w_max.len()), (60, 300));
}

/// Somebody looks every few blocks, as an audit does that may end early. Each look has the series and
/// weights of what was recorded by then; that they change from look to look costs nothing that shows.
#[test]
fn looking_again_and_again_accuses_no_more() {
    looked_at(25);
}

/// The same over many more: `cargo test --release -p simulate --test null -- --ignored`.
#[test]
#[ignore = "two minutes in a release build"]
fn many_honest_apps_looked_at() {
    looked_at(400);
}

fn looked_at(reps: u64) {
    const ALPHA: f64 = 0.05;
    let mut accused = 0;
    for seed in 0..reps {
        for sends in [Sends::Drift, Sends::KeepAlive] {
            let scene = scene(5_000 + seed).blocks(24, 60).alpha(ALPHA);
            let recording = scene.muted(sends, Microphone::Running).record();
            let packets = recording.wire_packets();
            let muted = recording.records.iter().find_map(|r| match r.body {
                record::Body::PhaseBegin {
                    phase: record::Phase::Muted,
                    ..
                } => Some(r.t),
                _ => None,
            });
            let muted = muted.expect("a muted phase");
            let leaks = |blocks: i64| {
                let now = muted.offset(blocks * 1_000_000_000 + 500_000_000);
                let records = recording.records.iter().filter(|r| r.t <= now);
                let records: Vec<record::Record> = records.cloned().collect();
                let session = features::Session {
                    manifest: &recording.manifest,
                    records: &records,
                    packets: &&packets[..packets.partition_point(|p| p.t <= now)],
                    keys: None,
                };
                verdict::progress(&session, &recording.seed).leaks
            };
            accused += u32::from((1..=12).any(|look| leaks(5 * look)));
        }
    }
    let n = 2 * reps;
    let limit = stats::binomial_limit(n, ALPHA, 0.99);
    println!("{accused} of {n} accused at {ALPHA} by twelve looks, 99 % limit {limit}");
    assert!(u64::from(accused) <= limit, "{accused}");
}
