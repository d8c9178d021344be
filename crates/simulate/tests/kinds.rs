//! Leaks of many kinds: each is found where its profile is long enough, and nothing is cleared that could not
//! have been seen. How often stands in docs/leak-kinds.md (`cargo xtask leak-kinds`).

use simulate::{Microphone, Sends, Way, scene};
use verdict::{Judgement, Note, Options, Scope, Sealed, Verdict, judge};

const SMOKE: (u32, u32) = (45, 60);
const QUICK: (u32, u32) = (90, 180);

fn judged(seed: u64, (control, muted): (u32, u32), way: Way, leaks: bool) -> Judgement {
    let scene = scene(seed)
        .blocks(control, muted)
        .without_peer()
        .unmuted(Sends::Pcmu)
        .muted(Sends::Telemetry { way, leaks }, Microphone::Running);
    let recording = match muted >= 1_200 {
        true => scene.all_codes().record(),
        false => scene.record(),
    };
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

fn way(name: &str) -> Way {
    let all = Way::ALL.iter().chain(&Way::NOT_TESTED);
    let named = all.into_iter().find(|(known, _)| *known == name);
    named.unwrap_or_else(|| panic!("no way is called {name}")).1
}

fn names_blind_fields(judgement: &Judgement) -> bool {
    let blind = |note: &Note| matches!(note, Note::BlindFields { .. });
    judgement.notes.iter().any(blind)
}

fn opaque(judgement: &Judgement) -> f64 {
    match judgement.verdict {
        Verdict::PartlySeen {
            opaque_bytes_per_min,
        } => opaque_bytes_per_min,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn each_kind_is_found_by_the_shortest_run_that_bets_on_it() {
    for name in [
        "level, each second",
        "level, each second, 50 ms after the edge",
        "level, each second, 150 ms after the edge",
        "level, 2 s late",
        "sample of the sound, each second",
        "bit in a mask",
        "state in no order",
        "remainder of seven",
        "sign of a number",
        "flag",
        "sum that grows",
        "one of two texts",
        "length of a text",
        "number of reports",
        "traffic class",
        "time to live",
        "source port",
        "step of the identification",
        "order of two ends",
        "ARP requests",
    ] {
        let judgement = judged(41, SMOKE, way(name), true);
        let verdict = &judgement.verdict;
        assert!(
            matches!(verdict, Verdict::Leaks { .. }),
            "{name}: {verdict:?}"
        );
    }
    for name in ["level, 4 s late", "level, 10 s late", "level, 15 s late"] {
        let judgement = judged(42, QUICK, way(name), true);
        let verdict = &judgement.verdict;
        assert!(
            matches!(verdict, Verdict::Leaks { .. }),
            "{name}: {verdict:?}"
        );
    }
}

#[test]
fn what_a_run_could_not_have_seen_is_named_and_clears_nobody() {
    // A minute is too short for what comes late; three are for what comes once a minute.
    for (seed, profile, name) in [
        (43, SMOKE, "level, 10 s late"),
        (44, QUICK, "level, every 60 s"),
        (45, QUICK, "mean of 60 s"),
    ] {
        for leaks in [true, false] {
            let judgement = judged(seed, profile, way(name), leaks);
            assert!(opaque(&judgement) == 0.0, "{name}");
            assert!(
                names_blind_fields(&judgement),
                "{name}: {:#?}",
                judgement.fields
            );
        }
    }
}

#[test]
fn what_nobody_reads_is_counted() {
    let sealed = judged(46, QUICK, way("text never the same twice"), true);
    assert!(opaque(&sealed) > 1_000.0);
    let afterwards = judged(47, QUICK, way("one report afterwards"), true);
    assert!(matches!(afterwards.verdict, Verdict::PartlySeen { .. }));
    let told = |note: &Note| matches!(note, Note::LeftAfterwards { bytes } if *bytes > 100);
    assert!(afterwards.notes.iter().any(told), "{:#?}", afterwards.notes);
}

#[test]
fn an_honest_app_is_cleared_where_a_leak_would_have_been_found() {
    let judgement = judged(48, QUICK, way("level, each second"), false);
    let scope = Scope::Plaintext;
    assert_eq!(judgement.verdict, Verdict::NoLeakSeen { scope });
    let classes = &judgement.fields;
    assert!(!classes.is_empty() && classes.iter().all(|class| class.is_seen()));
    assert!(judgement.notes.contains(&Note::FineTimingNotTested));
}

/// Blocks of a minute and reports half a minute off: found, or the fields are named.
#[test]
fn half_a_minute_off_the_grid_clears_nobody() {
    let judgement = judged(
        49,
        (90, 1_800),
        way("mean of 60 s, half a minute off"),
        true,
    );
    let found = matches!(judgement.verdict, Verdict::Leaks { .. });
    assert!(
        found || names_blind_fields(&judgement),
        "{:?}",
        judgement.verdict
    );
}
