//! Captures by a clock that runs at a pace of its own: the drift is found, and the search is paid for.

use record::{Body, MonotonicNs, Record, Source};
use simulate::{Microphone, Recording, Scene, Sends, scene};
use verdict::{Judgement, Options, Sealed, Verdict, judge, muted_log_e};

/// Packets as a clock writes them that runs `ppb` parts of 10^9 faster, from the first record on.
fn by_a_clock(recording: &Recording, ppb: i64) -> Vec<wire::Packet<'_>> {
    let begin = recording.records[0].t;
    let mut packets = recording.wire_packets();
    for packet in &mut packets {
        packet.t = packet.t.offset(late_ns(packet.t.since(begin), ppb));
    }
    packets
}

fn late_ns(since_ns: i64, ppb: i64) -> i64 {
    (i128::from(since_ns) * i128::from(ppb) / 1_000_000_000) as i64
}

fn length_ns(recording: &Recording) -> u64 {
    let last = recording
        .records
        .iter()
        .map(|r| r.t)
        .max()
        .unwrap_or(MonotonicNs(0));
    last.since(recording.records[0].t) as u64
}

/// The drift, of those to try, at which the muted phase says most; its ln W; how many there were.
fn searched(recording: &Recording, ppb: i64, range_ppb: u64) -> (i64, f64, u32) {
    let drifts = verdict::drifts(range_ppb, length_ns(recording));
    let log_e = |drift: &i64| {
        let packets = by_a_clock(recording, ppb - drift);
        let session = features::Session {
            manifest: &recording.manifest,
            records: &recording.records,
            packets: &packets,
            keys: None,
        };
        (*drift, muted_log_e(&session, &recording.seed))
    };
    let all = drifts.iter().map(log_e);
    let (drift, log_e) = all.fold((0, f64::NEG_INFINITY), |best, one| {
        if one.1 > best.1 { one } else { best }
    });
    (drift, log_e, drifts.len() as u32)
}

fn judged(recording: &Recording, ppb: i64, drifts: u32) -> Judgement {
    let packets = by_a_clock(recording, ppb);
    let mut records = recording.records.clone();
    let aligned = Record {
        t: records[0].t,
        source: Source::Packets,
        seq: 0,
        body: Body::Aligned {
            offset_ns: 0,
            drift_ppb: 0,
            candidates: 1,
            drifts,
            beyond_chance: None,
        },
    };
    records.insert(0, aligned);
    let session = features::Session {
        manifest: &recording.manifest,
        records: &records,
        packets: &packets,
        keys: None,
    };
    let options = Options::default();
    judge(&session, &recording.seed, Sealed::Unchanged, &options)
}

fn muted(scene: Scene, sends: Sends) -> Recording {
    scene.muted(sends, Microphone::Running).record()
}

#[test]
fn a_drift_is_found_and_what_it_hid_is_said() {
    // At its end the clock is a block and more away from the schedule.
    const PPB: i64 = 4_000_000;
    let recording = muted(scene(61).blocks(45, 300), Sends::Level);
    let (drift, log_e, drifts) = searched(&recording, PPB, 5_000_000);
    let unsearched = judged(&recording, PPB, 1);
    let judgement = judged(&recording, PPB - drift, drifts);
    let (muted, before) = (&judgement.muted, &unsearched.muted);
    println!(
        "of {drifts} drifts {drift} taken, {PPB} true; log10 W {:.1} before, {:.1} after, {:.2} needed",
        before.log10_w_max, muted.log10_w_max, muted.log10_needed
    );
    // A block's window lies 200 ms behind its sound and these packets do not, so those that come a little
    // late fit best: from 0 ms at the beginning to twice the guard at the end, but for what lies between
    // two drifts that are tried.
    let late_ms = late_ns(length_ns(&recording) as i64, PPB - drift) / 1_000_000;
    assert!((-100..=500).contains(&late_ms), "{late_ms}");
    assert!((muted.log10_w_max - log_e / std::f64::consts::LN_10).abs() < 1e-6);
    assert!(muted.log10_w_max > before.log10_w_max + 3.0);
    assert!(matches!(judgement.verdict, Verdict::Leaks { .. }));
    // What is needed is higher by how many were tried.
    let paid = muted.log10_needed - before.log10_needed;
    assert!((paid - f64::from(drifts).log10()).abs() < 1e-9, "{paid}");
}

/// The bound is wider for the search as well: the best of many clocks hides no more than it says.
#[test]
fn a_bound_pays_for_the_search() {
    let recording = muted(scene(62).blocks(45, 120), Sends::Drift);
    let at_most = |drifts| {
        let bound = judged(&recording, 0, drifts).bound;
        bound.expect("a bound").bits_per_block_at_most
    };
    let (one, many) = (at_most(1), at_most(50));
    println!("bits a block at most: {one:.3} by one clock, {many:.3} of 50");
    assert!(many > one);
}

/// Honest apps, and a search over clocks that differ as much as they can in so short a run.
#[test]
fn a_search_accuses_no_more_than_one_clock_may() {
    searched_in_vain(25);
}

/// The same over many more: `cargo test --release -p simulate --test clock -- --ignored`.
#[test]
#[ignore = "minutes in a release build"]
fn many_searches_in_vain() {
    searched_in_vain(400);
}

fn searched_in_vain(reps: u64) {
    const ALPHA: f64 = 0.05;
    let (mut paid, mut unpaid, mut tried) = (0, 0, 0);
    for seed in 0..reps {
        for sends in [Sends::Drift, Sends::VoiceActivity] {
            // Held against coins that were never played, what follows the sound follows nothing.
            let mut recording = muted(scene(7_000 + seed).blocks(24, 60), sends);
            recording.seed = scene(9_000 + seed).record().seed;
            let (_, log_e, drifts) = searched(&recording, 0, 15_000_000);
            paid += u32::from(log_e >= (f64::from(drifts) / ALPHA).ln());
            unpaid += u32::from(log_e >= (1.0 / ALPHA).ln());
            tried = drifts;
        }
    }
    let n = 2.0 * reps as f64;
    let limit = n * ALPHA + 2.33 * (n * ALPHA * (1.0 - ALPHA)).sqrt() + 0.5;
    println!(
        "best of {tried} drifts: {paid} of {n} accused at {ALPHA} (99 % limit {limit:.1}); unpaid it \
         would be {unpaid}"
    );
    assert!(f64::from(paid) <= limit, "{paid}");
}
