//! Redacted bundles: judged by the numbers that were kept, and never silently without them.

use features::Derived;
use record::Code;
use simulate::{Microphone, Recording, Scene, Sends, scene};
use verdict::{Judgement, Kept, Note, Options, Reason, Sealed, Verdict, judge, keep};

fn on<T>(recording: &Recording, f: impl FnOnce(&features::Session) -> T) -> T {
    let packets = recording.wire_packets();
    f(&features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    })
}

fn judged(recording: &Recording, kept: Option<Kept>) -> Judgement {
    let options = Options {
        kept,
        ..Options::default()
    };
    on(recording, |s| {
        judge(s, &recording.seed, Sealed::Unchanged, &options)
    })
}

/// As if a later version cut the session into other blocks than those whose numbers were kept.
fn of_other_blocks() -> Kept {
    Kept {
        features: Derived::default(),
        kind: None,
    }
}

fn fields(microphone: Microphone) -> Scene {
    // Long enough for values that come late to be bet on: a shorter run clears nobody by plaintext.
    let scene = scene(60).blocks(45, 150);
    scene.muted(Sends::Json { leaks: false }, microphone)
}

#[test]
fn what_was_kept_gives_the_same_judgement() {
    for scene in [
        fields(Microphone::Running),
        fields(Microphone::Running).all_codes(),
    ] {
        let recording = scene.record();
        let whole = judged(&recording, None);
        let kept = on(&recording, |s| keep(s, &recording.seed, &whole));
        assert_eq!(judged(&recording, Some(kept)), whole);
    }
}

#[test]
fn nothing_found_without_the_kept_numbers_is_no_answer() {
    for microphone in [Microphone::Running, Microphone::Closed] {
        let recording = fields(microphone).record();
        let whole = judged(&recording, None);
        assert!(matches!(whole.verdict, Verdict::NoLeakSeen { .. }));
        let codes = vec![Code::Fast];
        assert_eq!(
            judged(&recording, Some(of_other_blocks())).verdict,
            Verdict::Inconclusive {
                reasons: vec![Reason::NumbersNotKept { codes }]
            }
        );
    }
}

#[test]
fn a_leak_that_sizes_show_stands_without_them_and_it_is_said() {
    let recording = scene(1).muted(Sends::Level, Microphone::Running).record();
    let judgement = judged(&recording, Some(of_other_blocks()));
    assert!(matches!(judgement.verdict, Verdict::Leaks { .. }));
    let codes = vec![Code::Fast];
    assert!(judgement.notes.contains(&Note::NumbersNotKept { codes }));
}
